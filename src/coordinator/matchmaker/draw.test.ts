// Who is drawn.
import { describe, expect, test } from 'vitest'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import type { LiveNode } from '#coordinator/live-nodes.ts'
import { MAX_LEASES_PER_NODE, drawNodes, isFree, rosterOf } from './draw.ts'

const random = seededRandom('draw')
const unit = { kind: 'matmul', version: 1, inputs: [], params: {} }

function newNode(change: Partial<LiveNode> = {}): LiveNode {
  const { publicKey } = signerFromSecret(random.bytes(32))
  return {
    node: publicKey,
    payee: publicKey,
    delegation: null,
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
    ['does not know the kind', { capabilities: { kinds: [{ name: 'matmul', version: 2 }] } }],
  ])('behaviour: not when it %s', (_why, change) => {
    expect(isFree(newNode(change as Partial<LiveNode>), unit, 100)).toBe(false)
  })

  test('limit: one lease below the most, cooled down at this very moment', () => {
    const change = { leases: MAX_LEASES_PER_NODE - 1, coolUntilMs: 100, state: 'working' } as const
    expect(isFree(newNode(change), unit, 100)).toBe(true)
  })
})

describe('drawNodes', () => {
  test('behaviour: every free node is drawn sometimes, taken ones never', () => {
    const nodes = Array.from({ length: 5 }, () => newNode())
    const [taken, ...others] = nodes
    if (taken === undefined) throw new Error('There are five nodes.')
    const seen = new Set<string>()
    for (let draw = 0; draw < 50; draw++)
      for (const { node } of drawNodes(nodes, { unit, count: 2, taken: [taken], nowMs: 0 }, random)) seen.add(node)
    expect([...seen].sort()).toEqual(others.map(({ node }) => node).sort())
  })

  test('behaviour: nodes of different payees come first, of one payee only when there are no others', () => {
    const shared = newNode()
    const siblings = [shared, newNode({ payee: shared.payee }), newNode({ payee: shared.payee })]
    const other = newNode()
    for (let draw = 0; draw < 20; draw++) {
      const pair = drawNodes([...siblings, other], { unit, count: 2, taken: [], nowMs: 0 }, random)
      expect(new Set(pair.map(({ payee }) => payee)).size).toBe(2)
    }
    expect(drawNodes(siblings, { unit, count: 2, taken: [], nowMs: 0 }, random)).toHaveLength(2)
    expect(drawNodes(siblings, { unit, count: 5, taken: [shared], nowMs: 0 }, random)).toHaveLength(2)
  })
})

describe('rosterOf', () => {
  test('default: the same for the same nodes in any order, another for others', () => {
    const nodes = [newNode(), newNode(), newNode()]
    expect(rosterOf(nodes)).toEqual(rosterOf(nodes.toReversed()))
    expect(rosterOf(nodes).root).not.toBe(rosterOf(nodes.slice(1)).root)
    expect(rosterOf([]).size).toBe(0)
  })
})
