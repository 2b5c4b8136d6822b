// A delegation: a device credential says that a session key may act for a payee, for one scope, at one origin, for at most a day.
// The WebAuthn challenge is the digest of the body, so the assertion signs all of it. Who may believe it is decided in chain.ts.
import * as v from 'valibot'
import { fromBase64url, fromHex, toHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import type { Random } from '#core/random.ts'
import { checkpointSchema, digestSchema, nonceSchema, publicKeySchema, textSchema, uintSchema } from '#core/schema.ts'
import type { Checkpoint, Nonce, SigningContext } from '#core/signed.ts'

/** What a session key may do: `contribute` work, or order a `payout`, which needs a fresh assertion each time. */
export const DELEGATION_SCOPES = ['contribute', 'payout'] as const

/** One of {@link DELEGATION_SCOPES}. */
export type DelegationScope = (typeof DELEGATION_SCOPES)[number]

/** Longest life of a delegation by scope: a stolen session key is worth a day's work, and a payout stays a deliberate act. */
export const MAX_LIFETIME_MS: Readonly<Record<DelegationScope, number>> = {
  contribute: 24 * 60 * 60 * 1000,
  payout: 5 * 60 * 1000,
}

/** What the credential signs. */
export type DelegationBody = {
  readonly network: Digest
  /** Account credited for what the session key earns. */
  readonly payee: PublicKey
  readonly sessionKey: PublicKey
  readonly scope: DelegationScope
  readonly rpId: string
  readonly origin: string
  readonly nonce: Nonce
  readonly checkpoint: Checkpoint
  readonly issuedMs: number
  /** First millisecond at which the delegation is worth nothing. */
  readonly expiresMs: number
}

/** A WebAuthn assertion, fields in base64url. */
export type Assertion = {
  readonly clientDataJSON: string
  readonly authenticatorData: string
  readonly signature: string
}

/** What the authenticator said of itself when it made the credential, fields in base64url. */
export type Attestation = { readonly object: string; readonly clientDataJSON: string }

/** A device credential as this device remembers it: its id, its COSE public key in base64url, its attestation if it gave one. */
export type StoredCredential = {
  readonly id: string
  readonly publicKey: string
  readonly attestation: Attestation | null
}

/** A signed delegation. The credential's id is not part of it: it identifies a person's device and proves nothing. */
export type Delegation = {
  readonly body: DelegationBody
  readonly credential: Omit<StoredCredential, 'id'>
  readonly assertion: Assertion
}

/** A device credential that can be asked to sign: a passkey in the page, a software authenticator in tests. */
export interface DeviceCredential {
  readonly credential: StoredCredential
  /** Asks the user to sign `challenge`. */
  assert(challenge: Uint8Array<ArrayBuffer>): Promise<Assertion>
}

/** What {@link delegate} is asked for. */
export type DelegationRequest = {
  readonly context: SigningContext
  readonly sessionKey: PublicKey
  /** Account to credit; the session key itself when omitted. */
  readonly payee?: PublicKey
  /** `contribute` when omitted. */
  readonly scope?: DelegationScope
  readonly rpId: string
  readonly origin: string
  /** The longest life of the scope when omitted. */
  readonly lifetimeMs?: number
}

/** Longest host name (RFC 1035), and an origin around it. */
const MAX_HOST_LENGTH = 253
const MAX_ORIGIN_LENGTH = MAX_HOST_LENGTH + 'https://'.length + ':65535'.length

/** Bounds of the WebAuthn fields, in bytes: ample for RSA-4096 and for a TPM's certificate chain. */
export const WEBAUTHN_BOUNDS = {
  credentialId: 1023,
  publicKey: 1024,
  clientDataJSON: 4096,
  authenticatorData: 2048,
  signature: 512,
  attestationObject: 12 * 1024,
} as const

/** Schema of {@link DelegationBody}. Whether its times make sense is checked by verifyDelegation. */
export const delegationBodySchema = v.strictObject({
  network: digestSchema,
  payee: publicKeySchema,
  sessionKey: publicKeySchema,
  scope: v.picklist(DELEGATION_SCOPES),
  rpId: textSchema(MAX_HOST_LENGTH),
  origin: textSchema(MAX_ORIGIN_LENGTH),
  nonce: nonceSchema,
  checkpoint: checkpointSchema,
  issuedMs: uintSchema(),
  expiresMs: uintSchema(),
})

const attestationSchema = v.strictObject({
  object: base64urlSchema(WEBAUTHN_BOUNDS.attestationObject),
  clientDataJSON: base64urlSchema(WEBAUTHN_BOUNDS.clientDataJSON),
})

/** Schema of {@link StoredCredential}. */
export const storedCredentialSchema: v.GenericSchema<unknown, StoredCredential> = v.strictObject({
  id: base64urlSchema(WEBAUTHN_BOUNDS.credentialId),
  publicKey: base64urlSchema(WEBAUTHN_BOUNDS.publicKey),
  attestation: v.nullable(attestationSchema),
})

/** Schema of {@link Delegation}. */
export const delegationSchema: v.GenericSchema<unknown, Delegation> = v.strictObject({
  body: delegationBodySchema,
  credential: v.strictObject({
    publicKey: base64urlSchema(WEBAUTHN_BOUNDS.publicKey),
    attestation: v.nullable(attestationSchema),
  }),
  assertion: v.strictObject({
    clientDataJSON: base64urlSchema(WEBAUTHN_BOUNDS.clientDataJSON),
    authenticatorData: base64urlSchema(WEBAUTHN_BOUNDS.authenticatorData),
    signature: base64urlSchema(WEBAUTHN_BOUNDS.signature),
  }),
})

/** Digest of a delegation's body: what the assertion's challenge must be. */
export function delegationDigest(body: DelegationBody): Digest {
  return digestOf('delegation', body)
}

/** Has `device` sign a delegation that begins at `nowMs`. Throws {@link LifetimeError}, and whatever the device throws. */
export async function delegate(
  device: DeviceCredential,
  request: DelegationRequest,
  nowMs: number,
  random: Random,
): Promise<Delegation> {
  const scope = request.scope ?? 'contribute'
  const lifetimeMs = request.lifetimeMs ?? MAX_LIFETIME_MS[scope]
  if (!Number.isSafeInteger(lifetimeMs) || lifetimeMs < 1 || lifetimeMs > MAX_LIFETIME_MS[scope])
    throw new LifetimeError(lifetimeMs, scope)
  const body: DelegationBody = {
    network: request.context.network,
    payee: request.payee ?? request.sessionKey,
    sessionKey: request.sessionKey,
    scope,
    rpId: request.rpId,
    origin: request.origin,
    nonce: toHex(random.bytes(DIGEST_BYTES)),
    checkpoint: request.context.checkpoint,
    issuedMs: nowMs,
    expiresMs: nowMs + lifetimeMs,
  }
  const assertion = await device.assert(fromHex(delegationDigest(body)))
  const { publicKey, attestation } = device.credential
  return { body, credential: { publicKey, attestation }, assertion }
}

function base64urlSchema(maxBytes: number) {
  const maxLength = Math.ceil((maxBytes * 4) / 3)
  return v.custom<string>(
    (value) => typeof value === 'string' && value.length <= maxLength && isBase64url(value),
    `base64url of at most ${maxBytes} bytes`,
  )
}

function isBase64url(text: string): boolean {
  try {
    fromBase64url(text)
    return true
  } catch {
    return false
  }
}

/** A delegation was asked for a longer life than its scope allows. */
export class LifetimeError extends AppError {
  override readonly name = 'identity.Lifetime'
  constructor(lifetimeMs: number, scope: DelegationScope) {
    super('input', `A ${scope} delegation lives 1..${MAX_LIFETIME_MS[scope]} ms, not ${lifetimeMs}.`)
  }
}
