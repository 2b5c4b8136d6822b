// Entries of the transparency log. They carry salted commitments, never input digests, addresses, sites or credential ids.
import type { Digest } from '#core/digest.ts'
import { digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { encodeCbor } from '#core/cbor.ts'
import type { Genesis } from './genesis.ts'

/** One leaf. Amounts are atto-credit as decimal text; every mint, grants included, is a typed entry. */
export type LogEntry =
  | { readonly type: 'genesis'; readonly genesis: Genesis }
  | { readonly type: 'grant'; readonly account: PublicKey; readonly amount: string }
  | { readonly type: 'roster'; readonly root: Digest; readonly size: number }
  | { readonly type: 'admission'; readonly job: Digest; readonly escrow: string }
  | {
      readonly type: 'receipt'
      readonly admissionLeaf: number
      readonly unit: Digest
      readonly certificate: Digest
      readonly payments: readonly { readonly account: PublicKey; readonly amount: string }[]
    }
  | { readonly type: 'fault'; readonly admissionLeaf: number; readonly node: PublicKey; readonly proof: Digest }
  | { readonly type: 'refund'; readonly admissionLeaf: number; readonly amount: string }

/** Bytes of an entry: what the leaf digest covers. */
export function encodeEntry(entry: LogEntry): Uint8Array<ArrayBuffer> {
  return encodeCbor(entry)
}

/** A commitment to `id` that only holders of `salt` can open; erasing the salt erases the link. */
export function saltedCommitment(id: Digest, salt: Digest): Digest {
  return digestOf('salted', { id, salt })
}
