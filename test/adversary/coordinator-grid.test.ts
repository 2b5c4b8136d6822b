// Coordinators that lie to real nodes and a real requester: what each tries, and who notices.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodesInThreads, siteShare } from './protocol/arena-nodes.ts'
import { Arena } from './protocol/arena.ts'
import { COORDINATOR_STRATEGIES, attackAsCoordinator } from './protocol/coordinator-strategies.ts'
import { IS_LONG } from './protocol/outcome.ts'
import { PAYMENT_STRATEGIES } from './protocol/payment-strategies.ts'
import { expectAsRecorded } from './protocol/recorded.ts'

const TIMEOUT_MS = IS_LONG ? 900_000 : 180_000

const usual = { honest: 3, config: { drawEpochMs: 500 } }

describe.each([
  { about: 'that lie', seed: 'adversary/coordinators', strategies: COORDINATOR_STRATEGIES, options: {} },
  {
    about: 'that pay otherwise than was signed',
    seed: 'adversary/payments',
    strategies: PAYMENT_STRATEGIES,
    options: { share: siteShare('adversary/payments') },
  },
])('coordinators $about', ({ seed, strategies, options }) => {
  const tried = new Set<string>()
  let arena: Arena

  beforeAll(async () => {
    arena = await Arena.open({ ...usual, seed, nodes: (...at) => nodesInThreads(...at, options) })
  }, TIMEOUT_MS)
  afterAll(async () => {
    const drift = await arena.close()
    // Receipts that were dropped or changed are missing in the replay of the log: whoever replays it sees that too.
    if (tried.size === strategies.length) expect(drift).not.toEqual([])
  }, TIMEOUT_MS)

  test.each(strategies)('behaviour: a $name is noticed', { timeout: TIMEOUT_MS }, async (strategy) => {
    tried.add(strategy.name)
    const outcome = await attackAsCoordinator(arena, strategy)
    expect(outcome.happened).not.toHaveProperty('believed')
    expect(outcome).toMatchObject({ accepted: 0, honestPunished: 0 })
    await expectAsRecorded('coordinators', outcome)
  })
})
