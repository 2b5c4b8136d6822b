// A signed decline: a node that was drawn says that it does not take its lease. It explains why another one was drawn.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { digestSchema, signedSchema, textSchema } from '#core/schema.ts'
import { type Signed, type SigningContext, signMessage, verifyMessage } from '#core/signed.ts'
import { type Lease, leaseId } from '#work/lease.ts'

/** What a node signs when it does not take the lease; the reason is for people. */
export type DeclineBody = { readonly lease: Digest; readonly reason: string }

/** A decline signed by the node's session key, as type `decline`. */
export type Decline = Signed<DeclineBody>

/** Message type of a signed decline. */
const DECLINE_TYPE = 'decline'

/** Longest reason. */
export const MAX_REASON = 300

/** A signed decline. */
export const declineSchema: v.GenericSchema<unknown, Decline> = signedSchema(
  v.strictObject({ lease: digestSchema, reason: textSchema(MAX_REASON) }),
)

/** Signs that the node of `signer` does not take `lease`. */
export function signDecline(signer: Signer, context: SigningContext, lease: Lease, reason: string): Promise<Decline> {
  const body = { lease: leaseId(lease), reason: reason.slice(0, MAX_REASON) }
  return signMessage(signer, DECLINE_TYPE, context, body)
}

/** Whether `decline` is by the node of `lease`, about that lease. */
export function verifyDecline(decline: Decline, lease: Lease): boolean {
  return (
    decline.signer === lease.body.node &&
    decline.body.lease === leaseId(lease) &&
    verifyMessage(decline, DECLINE_TYPE, lease.network)
  )
}
