// Sites that want more of a visitor's credit than it signed away, or sign for it: what they say in a hello, through the visitor or as a node of their own.
import type { Digest } from '#core/digest.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { systemRandom } from '#core/random.ts'
import { MAX_SITE_PERCENT, MAX_SPLIT_MS } from '#identity/split.ts'
import { type SiteSplit, siteSplit } from '#node/site-split.ts'
import { type HelloOptions, type Stranger, openStranger } from '../../support/lease-puppet.ts'
import { SITE, siteShare } from './arena-nodes.ts'
import type { Arena } from './arena.ts'

/** Who takes part: the visitor that signed, somebody else, when it is, and what of its own was signed as a visitor does. */
type Scene = {
  readonly visitor: Stranger
  readonly thief: Stranger
  readonly nowMs: number
  readonly signed: SiteSplit
  readonly sign: (by: Stranger, change?: Change) => Promise<SiteSplit>
}

type Change = { readonly nowMs?: number; readonly expiresMs?: number; readonly network?: Digest }

/** What is said instead, by whom. */
type Forgery = (scene: Scene) => Promise<{ readonly by: Stranger; readonly hello: HelloOptions }>

const HOUR_MS = 3_600_000
const OTHER_SITE = 'https://elsewhere.example'

/** Forgeries, one way after the other: each gives what the coordinator said to it, when it takes the split that was to be forged. */
export const FORGED_SPLITS: readonly ((arena: Arena) => Promise<string>)[] = forgeries().map(
  (forge) => (arena) => helloWith(arena, forge),
)

function forgeries(): readonly Forgery[] {
  const altered =
    (change: (scene: Scene) => Partial<SiteSplit['split']['body']>): Forgery =>
    async (scene) => {
      const { visitor: by, signed } = scene
      const split = { ...signed.split, body: { ...signed.split.body, ...change(scene) } }
      return { by, hello: { site: SITE, split: { ...signed, split } } }
    }
  const signed =
    (change: (scene: Scene) => Change): Forgery =>
    async (scene) => ({
      by: scene.visitor,
      hello: { site: SITE, split: await scene.sign(scene.visitor, change(scene)) },
    })
  return [
    altered(({ thief }) => ({ account: thief.signer.publicKey })),
    altered(() => ({ percent: MAX_SITE_PERCENT })),
    altered(({ nowMs }) => ({ expiresMs: nowMs + MAX_SPLIT_MS })),
    async ({ thief: by, signed: stolen }) => ({ by, hello: { site: SITE, split: stolen } }),
    async ({ visitor, thief, sign }) => {
      const own = await sign(thief)
      return {
        by: visitor,
        hello: { site: SITE, split: { ...own, split: { ...own.split, signer: visitor.signer.publicKey } } },
      }
    },
    async ({ visitor: by, signed: split }) => ({ by, hello: { site: OTHER_SITE, split } }),
    async ({ visitor: by, signed: { split } }) => ({ by, hello: { site: SITE, split: { split, salt: EMPTY_ROOT } } }),
    signed(({ nowMs }) => ({ nowMs: nowMs - 2 * HOUR_MS, expiresMs: nowMs - HOUR_MS })),
    signed(({ nowMs }) => ({ expiresMs: nowMs + MAX_SPLIT_MS + HOUR_MS })),
    signed(() => ({ network: EMPTY_ROOT })),
  ]
}

async function helloWith({ grid, clock }: Arena, forge: Forgery): Promise<string> {
  const [visitor, thief] = [await openStranger(grid.url, clock), await openStranger(grid.url, clock)]
  const nowMs = clock.nowMs()
  const sign: Scene['sign'] = async ({ signer, context }, change = {}) => {
    const consent = { gpuShare: 1, expiresMs: change.expiresMs ?? nowMs + HOUR_MS, site: SITE }
    const given = { ...consent, split: siteShare('adversary/forged-splits') }
    const { network = context.network } = change
    const split = await siteSplit(given, signer, { ...context, network }, change.nowMs ?? nowMs, systemRandom)
    if (split === null) throw new Error('Nothing was signed.')
    return split
  }
  try {
    const signed = await sign(visitor)
    const { by, hello } = await forge({ visitor, thief, nowMs, signed, sign })
    const welcome = await by.hello(hello)
    const genuine = await visitor.hello({ site: SITE, split: signed })
    if (genuine.outcome !== 'admitted') throw new Error(`A genuine split was refused: ${genuine.reason}`)
    if (welcome.outcome === 'refused' && !welcome.reason.includes('split'))
      throw new Error(`It was refused for another reason: ${welcome.reason}`)
    return welcome.outcome
  } finally {
    await Promise.all([visitor.close(), thief.close()])
  }
}
