// The same adversaries in real pages: every node, honest or not, is a page of a real Chromium that meets the others over WebRTC.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMIT_PROTOCOL } from '#net/protocols/commit/constants.ts'
import { REVEAL_PROTOCOL } from '#net/protocols/reveal/constants.ts'
import { findChromium } from '#scripts/find-chromium.mjs'
import { type NodeOptions, siteShare } from './protocol/arena-nodes.ts'
import { Arena } from './protocol/arena.ts'
import { COORDINATOR_STRATEGIES, attackAsCoordinator } from './protocol/coordinator-strategies.ts'
import { NODE_STRATEGIES, attack } from './protocol/node-strategies.ts'
import { IS_LONG } from './protocol/outcome.ts'
import { OUTSIDE_STRATEGIES, attackFromOutside } from './protocol/outside-strategies.ts'
import { NodeBrowser, type PageNodes } from './protocol/page-nodes.ts'
import { PAYMENT_STRATEGIES } from './protocol/payment-strategies.ts'
import { expectAsRecorded } from './protocol/recorded.ts'

const TIMEOUT_MS = IS_LONG ? 900_000 : 180_000

/** In the short form, one attempt of those that differ most in what a page does: all of them are tried in processes. */
const SHORT = 1
const SHORT_FORM: readonly string[] = [
  'forger',
  'copier',
  'equivocator',
  'late revealer',
  'selective revealer, to the coordinator',
  'coordinator that picks replicas',
  'coordinator that drops receipts',
]
const isTried = ({ name }: { readonly name: string }) => IS_LONG || SHORT_FORM.includes(name)
const strategies = NODE_STRATEGIES.filter(isTried)
const outsiders = OUTSIDE_STRATEGIES.filter(isTried)
const coordinators = [
  { about: 'whose coordinator lies', seed: 'adversary/pages/coordinators', all: COORDINATOR_STRATEGIES, options: {} },
  {
    about: 'whose coordinator pays otherwise than was signed',
    seed: 'adversary/pages/payments',
    all: PAYMENT_STRATEGIES,
    options: { share: siteShare('adversary/pages/payments') },
  },
].flatMap(({ all, ...rest }) => {
  const tried = all.filter(isTried)
  return tried.length === 0 ? [] : [{ ...rest, tried }]
})

const executablePath = await findChromium()
if (executablePath === undefined) console.warn('SKIPPED: adversaries in pages need a Chromium, and there is none.')

describe.skipIf(executablePath === undefined)('adversaries in pages', () => {
  let browser: NodeBrowser

  beforeAll(async () => {
    browser = await NodeBrowser.open(executablePath ?? '')
  }, TIMEOUT_MS)
  afterAll(() => browser.close(), TIMEOUT_MS)

  async function openArena(
    options: Pick<Parameters<typeof Arena.open>[0], 'seed' | 'config'>,
    nodeOptions: NodeOptions = {},
  ) {
    let pages: PageNodes | undefined
    const arena = await Arena.open({
      ...options,
      honest: 3,
      nodes: ({ url }) => (pages = browser.nodes(url, nodeOptions)),
    })
    if (pages === undefined) throw new Error('The arena has no pages.')
    return { arena, pages }
  }

  describe('that break the protocol', () => {
    let arena: Arena
    let pages: PageNodes

    beforeAll(async () => {
      ;({ arena, pages } = await openArena({ seed: 'adversary/pages/nodes', config: { servesRepeats: false } }))
    }, TIMEOUT_MS)
    afterAll(async () => {
      expect(await arena.close()).toEqual([])
    }, TIMEOUT_MS)

    test.each(strategies)(
      'behaviour: $name gets nothing forged accepted, and nobody honest punished',
      { timeout: TIMEOUT_MS },
      async (strategy) => {
        const outcome = await attack(arena, strategy, SHORT)
        expect(outcome).toMatchObject({ accepted: 0, honestPunished: 0 })
        await expectAsRecorded('nodes', outcome, 'nodes-in-pages')
      },
    )

    test.each(outsiders)('behaviour: $name changes nothing', { timeout: TIMEOUT_MS }, async (strategy) => {
      const outcome = await attackFromOutside(arena, strategy)
      expect(outcome).toMatchObject({ accepted: 0, honestPunished: 0 })
      await expectAsRecorded('outsiders', outcome, 'outsiders-in-pages')
    })

    test('default: commitments and reveals went from page to page over WebRTC', async () => {
      await arena.job(2)
      const traffic = await pages.traffic()
      for (const { id } of [COMMIT_PROTOCOL, REVEAL_PROTOCOL]) {
        const rows = traffic.filter(({ protocol }) => protocol === id)
        const bytes = (transport: string) =>
          rows
            .filter((row) => row.transport === transport)
            .reduce((sum, row) => sum + row.sentBytes + row.receivedBytes, 0)
        expect(bytes('webrtc')).toBeGreaterThan(200)
        expect(bytes('relay')).toBe(0)
      }
    })
  })

  describe.each(coordinators)('$about', ({ seed, tried, options }) => {
    let arena: Arena

    beforeAll(async () => {
      ;({ arena } = await openArena({ seed, config: { drawEpochMs: 500 } }, options))
    }, TIMEOUT_MS)
    afterAll(async () => {
      await arena.close()
    }, TIMEOUT_MS)

    test.each(tried)('behaviour: a $name is noticed', { timeout: TIMEOUT_MS }, async (strategy) => {
      const outcome = await attackAsCoordinator(arena, strategy, SHORT)
      expect(outcome.happened).not.toHaveProperty('believed')
      expect(outcome).toMatchObject({ accepted: 0, honestPunished: 0 })
      await expectAsRecorded('coordinators', outcome, 'coordinators-in-pages')
    })
  })
})
