// Verifies a WebAuthn assertion (WebAuthn section 7.2) in the page and in Node alike. It proves that a credential signed a challenge at
// an origin; what hardware holds the credential it cannot prove.
import * as v from 'valibot'
import { concat, equals, fromBase64url, fromUtf8, utf8 } from '#core/bytes.ts'
import { sha256 } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { type AuthenticatorData, parseAuthenticatorData } from './authenticator-data.ts'
import { type CredentialKey, verifyCredentialSignature } from './cose.ts'
import type { Assertion } from './delegation.ts'

/** What the verifier expects to find signed. */
export type AssertionExpectation = {
  /** The challenge, in base64url. */
  readonly challenge: string
  readonly rpId: string
  readonly origins: readonly string[]
  /** Sites whose pages may hold us in a frame: a list, or `any`. */
  readonly topOrigins: readonly string[] | 'any'
}

/** The part of an assertion that can fail. */
export type AssertionCheck =
  | 'client-data'
  | 'challenge'
  | 'origin'
  | 'top-origin'
  | 'authenticator-data'
  | 'rp-id'
  | 'flags'
  | 'assertion-signature'

/** Outcome of {@link verifyAssertion}. */
export type AssertionVerdict =
  | { readonly ok: true; readonly data: AuthenticatorData; readonly topOrigin: string | null }
  | { readonly ok: false; readonly check: AssertionCheck; readonly reason: string }

type Failure = Extract<AssertionVerdict, { ok: false }>

const clientDataSchema = v.looseObject({
  type: v.string(),
  challenge: v.string(),
  origin: v.string(),
  crossOrigin: v.optional(v.boolean()),
  topOrigin: v.optional(v.string()),
})
type ClientData = v.InferOutput<typeof clientDataSchema>

/** Whether `key` signed what `expected` describes. Never throws on hostile input. */
export async function verifyAssertion(
  assertion: Assertion,
  key: CredentialKey,
  expected: AssertionExpectation,
): Promise<AssertionVerdict> {
  const client = readClientData(assertion.clientDataJSON)
  if (client === undefined) return fail('client-data', 'The client data are not the JSON that a browser writes.')
  const data = readData(assertion.authenticatorData)
  if (typeof data === 'string') return fail('authenticator-data', data)
  const failure = checkClientData(client, expected) ?? checkData(data, expected)
  if (failure !== undefined) return failure
  const signed = concat(fromBase64url(assertion.authenticatorData), sha256(fromBase64url(assertion.clientDataJSON)))
  const signature = readBase64url(assertion.signature)
  if (signature === undefined || !(await verifyCredentialSignature(key, signature, signed)))
    return fail('assertion-signature', 'The credential did not sign this assertion.')
  return { ok: true, data, topOrigin: client.topOrigin ?? null }
}

function checkClientData(client: ClientData, expected: AssertionExpectation): Failure | undefined {
  if (client.type !== 'webauthn.get')
    return fail('client-data', `The client data are of a ${client.type.slice(0, 32)}, not of a webauthn.get.`)
  if (client.challenge !== expected.challenge) return fail('challenge', 'The assertion signs something else.')
  if (!expected.origins.includes(client.origin))
    return fail('origin', `The assertion was made at ${client.origin.slice(0, 128)}.`)
  return checkTopOrigin(client, expected)
}

/** Safari leaves topOrigin out, so a frame without one passes only where any site may hold us. */
function checkTopOrigin(client: ClientData, expected: AssertionExpectation): Failure | undefined {
  const { topOrigin, crossOrigin = false } = client
  if (!crossOrigin)
    return topOrigin === undefined ? undefined : fail('top-origin', 'A top origin is named outside any frame.')
  if (expected.topOrigins === 'any') return undefined
  if (topOrigin !== undefined && expected.topOrigins.includes(topOrigin)) return undefined
  return fail('top-origin', `The assertion was made in a frame of ${topOrigin?.slice(0, 128) ?? 'an unnamed site'}.`)
}

function checkData(data: AuthenticatorData, expected: AssertionExpectation): Failure | undefined {
  if (!equals(data.rpIdHash, sha256(utf8(expected.rpId))))
    return fail('rp-id', `The assertion was made for another relying party than ${expected.rpId.slice(0, 128)}.`)
  if (!data.flags.isUserPresent || !data.flags.isUserVerified)
    return fail('flags', 'The authenticator did not verify that the user was there.')
  if (data.credential !== null) return fail('flags', 'The assertion carries a credential, as only a registration may.')
  return undefined
}

function readClientData(text: string): ClientData | undefined {
  try {
    const result = v.safeParse(clientDataSchema, JSON.parse(fromUtf8(fromBase64url(text))))
    return result.success ? result.output : undefined
  } catch {
    return undefined
  }
}

function readData(text: string): AuthenticatorData | string {
  try {
    return parseAuthenticatorData(fromBase64url(text))
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}

function readBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return fromBase64url(text)
  } catch {
    return undefined
  }
}

function fail(check: AssertionCheck, reason: string): Failure {
  return { ok: false, check, reason }
}
