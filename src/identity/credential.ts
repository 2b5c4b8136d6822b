// The browser's side of a device credential: makes a passkey and has it sign challenges, through @simplewebauthn/browser.
// Runs in the page of our own origin, on a click; every way in which it may fail has an error that says what to do.
import {
  WebAuthnAbortService,
  WebAuthnError,
  browserSupportsWebAuthn,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser'
import { fromBase64url, toBase64url } from '#core/bytes.ts'
import { AppError } from '#core/errors.ts'
import type { Random } from '#core/random.ts'
import { parseAttestation } from './authenticator-data.ts'
import { ALGORITHMS } from './cose.ts'
import type { DeviceCredential, StoredCredential } from './delegation.ts'

/** How long the platform's prompt may stay open. */
const PROMPT_TIMEOUT_MS = 120_000

/** What {@link createCredential} is asked for. */
export type CredentialRequest = {
  /** Host name of our own origin: `location.hostname`. */
  readonly rpId: string
  /** Name of the grid, as the prompt shows it. */
  readonly rpName: string
  /** Name under which the platform lists the passkey. */
  readonly userName: string
  /** `direct` asks for an attestation, at the price of another prompt; `none` when omitted. */
  readonly attestation?: 'none' | 'direct'
  readonly signal?: AbortSignal
}

/** What {@link openCredential} needs to know. */
export type AssertionRequest = { readonly rpId: string; readonly signal?: AbortSignal }

/**
 * Has the user make a passkey on this device. Throws {@link CredentialUnsupportedError}, {@link CredentialOriginError},
 * {@link CredentialDeclinedError} or {@link CredentialFailedError}; the signal's reason when aborted.
 */
export async function createCredential(request: CredentialRequest, random: Random): Promise<StoredCredential> {
  assertPossible(request.rpId)
  const registration = await prompt(request.signal, () =>
    startRegistration({
      optionsJSON: {
        rp: { id: request.rpId, name: request.rpName },
        // A fresh handle, or the passkey would replace another of this origin.
        user: { id: toBase64url(random.bytes(32)), name: request.userName, displayName: request.userName },
        challenge: toBase64url(random.bytes(32)),
        pubKeyCredParams: ALGORITHMS.map((alg) => ({ alg, type: 'public-key' as const })),
        timeout: PROMPT_TIMEOUT_MS,
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        attestation: request.attestation ?? 'none',
      },
    }),
  )
  const { attestationObject, clientDataJSON } = registration.response
  const { format, data } = parseAttestation(fromBase64url(attestationObject))
  if (data.credential === null || data.credential.id !== registration.id)
    throw new CredentialFailedError('The authenticator returned no credential')
  return {
    id: registration.id,
    publicKey: toBase64url(data.credential.publicKey),
    attestation: format === 'none' ? null : { object: attestationObject, clientDataJSON },
  }
}

/** The passkey behind `credential`, ready to sign. `assert` throws as {@link createCredential} does. */
export function openCredential(credential: StoredCredential, request: AssertionRequest): DeviceCredential {
  return {
    credential,
    async assert(challenge) {
      assertPossible(request.rpId)
      const { response } = await prompt(request.signal, () =>
        startAuthentication({
          optionsJSON: {
            challenge: toBase64url(challenge),
            rpId: request.rpId,
            allowCredentials: [{ id: credential.id, type: 'public-key' }],
            userVerification: 'required',
            timeout: PROMPT_TIMEOUT_MS,
          },
        }),
      )
      const { clientDataJSON, authenticatorData, signature } = response
      return { clientDataJSON, authenticatorData, signature }
    },
  }
}

/** Whether `rpId` is an IP address, which WebAuthn refuses: a host name is needed, localhost included. */
export function isIpAddress(rpId: string): boolean {
  return /^\[?[0-9a-f]*:[0-9a-f:.]*\]?$/i.test(rpId) || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(rpId)
}

function assertPossible(rpId: string): void {
  if (isIpAddress(rpId)) throw new CredentialOriginError(rpId)
  if (!browserSupportsWebAuthn()) throw new CredentialUnsupportedError('this browser or this frame has no WebAuthn')
}

async function prompt<T>(signal: AbortSignal | undefined, ceremony: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted()
  const cancel = () => WebAuthnAbortService.cancelCeremony()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    return await ceremony()
  } catch (error) {
    signal?.throwIfAborted()
    throw toCredentialError(error)
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

/** What the platform threw, as one of our errors. */
function toCredentialError(error: unknown): unknown {
  if (!(error instanceof Error)) return new CredentialFailedError('The passkey prompt failed', { cause: error })
  const code = error instanceof WebAuthnError ? error.code : undefined
  if (code === 'ERROR_INVALID_DOMAIN' || code === 'ERROR_INVALID_RP_ID' || error.name === 'SecurityError')
    return new CredentialOriginError(globalThis.location.hostname, { cause: error })
  // One name for a refusal, a closed prompt and a timeout: the platform does not tell them apart.
  if (error.name === 'NotAllowedError') return new CredentialDeclinedError({ cause: error })
  if (error.name === 'ConstraintError' || error.name === 'NotSupportedError')
    return new CredentialUnsupportedError('no authenticator here can make a passkey that verifies its user', {
      cause: error,
    })
  return new CredentialFailedError(error.message.replace(/\.$/, ''), { cause: error })
}

/** This browser or device has no passkeys: go on without one, at tier T0. */
export class CredentialUnsupportedError extends AppError {
  override readonly name = 'identity.CredentialUnsupported'
  constructor(why: string, options?: ErrorOptions) {
    super('capacity', `A passkey cannot be made: ${why}. You can contribute without one.`, options)
  }
}

/** The page is at an address that passkeys cannot belong to. */
export class CredentialOriginError extends AppError {
  override readonly name = 'identity.CredentialOrigin'
  constructor(host: string, options?: ErrorOptions) {
    super(
      'input',
      `Passkeys belong to a host name, and this page is at ${host}: open it by name, for instance as localhost.`,
      options,
    )
  }
}

/** The user closed the prompt, let it time out, or has no such passkey. */
export class CredentialDeclinedError extends AppError {
  override readonly name = 'identity.CredentialDeclined'
  constructor(options?: ErrorOptions) {
    super(
      'unavailable',
      'The passkey prompt was closed or timed out: try again, or contribute without a passkey.',
      options,
    )
  }
}

/** The authenticator failed. */
export class CredentialFailedError extends AppError {
  override readonly name = 'identity.CredentialFailed'
  constructor(problem: string, options?: ErrorOptions) {
    super('unavailable', `${problem}. Try again, or contribute without a passkey.`, options)
  }
}
