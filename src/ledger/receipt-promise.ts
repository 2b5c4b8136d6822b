// What the coordinator signs when it settles a unit: the receipt that is in the log, and where. The signature names a state of the log that has it,
// so a receipt that was dropped or replaced leaves proof with everyone who was paid by it.
import * as v from 'valibot'
import { type Digest } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { digestSchema, signedSchema, uintSchema } from '#core/schema.ts'
import { type Signed, type SigningContext, signMessage, verifyMessage } from '#core/signed.ts'
import type { Authority } from '#verify/commit.ts'
import { type ReceiptEntry, entryLeaf } from './entry.ts'

/** Entry `logIndex` of the log has the leaf digest `leaf`. */
export type ReceiptPromiseBody = { readonly logIndex: number; readonly leaf: Digest }

/** A promise signed by the coordinator, as type `receipt-promise`, with a checkpoint that is past the entry. */
export type ReceiptPromise = Signed<ReceiptPromiseBody>

const RECEIPT_PROMISE_TYPE = 'receipt-promise'

/** A promise as it comes from elsewhere. */
export const receiptPromiseSchema: v.GenericSchema<unknown, ReceiptPromise> = signedSchema(
  v.strictObject({ logIndex: uintSchema(), leaf: digestSchema }),
)

/** Promises `receipt`, which is entry `logIndex`; the context's checkpoint must be past it. */
export function promiseReceipt(
  signer: Signer,
  context: SigningContext,
  receipt: ReceiptEntry,
  logIndex: number,
): Promise<ReceiptPromise> {
  return signMessage(signer, RECEIPT_PROMISE_TYPE, context, { logIndex, leaf: entryLeaf(receipt) })
}

/** Whether the coordinator promised an entry of the log that its signature names. */
export function isReceiptPromise(promise: ReceiptPromise, { network, coordinator }: Authority): boolean {
  return (
    promise.signer === coordinator &&
    promise.body.logIndex < promise.checkpoint.size &&
    verifyMessage(promise, RECEIPT_PROMISE_TYPE, network)
  )
}
