// Whatever nodes say of themselves, a roster of them is one that every reader of a certificate takes.
import * as v from 'valibot'
import { afterAll, describe, expect, test } from 'vitest'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { helloSchema } from '#net/protocols/hello/messages.ts'
import { MAX_ROSTER, MAX_ROSTER_KINDS, rosterRoot, rosterSchema } from '#verify/roster.ts'
import type { LiveNode } from '#coordinator/live-nodes.ts'
import { openStore } from '#coordinator/store/store.ts'
import { Rosters } from './rosters.ts'

const random = seededRandom('rosters')
const store = await openStore()
afterAll(() => store.close())

type Kinds = LiveNode['capabilities']['kinds']

function newNode(change: Partial<LiveNode> = {}, kinds: Kinds = [{ name: 'matmul', version: 1 }]): LiveNode {
  const { publicKey } = signerFromSecret(random.bytes(32))
  const capabilities = { backend: 'cpu', adapter: '', isSoftware: true, maxMemoryBytes: 0, kinds } as const
  const about = {
    node: publicKey,
    payee: publicKey,
    delegation: null,
    site: null,
    split: null,
    tier: 0,
    ratedMops: 1,
    address: null,
    since: 0,
  }
  const now = { leases: 0, computing: 0, coolUntilMs: 0, declines: 0, lastBeatMs: null, state: 'idle' } as const
  return { ...about, ...now, capabilities, ...change }
}

function isHello(kinds: Kinds): boolean {
  const { capabilities, payee } = newNode({}, kinds)
  return v.is(helloSchema, { delegation: null, payee, capabilities, site: null, split: null })
}

describe('rosters', () => {
  test('behaviour: what a hello may say of its node fits into a roster', async () => {
    const kinds = Array.from({ length: MAX_ROSTER_KINDS }, (_, at) => ({
      name: `k${at}`.padEnd(32, '-'),
      version: 1_000_000,
    }))
    expect(isHello(kinds)).toBe(true)
    const { nodes, root } = await new Rosters(random).draft(store.db, [
      newNode({ ratedMops: 1e12, address: 'x' }, kinds),
    ])
    expect(v.is(rosterSchema, nodes)).toBe(true)
    expect(rosterRoot(nodes)).toBe(root)
  })

  test.each([
    ['a name with a space', [{ name: 'mat mul', version: 1 }]],
    ['a name in capitals', [{ name: 'MATMUL', version: 1 }]],
    ['no name', [{ name: '', version: 1 }]],
    ['too long a name', [{ name: 'k'.repeat(33), version: 1 }]],
    ['too large a version', [{ name: 'matmul', version: 1_000_001 }]],
    ['too many kinds', Array.from({ length: MAX_ROSTER_KINDS + 1 }, () => ({ name: 'matmul', version: 1 }))],
  ])('limit: a hello with %s is refused, or it would spoil the certificates of all', (_what, kinds) => {
    expect(isHello(kinds)).toBe(false)
  })

  test(`limit: ${MAX_ROSTER} nodes; of more, those that came first`, async () => {
    const first = newNode({ since: 1 })
    const late = newNode({ since: 3 })
    const nodes = Array.from({ length: MAX_ROSTER - 1 }, (_, at) => ({ ...first, node: `${at}` as never, since: 2 }))
    const drafted = await new Rosters(random).draft(store.db, [late, ...nodes, first])
    expect(drafted.nodes).toHaveLength(MAX_ROSTER)
    expect(drafted.live.has(first.node)).toBe(true)
    expect(drafted.live.has(late.node)).toBe(false)
  })
})
