import { describe, expect, test } from 'vitest'
import { type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { type DrawRequest, drawCheckers, drawOrder, drawSeed } from './draw.ts'
import { ALWAYS_PPM, type RosterEntry, isMature, rosterRoot } from './roster.ts'

const kind = { name: 'matmul', version: 1 }
const roster = Array.from({ length: 40 }, (_, at) => entry(at)).sort((a, b) => (a.node < b.node ? -1 : 1))
const request: DrawRequest = { kind, count: 2, related: [], needsMature: false }

describe('draw', () => {
  test('default', () => {
    const order = drawOrder(seedOf(0), roster)
    expect(new Set(order).size).toBe(roster.length)
    expect(drawCheckers(seedOf(0), roster, request)).toEqual(order.slice(0, 2))
    expect(drawOrder(seedOf(1), roster)).not.toEqual(order)
  })

  test('behaviour: related nodes are passed over', () => {
    const [first, second, third] = drawOrder(seedOf(0), roster)
    if (!first || !second || !third) throw new Error('The roster is too small.')
    const [group] = first.groups
    const shared = roster.map((one) => (one.node === second.node && group ? { ...one, groups: [group] } : one))
    expect(nodesOf(drawCheckers(seedOf(0), shared, request))).toEqual([first.node, third.node])
    expect(nodesOf(drawCheckers(seedOf(0), roster, { ...request, related: [first] }))).toEqual([
      second.node,
      third.node,
    ])
  })

  test('behaviour: one with a history takes the first place', () => {
    const fresh = roster.map((one, at) => ({ ...one, auditPpm: at === 17 ? 50_000 : ALWAYS_PPM }))
    for (let at = 0; at < 20; at++) {
      const drawn = drawCheckers(seedOf(at), fresh, { ...request, needsMature: true })
      expect(drawn.map(isMature)).toEqual([true, false])
    }
    const [mature] = drawCheckers(seedOf(0), fresh, { ...request, count: 1, needsMature: true })
    expect(mature && isMature(mature)).toBe(true)
    const none = roster.map((one) => ({ ...one, auditPpm: ALWAYS_PPM }))
    expect(drawCheckers(seedOf(0), none, { ...request, needsMature: true })).toHaveLength(2)
  })

  test('behaviour: only nodes of that kind and version are drawn', () => {
    expect(drawCheckers(seedOf(0), roster, { ...request, kind: { name: 'matmul', version: 2 } })).toEqual([])
  })

  test('behaviour: every part of the seed counts', () => {
    const parts = seedParts(0)
    const seeds = Object.keys(parts).map((key) => {
      const value = parts[key as keyof typeof parts]
      return drawSeed({ ...parts, [key]: typeof value === 'number' ? value + 1 : digestOf('test', key) })
    })
    expect(new Set([...seeds, drawSeed(parts)]).size).toBe(seeds.length + 1)
    expect(rosterRoot(roster)).not.toBe(rosterRoot(roster.slice(1)))
  })
})

function nodesOf(entries: readonly RosterEntry[]): PublicKey[] {
  return entries.map(({ node }) => node)
}

function entry(at: number): RosterEntry {
  return {
    node: digestOf('test', `node ${at}`) as Digest & PublicKey,
    groups: [digestOf('test', `account ${at}`)],
    kinds: [kind],
    ratedMops: 1000,
    stake: '0',
    auditPpm: 50_000,
  }
}

function seedParts(attempt: number) {
  const id = digestOf('test', 'id')
  return { network: id, unit: id, admissionLeaf: 3, attempt, job: id, rosterRoot: id, epoch: 9, secret: id }
}

function seedOf(attempt: number): Digest {
  return drawSeed(seedParts(attempt))
}
