// What adversaries gain under the product's rules, strategy by strategy, and that the documentation says the same.
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { ATTEMPTS, type Outcome, SEED, mostAccepted } from './simulation/measure.ts'
import { STRATEGIES } from './simulation/strategy.ts'
import { type Point, measureAll, sweep, withTable } from './simulation/table.ts'

/** Time for the whole simulation on a busy machine. */
const TIMEOUT_MS = 900_000

const weighing = STRATEGIES.map(({ name }) => name).filter((name) => name.endsWith('weighing'))
const losing = STRATEGIES.map(({ name }) => name).filter((name) => name !== 'replayer' && !weighing.includes(name))

let outcomes: Outcome[] = []
let points: Point[] = []
const outcomeOf = (name: string): Outcome => {
  const found = outcomes.find(({ strategy }) => strategy.name === name)
  if (found === undefined) throw new RangeError(`There is no strategy "${name}".`)
  return found
}

describe('simulated adversaries', () => {
  beforeAll(() => {
    console.log(`seed: ${SEED}`)
    outcomes = measureAll()
    points = sweep()
  }, TIMEOUT_MS)

  test.each(STRATEGIES.map(({ name }) => name))(
    'behaviour: %s punishes nobody honest, within the prediction',
    (name) => {
      const outcome = outcomeOf(name)
      expect(outcome.attempts).toBe(ATTEMPTS)
      expect(outcome.honestPunished).toBe(0)
      expect(outcome.accepted).toBeLessThanOrEqual(mostAccepted(outcome))
    },
  )

  test.each(losing)('behaviour: %s loses', (name) => {
    expect(outcomeOf(name).profitPermille).toBeLessThan(0)
  })

  test.each(weighing)('behaviour: %s finds hardly a moment to forge at, and gains nothing', (name) => {
    const { forged, profitPermille } = outcomeOf(name)
    expect(forged).toBeLessThanOrEqual(ATTEMPTS / 1_000)
    expect(profitPermille).toBeLessThanOrEqual(0)
  })

  test('behaviour: receipts presented twice gain nothing', () => {
    expect(outcomeOf('replayer').profitPermille).toBe(0)
  })

  test('behaviour: no crowd of up to three fifths gains, whatever it does with its keys', () => {
    const within = points.filter(({ percent }) => percent <= 60)
    expect(within).toHaveLength(6)
    expect(within.filter(({ stays, leaves, weighs }) => stays >= 0 || leaves >= 0 || weighs > 0)).toEqual([])
  })

  test('behaviour: without all replicas no forgery is accepted', () => {
    const blind = outcomes.filter(({ strategy: { crowd, replication } }) => crowd === 1 && replication === 2)
    expect(blind.length).toBeGreaterThan(9)
    expect(blind.map(({ accepted }) => accepted)).toEqual(blind.map(() => 0))
  })

  test('behaviour: every receipt that is presented again is refused', () => {
    const { refusedReplays, attempts } = outcomeOf('replayer')
    expect(refusedReplays).toBeGreaterThanOrEqual(attempts)
  })

  test('default: docs/verification.md holds what the simulation gives', async () => {
    const text = await readFile(new URL('../../docs/verification.md', import.meta.url), 'utf8')
    expect(withTable(text, outcomes, points)).toBe(text)
  })
})
