// Who can be given work, and who is chosen.
import { describe, expect, test } from 'vitest'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import type { LiveNode } from '#coordinator/live-nodes.ts'
import { MAX_LEASES_PER_NODE, canCompute, choosePrimary, isFree } from './draw.ts'

const random = seededRandom('draw')
const unit = { kind: 'matmul', version: 1, inputs: [], params: {} }

function newNode(change: Partial<LiveNode> = {}): LiveNode {
  const { publicKey } = signerFromSecret(random.bytes(32))
  return {
    node: publicKey,
    payee: publicKey,
    delegation: null,
    site: null,
    split: null,
    tier: 0,
    ratedMops: 1,
    capabilities: {
      backend: 'cpu',
      adapter: '',
      isSoftware: true,
      maxMemoryBytes: 0,
      kinds: [{ name: 'matmul', version: 1 }],
    },
    since: 0,
    address: null,
    leases: 0,
    computing: 0,
    coolUntilMs: 0,
    declines: 0,
    lastBeatMs: null,
    state: 'idle',
    ...change,
  }
}

describe('isFree', () => {
  test.each([
    ['computes already', { computing: 1, leases: 1 }],
    ['is paused', { state: 'paused' }],
    ['has stopped', { state: 'stopped' }],
    ['cools down', { coolUntilMs: 101 }],
    ['holds as many leases as it may', { leases: MAX_LEASES_PER_NODE }],
    ['has a delegation that ended', { delegation: { body: { expiresMs: 100 } } }],
  ])('behaviour: not when it %s', (_why, change) => {
    expect(isFree(newNode(change as Partial<LiveNode>), 100)).toBe(false)
  })

  test('limit: one lease below the most, cooled down at this very moment', () => {
    const change = { leases: MAX_LEASES_PER_NODE - 1, coolUntilMs: 100, state: 'working' } as const
    expect(isFree(newNode(change), 100)).toBe(true)
  })
})

describe('canCompute', () => {
  test('behaviour: only a kind and version that it knows', () => {
    expect(canCompute(newNode(), unit)).toBe(true)
    expect(canCompute(newNode(), { ...unit, version: 2 })).toBe(false)
  })
})

describe('choosePrimary', () => {
  test('behaviour: the faster more often, every one sometimes', () => {
    const nodes = [newNode({ ratedMops: 1 }), newNode({ ratedMops: 2 }), newNode({ ratedMops: 3 })]
    const counts = new Map(nodes.map(({ node }) => [node, 0]))
    for (let at = 0; at < 300; at++) {
      const chosen = choosePrimary(nodes, random)
      if (chosen !== undefined) counts.set(chosen.node, (counts.get(chosen.node) ?? 0) + 1)
    }
    const [slow = 0, middle = 0, fast = 0] = counts.values()
    expect(slow).toBeGreaterThan(0)
    expect(middle).toBeGreaterThan(slow)
    expect(fast).toBeGreaterThan(middle)
    expect(choosePrimary([], random)).toBeUndefined()
  })
})
