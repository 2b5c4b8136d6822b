// Proof that a coordinator forked its log: two of its signed checkpoints, and a root that the larger one's tree has at the smaller one's size
// but that is not the one which was signed. Whoever saw one of them cannot be shown the other without leaving this behind.
import * as v from 'valibot'
import { claimsFormat, decodeCanonicalJson, encodeCanonicalJson } from '#core/canonical-json.ts'
import type { Digest } from '#core/digest.ts'
import { digestSchema, parseAs } from '#core/schema.ts'
import { MAX_PROOF_LENGTH } from '#core/merkle.ts'
import { type Outcome, type Verdict, outcome, verdictOf } from '#verify/verdict.ts'
import type { Authority } from '#verify/commit.ts'
import { type CheckpointNote, checkpointNoteSchema, openCheckpoint } from './checkpoint.ts'
import { type Genesis, genesisSchema, networkId } from './genesis.ts'
import { verifyConsistency } from './log-tree.ts'

/** Format of the text form. */
export const FORK_FORMAT = 'commonwatt/log-fork/v1'

/** Longest text: two notes, a path of {@link MAX_PROOF_LENGTH} twice, a genesis. */
export const MAX_FORK_BYTES = 64 * 1024

/** The smaller checkpoint first. `root` is of the larger tree at the smaller size, `path` proves it so. */
export type Fork = {
  readonly format: typeof FORK_FORMAT
  readonly genesis: Genesis
  readonly notes: readonly [CheckpointNote, CheckpointNote]
  readonly root: Digest
  readonly path: readonly Digest[]
}

const forkSchema: v.GenericSchema<unknown, Fork> = v.strictObject({
  format: v.literal(FORK_FORMAT),
  genesis: genesisSchema,
  notes: v.strictTuple([checkpointNoteSchema, checkpointNoteSchema]),
  root: digestSchema,
  path: v.pipe(v.array(digestSchema), v.maxLength(2 * MAX_PROOF_LENGTH)),
})

/** Whether the document convicts the coordinator that its genesis names. */
export function verifyFork(fork: Fork, networkExpected?: Digest): Verdict {
  return verdictOf(forkOutcomes(fork, networkExpected))
}

/** The network and coordinator that a document is about. */
export function forkAuthority({ genesis }: Pick<Fork, 'genesis'>): Authority {
  return { network: networkId(genesis), coordinator: genesis.coordinator }
}

/** The canonical text of a document. */
export function encodeFork(fork: Fork): Uint8Array<ArrayBuffer> {
  return encodeCanonicalJson(fork)
}

/** The document of a canonical text. Throws a CanonicalJsonError or SchemaError on anything else. */
export function decodeFork(bytes: Uint8Array): Fork {
  return parseAs(forkSchema, decodeCanonicalJson(bytes, { maxBytes: MAX_FORK_BYTES, maxDepth: 8 }), 'proof of a fork')
}

/** Whether `bytes` say that they are such a document, right or wrong. */
export function isFork(bytes: Uint8Array): boolean {
  return claimsFormat(bytes, FORK_FORMAT, MAX_FORK_BYTES)
}

function* forkOutcomes(fork: Fork, networkExpected: Digest | undefined): Generator<Outcome> {
  const authority = forkAuthority(fork)
  const isExpected = networkExpected === undefined || networkExpected === authority.network
  yield outcome('network', isExpected, `The checkpoints are of network ${authority.network}.`)
  const smaller = openCheckpoint(fork.notes[0], authority)
  const larger = openCheckpoint(fork.notes[1], authority)
  yield outcome('checkpoint', smaller !== undefined, 'The smaller checkpoint is not signed by the coordinator.')
  yield outcome('checkpoint', larger !== undefined, 'The larger checkpoint is not signed by the coordinator.')
  if (smaller === undefined || larger === undefined) return
  const isProven = verifyConsistency({ size: smaller.size, root: fork.root }, larger, fork.path)
  yield outcome('fork', isProven, 'The root is not proven to be of the larger tree at the smaller size.')
  yield outcome('fork', fork.root !== smaller.root, 'The larger log continues the smaller one: this is no fork.')
}
