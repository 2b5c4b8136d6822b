// What adversaries gain under the product's rules, strategy by strategy, and that the documentation says the same.
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { ATTEMPTS, type Outcome, SEED, mostAccepted } from './simulation/measure.ts'
import { STRATEGIES } from './simulation/strategy.ts'
import { measureAll, sweep, withTable } from './simulation/table.ts'

/** Time for the whole simulation on a busy machine. */
const TIMEOUT_MS = 900_000

let outcomes: Outcome[] = []
const outcomeOf = (name: string): Outcome => {
  const found = outcomes.find(({ strategy }) => strategy.name === name)
  if (found === undefined) throw new RangeError(`There is no strategy "${name}".`)
  return found
}

describe('simulated adversaries', () => {
  beforeAll(() => {
    console.log(`seed: ${SEED}`)
    outcomes = measureAll()
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

  test.each(STRATEGIES.map(({ name }) => name))('behaviour: %s loses, or forges nothing', (name) => {
    const { profitPermille, forged, strategy } = outcomeOf(name)
    const isIdle = strategy.replays || (strategy.tries.includes('only where') && forged === 0)
    if (isIdle) expect(profitPermille).toBe(0)
    else expect(profitPermille).toBeLessThan(0)
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

  test('default: docs/verification.md holds what the simulation gives', { timeout: TIMEOUT_MS }, async () => {
    const text = await readFile(new URL('../../docs/verification.md', import.meta.url), 'utf8')
    expect(withTable(text, outcomes, sweep())).toBe(text)
  })
})
