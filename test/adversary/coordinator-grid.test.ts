// Coordinators that lie to real nodes and a real requester: what each tries, and who notices.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Arena } from './protocol/arena.ts'
import { COORDINATOR_STRATEGIES, attackAsCoordinator } from './protocol/coordinator-strategies.ts'
import { IS_LONG } from './protocol/outcome.ts'
import { expectAsRecorded } from './protocol/recorded.ts'

const TIMEOUT_MS = IS_LONG ? 900_000 : 180_000

describe('coordinators that lie', () => {
  let arena: Arena

  beforeAll(async () => {
    arena = await Arena.open({ seed: 'adversary/coordinators', honest: 3, config: { drawEpochMs: 500 } })
  }, TIMEOUT_MS)
  afterAll(async () => {
    // Receipts that were dropped are missing in the replay of the log: whoever replays it sees that too.
    expect(await arena.close()).not.toEqual([])
  }, TIMEOUT_MS)

  test.each(COORDINATOR_STRATEGIES)('behaviour: a $name is noticed', { timeout: TIMEOUT_MS }, async (strategy) => {
    const outcome = await attackAsCoordinator(arena, strategy)
    expect(outcome.happened).not.toHaveProperty('believed')
    expect(outcome.honestPunished).toBe(0)
    await expectAsRecorded('coordinators', outcome)
  })
})
