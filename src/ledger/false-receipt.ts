// Proof that a coordinator dropped or replaced a receipt that it had promised: the promise, which names a state of the log, and what that log has in
// the receipt's place.
import * as v from 'valibot'
import { claimsFormat, decodeCanonicalJson, encodeCanonicalJson } from '#core/canonical-json.ts'
import type { Digest } from '#core/digest.ts'
import { verifyMerkleProof } from '#core/merkle.ts'
import { digestSchema, parseAs, proofSchema } from '#core/schema.ts'
import type { Authority } from '#verify/commit.ts'
import { type Outcome, type Verdict, outcome, verdictOf } from '#verify/verdict.ts'
import { type ReceiptPromise, isReceiptPromise, receiptPromiseSchema } from './receipt-promise.ts'

/** Format of the text form. */
export const FALSE_RECEIPT_FORMAT = 'commonwatt/false-receipt/v1'

/** Longest text: a signed message and a path. */
export const MAX_FALSE_RECEIPT_BYTES = 16 * 1024

/** `leaf` is the leaf digest of the entry that is in the promised one's place, `path` its path in the log that the promise names. */
export type FalseReceipt = {
  readonly format: typeof FALSE_RECEIPT_FORMAT
  readonly promise: ReceiptPromise
  readonly leaf: Digest
  readonly path: readonly Digest[]
}

const falseReceiptSchema: v.GenericSchema<unknown, FalseReceipt> = v.strictObject({
  format: v.literal(FALSE_RECEIPT_FORMAT),
  promise: receiptPromiseSchema,
  leaf: digestSchema,
  path: proofSchema,
})

/** The document about a broken promise. */
export function falseReceipt(promise: ReceiptPromise, leaf: Digest, path: readonly Digest[]): FalseReceipt {
  return { format: FALSE_RECEIPT_FORMAT, promise, leaf, path }
}

/** Whether the document convicts the coordinator. */
export function verifyFalseReceipt(document: FalseReceipt, authority: Authority): Verdict {
  return verdictOf(falseReceiptOutcomes(document, authority))
}

/** The network and the coordinator that a document itself names: who knows the right ones holds it against those. */
export function falseReceiptAuthority({ promise }: FalseReceipt): Authority {
  return { network: promise.network, coordinator: promise.signer }
}

/** What a document says, to be read after "It proves that". */
export function falseReceiptSays({ promise }: FalseReceipt): string {
  const { logIndex } = promise.body
  return `the coordinator ${promise.signer} promised a receipt as entry ${logIndex} of its log and has something else there`
}

/** The canonical text of a document. */
export function encodeFalseReceipt(document: FalseReceipt): Uint8Array<ArrayBuffer> {
  return encodeCanonicalJson(document)
}

/** The document of a canonical text. Throws a CanonicalJsonError or SchemaError on anything else. */
export function decodeFalseReceipt(bytes: Uint8Array): FalseReceipt {
  const value = decodeCanonicalJson(bytes, { maxBytes: MAX_FALSE_RECEIPT_BYTES, maxDepth: 8 })
  return parseAs(falseReceiptSchema, value, 'proof of a false receipt')
}

/** Whether `bytes` say that they are such a document, right or wrong. */
export function isFalseReceipt(bytes: Uint8Array): boolean {
  return claimsFormat(bytes, FALSE_RECEIPT_FORMAT, MAX_FALSE_RECEIPT_BYTES)
}

function* falseReceiptOutcomes({ promise, leaf, path }: FalseReceipt, authority: Authority): Generator<Outcome> {
  const isPromised = isReceiptPromise(promise, authority)
  yield outcome('receipt', isPromised, 'The coordinator did not promise the receipt.')
  const { size, root } = promise.checkpoint
  const isThere = verifyMerkleProof(leaf, promise.body.logIndex, size, path, root)
  yield outcome('false-receipt', isThere, `The other entry is not number ${promise.body.logIndex} of that log.`)
  yield outcome('false-receipt', leaf !== promise.body.leaf, 'The receipt is where the coordinator promised it.')
}
