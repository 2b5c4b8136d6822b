// Deciding from revealed results: agreed, not enough yet, or disputed at the first part that differs. A dispute over an exact kind is
// settled by the portable reference; replicas of a tolerant kind agree when every part is within the bounds.
import { equals } from '#core/bytes.ts'
import { partCount } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { leafDigest, merkleRoot } from '#core/merkle.ts'
import type { AuditMethod, Kind, UnitInputs } from '#work/kind.ts'
import type { Unit } from '#work/unit.ts'
import type { Assurance, Replica } from './certificate.ts'
import type { Transport } from './reveal.ts'
import { type Verdict, outcome, verdictOf } from './verdict.ts'

/** A revealed result whose commitment was opened. */
export type Claim = { readonly node: PublicKey; readonly root: Digest; readonly leaves: readonly Digest[] }

/** Where claims stand. `part` is the first whose leaves differ; `groups` are the nodes by the leaf they gave there. */
export type Decision =
  | { readonly outcome: 'agreed'; readonly root: Digest; readonly leaves: readonly Digest[] }
  | { readonly outcome: 'short'; readonly missing: number }
  | { readonly outcome: 'disputed'; readonly part: number; readonly groups: readonly Group[] }

/** Nodes that gave the same leaf for a disputed part. */
export type Group = { readonly leaf: Digest; readonly nodes: readonly PublicKey[] }

/** Whether `leaves` are as many as the unit's result has parts and have the root that was revealed. */
export function verifyLeaves(kind: Kind, unit: Unit, root: Digest, leaves: readonly Digest[]): Verdict {
  const parts = partCount(kind.resultLayout(unit))
  const hasRoot = leaves.length === parts && merkleRoot(leaves) === root
  return verdictOf([outcome('root', hasRoot, `The ${leaves.length} leaves are not the ${parts} under root ${root}.`)])
}

/** Decides on claims of an exact kind, each of which passed {@link verifyLeaves}. */
export function decide(claims: readonly Claim[], replication: number): Decision {
  const [first, ...others] = claims
  if (first === undefined) return { outcome: 'short', missing: replication }
  const part = firstDifference(first, others)
  if (part !== undefined) return { outcome: 'disputed', part, groups: groupsAt(claims, part) }
  if (claims.length < replication) return { outcome: 'short', missing: replication - claims.length }
  return { outcome: 'agreed', root: first.root, leaves: first.leaves }
}

/** What the reference says about a disputed part of an exact kind. */
export type Settlement = {
  readonly leaf: Digest
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly right: readonly PublicKey[]
  readonly wrong: readonly PublicKey[]
}

/** Says who was wrong about a part whose bytes, by the reference, are `bytes`. */
export function settleDispute(
  dispute: { readonly groups: readonly Group[] },
  bytes: Uint8Array<ArrayBuffer>,
): Settlement {
  const leaf = leafDigest(bytes)
  const nodesWhere = (isRight: boolean): PublicKey[] =>
    dispute.groups.filter((group) => (group.leaf === leaf) === isRight).flatMap((group) => group.nodes)
  return { leaf, bytes, right: nodesWhere(true), wrong: nodesWhere(false) }
}

/** First part in which two delivered results do not agree by the kind's own comparison; undefined when they agree. */
export function firstDisagreement(
  kind: Kind,
  unit: Unit,
  inputs: UnitInputs,
  a: readonly Uint8Array[],
  b: readonly Uint8Array[],
): number | undefined {
  const isExact = kind.comparison(unit) === 'exact'
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left, right] = [a[index], b[index]]
    if (left === undefined || right === undefined) return index
    if (equals(left, right)) continue
    if (isExact || !kind.agree(unit, inputs, index, left, right)) return index
  }
  return undefined
}

/** The assurance that `replicas` agreeing replicas of a unit give, and an audit by `method` if there was one. */
export function assuranceOf(
  comparison: 'exact' | 'tolerant',
  replicas: number,
  method: AuditMethod | null = null,
): Assurance {
  if (comparison === 'tolerant') return replicas < 2 && method === null ? 'single' : 'tolerant'
  if (method !== null) return method === 'freivalds' ? 'freivalds' : 'audited'
  if (replicas < 2) return 'single'
  return `replicated-${replicas}` as Assurance
}

/** The worst way in which replicas' bytes came to one another; `none` when any pair did not see each other. */
export function transportOf(replicas: readonly Pick<Replica, 'lease' | 'sighting'>[]): Transport | 'none' {
  let worst = replicas.length < 2 ? ORDER.length - 1 : 0
  for (const { lease, sighting } of replicas)
    for (const other of replicas) {
      if (other.lease.body.node === lease.body.node) continue
      const seen = sighting.body.seen.find(({ node }) => node === other.lease.body.node)
      const transport = seen === undefined || seen.root === null ? null : seen.transport
      worst = Math.max(worst, ORDER.indexOf(transport ?? 'none'))
    }
  return ORDER[worst] ?? 'none'
}

const ORDER = ['webrtc', 'websocket', 'relay', 'none'] as const satisfies readonly (Transport | 'none')[]

function firstDifference(first: Claim, others: readonly Claim[]): number | undefined {
  const parts = Math.max(first.leaves.length, ...others.map(({ leaves }) => leaves.length))
  for (let part = 0; part < parts; part++)
    if (others.some(({ leaves }) => leaves[part] !== first.leaves[part])) return part
  return undefined
}

function groupsAt(claims: readonly Claim[], part: number): Group[] {
  const nodes = new Map<Digest, PublicKey[]>()
  for (const { node, leaves } of claims) {
    const leaf = leaves[part]
    if (leaf !== undefined) nodes.set(leaf, [...(nodes.get(leaf) ?? []), node])
  }
  return [...nodes].map(([leaf, group]) => ({ leaf, nodes: group }))
}
