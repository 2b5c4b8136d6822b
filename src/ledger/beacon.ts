// A beacon: the revealed secret of a draw epoch, the chain that committed to it, and the proofs that the log holds both. It completes a
// certificate whose draws could not be checked yet when it was made.
import * as v from 'valibot'
import { verifyMerkleProof } from '#core/merkle.ts'
import { proofSchema, uintSchema } from '#core/schema.ts'
import type { Authority } from '#verify/commit.ts'
import { earlierSecret, verifyEpochSecret } from '#verify/epoch-secret.ts'
import type { KnownSecret } from '#verify/verify-draw.ts'
import { type Outcome, type Verdict, outcome, verdictOf } from '#verify/verdict.ts'
import { type CheckpointNote, checkpointNoteSchema, openCheckpoint } from './checkpoint.ts'
import {
  type EpochSecretEntry,
  type LogEntry,
  type SecretChainEntry,
  entryLeaf,
  epochSecretEntrySchema,
  secretChainEntrySchema,
} from './entry.ts'
import type { LoggedEntry } from './job-certificate.ts'

/** Format of the text form. */
export const BEACON_FORMAT = 'commonwatt/beacon/v1'

/** The secret of its epoch, and by hashing those of all earlier epochs of the chain. */
export type Beacon = {
  readonly format: typeof BEACON_FORMAT
  readonly chain: LoggedEntry<SecretChainEntry>
  readonly secret: LoggedEntry<EpochSecretEntry>
  readonly checkpoint: CheckpointNote
}

/** A beacon as it comes from elsewhere. */
export const beaconSchema: v.GenericSchema<unknown, Beacon> = v.strictObject({
  format: v.literal(BEACON_FORMAT),
  chain: v.strictObject({ index: uintSchema(), entry: secretChainEntrySchema, path: proofSchema }),
  secret: v.strictObject({ index: uintSchema(), entry: epochSecretEntrySchema, path: proofSchema }),
  checkpoint: checkpointNoteSchema,
})

/** Whether the beacon is the coordinator's: both entries logged, the chain first, the secret of the chain. */
export function verifyBeacon(beacon: Beacon, authority: Authority): Verdict {
  return verdictOf(beaconOutcomes(beacon, authority))
}

/** The secret of `epoch` by a verified beacon, or undefined when it does not reach there. */
function secretBy({ chain, secret }: Beacon, epoch: number): KnownSecret | undefined {
  if (epoch < chain.entry.first || epoch > secret.entry.epoch) return undefined
  return { secret: earlierSecret(secret.entry, epoch), chainLeaf: chain.index }
}

function* beaconOutcomes({ chain, secret, checkpoint: note }: Beacon, authority: Authority): Generator<Outcome> {
  const checkpoint = openCheckpoint(note, authority)
  yield outcome('checkpoint', checkpoint !== undefined, "The beacon's checkpoint is not signed by the coordinator.")
  if (checkpoint === undefined) return
  const { size, root } = checkpoint
  const isLogged = ({ index, entry, path }: LoggedEntry<LogEntry>) =>
    verifyMerkleProof(entryLeaf(entry), index, size, path, root)
  yield outcome('draw', isLogged(chain), 'The chain of secrets is not in the log.')
  yield outcome('draw', isLogged(secret), "The epoch's secret is not in the log.")
  yield outcome('draw', chain.index < secret.index, 'The secret is in the log before its chain.')
  const { epoch } = secret.entry
  const isOfChain = verifyEpochSecret(secret.entry, chain.entry)
  yield outcome('draw', isOfChain, `The secret of epoch ${epoch} is not the one that the log's chain commits to.`)
}

/** Secrets of several verified beacons. */
export function secretsOf(beacons: readonly Beacon[]): (epoch: number) => KnownSecret | undefined {
  const known = new Map<number, KnownSecret | undefined>()
  return (epoch) => {
    if (!known.has(epoch)) {
      const found = beacons.map((beacon) => secretBy(beacon, epoch)).find((each) => each !== undefined)
      known.set(epoch, found)
    }
    return known.get(epoch)
  }
}
