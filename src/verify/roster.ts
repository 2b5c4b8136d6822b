// The roster: the nodes that a draw may fall on, in the log before it is used. Groups are salted ids of what nodes share (a credential,
// an account, a public address): of one group no two may check the same unit.
import * as v from 'valibot'
import { encodeCbor } from '#core/cbor.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { leafDigest, merkleRoot } from '#core/merkle.ts'
import { amountSchema, digestSchema, publicKeySchema, uintSchema } from '#core/schema.ts'
import { kindNameSchema } from '#work/job.ts'

/** A node that can be drawn: its exclusion groups, the kinds it computes, its rated speed, what it has pending, and its audit rate. */
export type RosterEntry = {
  readonly node: PublicKey
  readonly groups: readonly Digest[]
  readonly kinds: readonly { readonly name: string; readonly version: number }[]
  readonly ratedMops: number
  /** Atto-credit that it would lose, as decimal text. */
  readonly stake: string
  /** Chance of an audit in parts per million: 1,000,000 until the node has a history. */
  readonly auditPpm: number
}

/** All of a moment's nodes, each once, sorted by key. */
export type Roster = readonly RosterEntry[]

/** Nodes in one roster: draws are checked by anyone, so they stay a file of a few megabytes. */
export const MAX_ROSTER = 16_384

/** Exclusion groups of one node: credential, account, address, and one to spare. */
export const MAX_GROUPS = 4

/** Kinds of one node. */
export const MAX_ROSTER_KINDS = 32

/** Certainty, in parts per million. */
export const ALWAYS_PPM = 1_000_000

/** Kinds of one node, as they come from elsewhere. */
export const rosterKindsSchema = v.pipe(
  v.array(v.strictObject({ name: kindNameSchema, version: uintSchema(1_000_000) })),
  v.maxLength(MAX_ROSTER_KINDS),
)

/** An entry as it comes from elsewhere. */
export const rosterNodeSchema: v.GenericSchema<unknown, RosterEntry> = v.strictObject({
  node: publicKeySchema,
  groups: v.pipe(v.array(digestSchema), v.maxLength(MAX_GROUPS)),
  kinds: rosterKindsSchema,
  ratedMops: uintSchema(),
  stake: amountSchema,
  auditPpm: uintSchema(ALWAYS_PPM),
})

/** A roster as it comes from elsewhere. */
export const rosterSchema: v.GenericSchema<unknown, Roster> = v.pipe(
  v.array(rosterNodeSchema),
  v.maxLength(MAX_ROSTER),
  v.check((roster) => isSorted(roster as Roster), 'nodes in the order of their keys, each once'),
)

/** Root over the entries: what leases and the log name. */
export function rosterRoot(roster: Roster): Digest {
  return merkleRoot(roster.map((entry) => leafDigest(encodeCbor(entry))))
}

/** Whether the node has a history: only such a one vouches for another. */
export function isMature({ auditPpm }: Pick<RosterEntry, 'auditPpm'>): boolean {
  return auditPpm < ALWAYS_PPM
}

/** Whether two nodes share a group, or are the same. */
export function areRelated(a: Pick<RosterEntry, 'node' | 'groups'>, b: Pick<RosterEntry, 'node' | 'groups'>): boolean {
  return a.node === b.node || a.groups.some((group) => b.groups.includes(group))
}

function isSorted(roster: Roster): boolean {
  return roster.every(({ node }, at) => at === 0 || (roster[at - 1]?.node ?? '') < node)
}
