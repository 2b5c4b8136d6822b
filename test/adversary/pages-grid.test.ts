// The same adversaries in real pages: every node, honest or not, is a page of a real Chromium that meets the others over WebRTC.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMIT_PROTOCOL } from '#net/protocols/commit/constants.ts'
import { REVEAL_PROTOCOL } from '#net/protocols/reveal/constants.ts'
import { findChromium } from '#scripts/find-chromium.mjs'
import { Arena } from './protocol/arena.ts'
import { COORDINATOR_STRATEGIES, attackAsCoordinator } from './protocol/coordinator-strategies.ts'
import { NODE_STRATEGIES, attack } from './protocol/node-strategies.ts'
import { IS_LONG } from './protocol/outcome.ts'
import { NodeBrowser, type PageNodes } from './protocol/page-nodes.ts'
import { expectAsRecorded } from './protocol/recorded.ts'

const TIMEOUT_MS = IS_LONG ? 900_000 : 180_000

/** In the short form, one attempt of those that differ most in what a page does: all of them are tried in processes. */
const SHORT = 1
const SHORT_FORM: readonly string[] = [
  'forger',
  'copier',
  'equivocator',
  'coordinator that picks replicas',
  'coordinator that drops receipts',
]
const isTried = ({ name }: { readonly name: string }) => IS_LONG || SHORT_FORM.includes(name)
const strategies = NODE_STRATEGIES.filter(isTried)
const coordinators = COORDINATOR_STRATEGIES.filter(isTried)

const executablePath = await findChromium()
if (executablePath === undefined) console.warn('SKIPPED: adversaries in pages need a Chromium, and there is none.')

describe.skipIf(executablePath === undefined)('adversaries in pages', () => {
  let browser: NodeBrowser

  beforeAll(async () => {
    browser = await NodeBrowser.open(executablePath ?? '')
  }, TIMEOUT_MS)
  afterAll(() => browser.close(), TIMEOUT_MS)

  async function openArena(options: Pick<Parameters<typeof Arena.open>[0], 'seed' | 'config'>) {
    let pages: PageNodes | undefined
    const arena = await Arena.open({ ...options, honest: 3, nodes: ({ url }) => (pages = browser.nodes(url)) })
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

  describe('whose coordinator lies', () => {
    let arena: Arena

    beforeAll(async () => {
      ;({ arena } = await openArena({ seed: 'adversary/pages/coordinators', config: { drawEpochMs: 500 } }))
    }, TIMEOUT_MS)
    afterAll(async () => {
      await arena.close()
    }, TIMEOUT_MS)

    test.each(coordinators)('behaviour: a $name is noticed', { timeout: TIMEOUT_MS }, async (strategy) => {
      const outcome = await attackAsCoordinator(arena, strategy, SHORT)
      expect(outcome.happened).not.toHaveProperty('believed')
      expect(outcome.honestPunished).toBe(0)
      await expectAsRecorded('coordinators', outcome, 'coordinators-in-pages')
    })
  })
})
