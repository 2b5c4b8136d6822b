// Those who break the protocol on a grid of real nodes with a real coordinator: what each tries and what comes of it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Arena } from './protocol/arena.ts'
import { NODE_STRATEGIES, attack } from './protocol/node-strategies.ts'
import { IS_LONG } from './protocol/outcome.ts'
import { OUTSIDE_STRATEGIES, attackFromOutside } from './protocol/outside-strategies.ts'
import { expectAsRecorded } from './protocol/recorded.ts'

const TIMEOUT_MS = IS_LONG ? 900_000 : 180_000

describe('those who break the protocol', () => {
  let arena: Arena

  beforeAll(async () => {
    arena = await Arena.open({ seed: 'adversary/nodes', honest: 3, config: { servesRepeats: false } })
  }, TIMEOUT_MS)
  afterAll(async () => {
    expect(await arena.close()).toEqual([])
  }, TIMEOUT_MS)

  test.each(NODE_STRATEGIES)(
    'behaviour: $name gets nothing forged accepted, and nobody honest punished',
    { timeout: TIMEOUT_MS },
    async (strategy) => {
      const outcome = await attack(arena, strategy)
      expect(outcome).toMatchObject({ accepted: 0, honestPunished: 0 })
      await expectAsRecorded('nodes', outcome)
    },
  )

  test.each(OUTSIDE_STRATEGIES)('behaviour: $name changes nothing', { timeout: TIMEOUT_MS }, async (strategy) => {
    const outcome = await attackFromOutside(arena, strategy)
    expect(outcome).toMatchObject({ accepted: 0, honestPunished: 0 })
    await expectAsRecorded('outsiders', outcome)
  })
})
