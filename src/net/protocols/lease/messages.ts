// coordinator -> Offer; node -> accept | decline; node -> alive ... ; coordinator -> stream (to one replica, when the requester follows)
// and from then on node -> progress ...; node -> committed; coordinator -> closed; node -> revealed
// (after it exchanged reveals with its peers); coordinator -> deliver (to the replica whose bytes it wants) -> delivered by the blob
// protocol; coordinator -> settled | rejected. Either side may end the stream: the lease is then over.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { digestSchema, publicKeySchema, textSchema } from '#core/schema.ts'
import { type ReceiptEntry, receiptEntrySchema } from '#ledger/entry.ts'
import { type ReceiptPromise, receiptPromiseSchema } from '#ledger/receipt-promise.ts'
import { type Close, closeSchema } from '#verify/close.ts'
import { type Commitment, commitmentSchema } from '#verify/commitment.ts'
import { type Decline, declineSchema } from '#verify/decline.ts'
import { MAX_UNIT_PARTS } from '#verify/certificate.ts'
import { type SignedProgress, progressSchema } from '#verify/progress.ts'
import { type Reveal, type Sighting, revealSchema, sightingSchema } from '#verify/reveal.ts'
import { MAX_REPLICATION } from '#work/job.ts'
import { type Lease, leaseSchema } from '#work/lease.ts'
import { type Unit, unitSchema } from '#work/unit.ts'

/** Another replica of the same attempt and the lease it holds: the ticket that entitles both to talk. */
export type LeasePeer = { readonly node: PublicKey; readonly lease: Lease; readonly addresses: readonly string[] }

/** What the coordinator says on a lease stream. `peers` may be sent again when a third replica joins. */
export type FromCoordinator =
  | { readonly say: 'offer'; readonly lease: Lease; readonly unit: Unit; readonly peers: readonly LeasePeer[] }
  | { readonly say: 'peers'; readonly peers: readonly LeasePeer[] }
  | { readonly say: 'stream' }
  | { readonly say: 'closed'; readonly close: Close }
  | { readonly say: 'deliver' }
  | {
      readonly say: 'settled'
      readonly receipt: ReceiptEntry
      readonly promise: ReceiptPromise
      readonly reason: string
    }
  | { readonly say: 'rejected'; readonly reason: string; readonly fault: Digest | null }

/** What a node says on a lease stream. */
export type FromNode =
  | { readonly say: 'accept' }
  | { readonly say: 'decline'; readonly decline: Decline }
  | { readonly say: 'alive' }
  | { readonly say: 'progress'; readonly progress: SignedProgress }
  | { readonly say: 'committed'; readonly commitment: Commitment }
  | {
      readonly say: 'revealed'
      readonly reveal: Reveal
      readonly leaves: readonly Digest[]
      readonly sighting: Sighting
    }
  | { readonly say: 'failed'; readonly reason: string }

const peersSchema = v.pipe(
  v.array(
    v.strictObject({
      node: publicKeySchema,
      lease: leaseSchema,
      addresses: v.pipe(v.array(textSchema(512)), v.maxLength(8)),
    }),
  ),
  v.maxLength(MAX_REPLICATION + 2),
)

export const fromCoordinatorSchema: v.GenericSchema<unknown, FromCoordinator> = v.variant('say', [
  v.strictObject({ say: v.literal('offer'), lease: leaseSchema, unit: unitSchema, peers: peersSchema }),
  v.strictObject({ say: v.literal('peers'), peers: peersSchema }),
  v.strictObject({ say: v.literal('stream') }),
  v.strictObject({ say: v.literal('closed'), close: closeSchema }),
  v.strictObject({ say: v.literal('deliver') }),
  v.strictObject({
    say: v.literal('settled'),
    receipt: receiptEntrySchema,
    promise: receiptPromiseSchema,
    reason: textSchema(300),
  }),
  v.strictObject({ say: v.literal('rejected'), reason: textSchema(300), fault: v.nullable(digestSchema) }),
])

export const fromNodeSchema: v.GenericSchema<unknown, FromNode> = v.variant('say', [
  v.strictObject({ say: v.literal('accept') }),
  v.strictObject({ say: v.literal('decline'), decline: declineSchema }),
  v.strictObject({ say: v.literal('alive') }),
  v.strictObject({ say: v.literal('progress'), progress: progressSchema }),
  v.strictObject({ say: v.literal('committed'), commitment: commitmentSchema }),
  v.strictObject({
    say: v.literal('revealed'),
    reveal: revealSchema,
    leaves: v.pipe(v.array(digestSchema), v.maxLength(MAX_UNIT_PARTS)),
    sighting: sightingSchema,
  }),
  v.strictObject({ say: v.literal('failed'), reason: textSchema(300) }),
])
