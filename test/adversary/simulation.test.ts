// What adversaries gain under the product's rules, strategy by strategy, and that the documentation says the same.
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { ATTEMPTS, type Outcome, PROPOSED, SEED, measure, mostAccepted } from './simulation/measure.ts'
import { STRATEGIES } from './simulation/strategy.ts'
import { measureAll, sweep, withTable } from './simulation/table.ts'

/** Strategies that gain today, as docs/verification.md says: a first wrong part costs nothing that is pending. */
const GAINS = ['colluding 20%, new key after each fault']

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

  test.each(STRATEGIES.map(({ name }) => name))('behaviour: %s gains as documented', (name) => {
    const { profitPermille } = outcomeOf(name)
    if (GAINS.includes(name)) expect(profitPermille).toBeGreaterThan(0)
    else if (name === 'replayer') expect(profitPermille).toBe(0)
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

  test(
    'behaviour: who gains today would lose if a first fault cost unaudited earnings',
    { timeout: TIMEOUT_MS },
    () => {
      for (const { strategy } of outcomes.filter(({ strategy: { name } }) => GAINS.includes(name)))
        expect(measure(strategy, PROPOSED).profitPermille).toBeLessThan(0)
    },
  )

  test('default: docs/verification.md holds what the simulation gives', { timeout: TIMEOUT_MS }, async () => {
    const text = await readFile(new URL('../../docs/verification.md', import.meta.url), 'utf8')
    expect(withTable(text, outcomes, sweep())).toBe(text)
  })
})
