// Who a node is, as its runtime needs to know: a signer, the key for beats in the worker, and whoever vouches for them.
import type { Clock } from '#core/clock.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import type { SigningContext } from '#core/signed.ts'
import type { Delegation } from '#identity/delegation.ts'
import type { BeatKey } from './worker-api.ts'

/** A node's identity. */
export interface NodeIdentity {
  readonly signer: Signer
  readonly beatKey: BeatKey
  /** Whether the same key will be there next time. */
  readonly isPersistent: boolean
  /** The delegation that holds at `nowMs`, if there is one. */
  delegation(nowMs: number): Delegation | null
  /** Has the person vouch for the key with a device credential. Throws where there is no one to ask, or when they decline. */
  protect(context: SigningContext): Promise<void>
  close(): void
}

/** Accounts that may be paid for the node: its own, and the one that its delegation names. */
export function payeesOf(identity: NodeIdentity, clock: Clock): PublicKey[] {
  const own = identity.signer.publicKey
  return [own, identity.delegation(clock.nowMs())?.body.payee ?? own]
}
