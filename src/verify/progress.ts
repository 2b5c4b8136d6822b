// Signed progress: what a node says of its result while it still computes it. A claim and no proof; but a signed one, so that a node whose
// result begins otherwise has contradicted itself, and anyone who has both can show it.
import * as v from 'valibot'
import { type Hex, concat, equals, fromHex, isHex, toHex } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { digestSchema, signedSchema, uintSchema } from '#core/schema.ts'
import { type Signed, type SigningContext, signMessage, verifyMessage } from '#core/signed.ts'
import { Transcript, transcriptOf } from '#core/transcript.ts'
import { type Lease, leaseId } from '#work/lease.ts'
import { type Authority, leaseOutcome } from './commit.ts'
import { type Outcome, type Verdict, outcome, verdictOf } from './verdict.ts'

/** What a node signs: the kind's progress bytes from `offset` on, and the transcript of all of them up to the end of these. */
export type ProgressBody = {
  readonly lease: Digest
  readonly unit: Digest
  readonly offset: number
  readonly bytes: Hex
  readonly transcript: Digest
}

/** Progress signed by the node's session key, as type `progress`. */
export type SignedProgress = Signed<ProgressBody>

/** Message type of signed progress. */
export const PROGRESS_TYPE = 'progress'

/** Bytes of one message: a second of a thousand tokens, far below a frame. */
export const MAX_PROGRESS_BYTES = 4096

/** Bytes of one unit's progress: the longest text there can be, which is still one event's worth of hex. */
export const MAX_TRANSCRIPT_BYTES = 2 ** 18

/** Signed progress. */
export const progressSchema: v.GenericSchema<unknown, SignedProgress> = signedSchema(
  v.strictObject({
    lease: digestSchema,
    unit: digestSchema,
    offset: uintSchema(MAX_TRANSCRIPT_BYTES),
    bytes: v.custom<Hex>((value) => isPiece(value), `hex of 1 to ${MAX_PROGRESS_BYTES} bytes`),
    transcript: digestSchema,
  }),
)

/** Signs `bytes`, which go on where `said` ends; the caller appends them to it. */
export function signProgress(
  signer: Signer,
  context: SigningContext,
  { lease, said, bytes }: { lease: Lease; said: Transcript; bytes: Uint8Array },
): Promise<SignedProgress> {
  return signMessage(signer, PROGRESS_TYPE, context, {
    lease: leaseId(lease),
    unit: lease.body.unit,
    offset: said.length,
    bytes: toHex(bytes),
    transcript: said.digestAfter(bytes),
  })
}

/** Whether all that `progress` says, up to its end, is how `whole` begins: signed progress that does not is evidence against its signer. */
export function isBeginning({ body }: SignedProgress, whole: Uint8Array): boolean {
  const end = endOf(body)
  return end <= whole.length && transcriptOf(whole.subarray(0, end)) === body.transcript
}

/** All that one lease's holder has said of its result, each piece checked as it comes. */
export class ClaimedProgress {
  readonly lease: Lease
  readonly #authority: Authority
  readonly #maxBytes: number
  readonly #transcript = new Transcript()
  #bytes = new Uint8Array(0)
  #latest: SignedProgress | undefined

  /** Of at most `maxBytes`, which the kind says of the unit. */
  constructor(lease: Lease, authority: Authority, maxBytes: number) {
    this.lease = lease
    this.#authority = authority
    this.#maxBytes = maxBytes
  }

  /** Everything up to the end of {@link latest}. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes
  }

  /** The last message: its transcript covers everything. */
  get latest(): SignedProgress | undefined {
    return this.#latest
  }

  /** Goes on by `skipped`, which came without its own messages, and by `progress`; unless that is not what its signer says. */
  take(progress: SignedProgress, skipped: Uint8Array = new Uint8Array(0)): Verdict {
    const added = concat(skipped, fromHex(progress.body.bytes))
    const verdict = verdictOf(this.#outcomes(progress, added))
    if (!verdict.ok) return verdict
    this.#transcript.append(added)
    this.#bytes = concat(this.#bytes, added)
    this.#latest = progress
    return verdict
  }

  *#outcomes(progress: SignedProgress, added: Uint8Array): Generator<Outcome> {
    const { lease } = this
    const { node, unit } = lease.body
    const end = endOf(progress.body)
    if (this.#latest === undefined) yield leaseOutcome(lease, this.#authority)
    yield outcome('progress', end <= this.#maxBytes, `Node ${node} says ${end} bytes where ${this.#maxBytes} are most.`)
    const isNext =
      end === this.#bytes.length + added.length && this.#transcript.digestAfter(added) === progress.body.transcript
    yield outcome('progress', isNext, `What node ${node} says does not go on where it was.`)
    const isOwn =
      progress.signer === node &&
      progress.body.lease === leaseId(lease) &&
      progress.body.unit === unit &&
      verifyMessage(progress, PROGRESS_TYPE, this.#authority.network)
    yield outcome('progress', isOwn, `The progress is not signed by node ${node}, or is of another lease or unit.`)
  }
}

/** The beginning of a result as it is shown to somebody: it only grows. Of claims that differ the first stays, until the result is there. */
export class ShownProgress {
  #bytes = new Uint8Array(0)

  /** What has been shown. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes
  }

  /** What `claimed` adds to it, which is shown from now on: nothing when it is shorter or something else. */
  extend(claimed: Uint8Array): Uint8Array<ArrayBuffer> {
    const { length } = this.#bytes
    if (!equals(claimed.subarray(0, length), this.#bytes)) return new Uint8Array(0)
    this.#bytes = concat(claimed)
    return this.#bytes.subarray(length)
  }
}

function endOf({ offset, bytes }: ProgressBody): number {
  return offset + bytes.length / 2
}

function isPiece(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= 2 * MAX_PROGRESS_BYTES && isHex(value)
}
