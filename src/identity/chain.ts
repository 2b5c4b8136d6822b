// The identity chain, walked by whoever relies on a message: signature <- session key <- delegation <- assertion <- credential.
// It yields a tier that says only what is proven. A script can mint tiers 1 and 2, so no tier lowers an audit.
import * as v from 'valibot'
import { equals, fromBase64url, fromHex, toBase64url, utf8 } from '#core/bytes.ts'
import { type Digest, sha256 } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { SchemaError, parseAs, signedSchema } from '#core/schema.ts'
import { type PlainValue, type Signed, verifyMessage } from '#core/signed.ts'
import { type AssertionCheck, verifyAssertion } from './assertion.ts'
import { type AuthenticatorData, parseAttestation } from './authenticator-data.ts'
import { type CredentialKey, credentialDigest, parseCredentialKey } from './cose.ts'
import {
  type Attestation,
  type Delegation,
  type DelegationBody,
  type DelegationScope,
  MAX_LIFETIME_MS,
  delegationDigest,
  delegationSchema,
} from './delegation.ts'

/** T0 session key alone, T1 synced passkey, T2 bound to a device. T1 and T2 are as the authenticator claims. */
export type Tier = 'T0' | 'T1' | 'T2'

/** What a verifier accepts: its network, the relying party, our origins, and the sites that may hold us in a frame. */
export type ChainPolicy = {
  readonly network: Digest
  readonly rpId: string
  readonly origins: readonly string[]
  readonly topOrigins: readonly string[] | 'any'
}

/** The link of the chain that failed first. */
export type ChainCheck =
  | 'form'
  | 'type'
  | 'network'
  | 'signature'
  | 'peer-id'
  | 'scope'
  | 'expiry'
  | 'credential'
  | 'attestation'
  | AssertionCheck

/** Outcome of a walk along the chain. */
export type ChainVerdict =
  | {
      readonly ok: true
      readonly tier: Tier
      readonly sessionKey: PublicKey
      /** Account credited: the session key itself at T0. */
      readonly payee: PublicKey
      /** Identity of the credential's key; null at T0. */
      readonly credential: Digest | null
      /** When the delegation ends; null at T0. */
      readonly expiresMs: number | null
    }
  | { readonly ok: false; readonly check: ChainCheck; readonly reason: string }

type Failure = Extract<ChainVerdict, { ok: false }>

/** A clock may be this far ahead of the verifier's when it issues a delegation. */
export const MAX_CLOCK_SKEW_MS = 60_000

/** What {@link verifyChain} is given: all of it may be hostile but `type` and `scope`. */
export type ChainEvidence = {
  readonly message: unknown
  readonly type: string
  /** null for a session key that nobody vouches for. */
  readonly delegation: unknown
  readonly scope?: DelegationScope
}

const messageSchema = signedSchema<PlainValue>(v.custom<PlainValue>(() => true))

/** Walks the chain from a signed message of `type` to the credential behind it, at the time `nowMs`. Never throws on hostile input. */
export async function verifyChain(evidence: ChainEvidence, policy: ChainPolicy, nowMs: number): Promise<ChainVerdict> {
  const message = parseOrReason(messageSchema, evidence.message, 'message')
  if (typeof message === 'string') return fail('form', message)
  const failure = checkMessage(message, evidence.type, policy.network)
  if (failure !== undefined) return failure
  return verifyDelegation(evidence.delegation, message.signer, policy, nowMs, evidence.scope)
}

/** Walks the chain from a session key whose possession is already proven, by a signature or a libp2p handshake. */
export async function verifyDelegation(
  delegation: unknown,
  sessionKey: PublicKey,
  policy: ChainPolicy,
  nowMs: number,
  scope: DelegationScope = 'contribute',
): Promise<ChainVerdict> {
  if (delegation === null)
    return { ok: true, tier: 'T0', sessionKey, payee: sessionKey, credential: null, expiresMs: null }
  const parsed = parseOrReason(delegationSchema, delegation, 'delegation')
  if (typeof parsed === 'string') return fail('form', parsed)
  const { body } = parsed
  const failure = checkBody(body, sessionKey, policy, scope) ?? checkTimes(body, nowMs)
  if (failure !== undefined) return failure
  const key = readKey(parsed.credential.publicKey)
  if (typeof key === 'string') return fail('credential', key)
  const verdict = await verifyAssertion(parsed.assertion, key, {
    challenge: toBase64url(fromHex(delegationDigest(body))),
    rpId: policy.rpId,
    origins: [body.origin],
    topOrigins: policy.topOrigins,
  })
  if (!verdict.ok) return verdict
  const mismatch = checkAttestation(parsed, key, verdict.data)
  if (mismatch !== undefined) return mismatch
  return {
    ok: true,
    tier: verdict.data.flags.isBackupEligible ? 'T1' : 'T2',
    sessionKey,
    payee: body.payee,
    credential: credentialDigest(key),
    expiresMs: body.expiresMs,
  }
}

function checkMessage(message: Signed, type: string, network: Digest): Failure | undefined {
  if (message.type !== type) return fail('type', `The message is of type ${message.type}, not ${type}.`)
  if (message.network !== network) return fail('network', `The message belongs to network ${message.network}.`)
  if (!verifyMessage(message, type, network))
    return fail('signature', `The message is not signed by ${message.signer}.`)
  return undefined
}

function checkBody(
  body: DelegationBody,
  sessionKey: PublicKey,
  policy: ChainPolicy,
  scope: DelegationScope,
): Failure | undefined {
  if (body.network !== policy.network) return fail('network', `The delegation belongs to network ${body.network}.`)
  if (body.sessionKey !== sessionKey)
    return fail('peer-id', `The delegation is for ${body.sessionKey}, not for ${sessionKey}.`)
  if (body.scope !== scope) return fail('scope', `The delegation allows ${body.scope}, not ${scope}.`)
  if (body.rpId !== policy.rpId)
    return fail('rp-id', `The delegation is for relying party ${body.rpId}, not ${policy.rpId}.`)
  if (!policy.origins.includes(body.origin))
    return fail('origin', `The delegation was made at ${body.origin}, which is not ours.`)
  return undefined
}

function checkTimes(body: DelegationBody, nowMs: number): Failure | undefined {
  const lifetimeMs = body.expiresMs - body.issuedMs
  const longestMs = MAX_LIFETIME_MS[body.scope]
  if (lifetimeMs < 1 || lifetimeMs > longestMs)
    return fail('expiry', `The delegation lives ${lifetimeMs} ms, outside 1..${longestMs}.`)
  if (body.issuedMs > nowMs + MAX_CLOCK_SKEW_MS)
    return fail('expiry', `The delegation was issued at ${body.issuedMs}, more than a minute after ${nowMs}.`)
  // Written so that a time that is not a number fails too.
  if (!(nowMs < body.expiresMs)) return fail('expiry', `The delegation expired at ${body.expiresMs}; it is ${nowMs}.`)
  return undefined
}

/** An attestation must speak of the same credential. Its certificates prove nothing here: tiers above 2 need trusted roots. */
function checkAttestation(delegation: Delegation, key: CredentialKey, data: AuthenticatorData): Failure | undefined {
  const { attestation } = delegation.credential
  if (attestation === null) return undefined
  const attested = readAttestation(attestation)
  if (typeof attested === 'string') return fail('attestation', attested)
  const isSame =
    attested.credential !== null &&
    credentialDigest(parseCredentialKey(attested.credential.publicKey)) === credentialDigest(key) &&
    equals(attested.rpIdHash, sha256(utf8(delegation.body.rpId))) &&
    attested.flags.isBackupEligible === data.flags.isBackupEligible
  return isSame ? undefined : fail('attestation', 'The attestation speaks of another credential.')
}

function readAttestation(attestation: Attestation): AuthenticatorData | string {
  try {
    const { data } = parseAttestation(fromBase64url(attestation.object))
    if (data.credential !== null) parseCredentialKey(data.credential.publicKey)
    return data
  } catch (error) {
    return reasonOf(error)
  }
}

function readKey(text: string): CredentialKey | string {
  try {
    return parseCredentialKey(fromBase64url(text))
  } catch (error) {
    return reasonOf(error)
  }
}

function parseOrReason<T>(schema: v.GenericSchema<unknown, T>, value: unknown, what: string): T | string {
  try {
    return parseAs(schema, value, what)
  } catch (error) {
    if (error instanceof SchemaError) return error.message
    throw error
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AppError) return error.message
  throw error
}

function fail(check: ChainCheck, reason: string): Failure {
  return { ok: false, check, reason }
}
