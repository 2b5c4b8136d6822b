// What an authenticator says: authenticator data (WebAuthn section 6.1) and the attestation object around it (section 6.5).
// Flags and model numbers are the authenticator's own word. Trust in an attestation is not judged here.
import { decodeCBOR, decodePartialCBOR } from '@levischuck/tiny-cbor'
import { toBase64url } from '#core/bytes.ts'
import { AppError } from '#core/errors.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** The flag byte, taken apart. */
export type AuthenticatorFlags = {
  readonly isUserPresent: boolean
  readonly isUserVerified: boolean
  /** The credential may be synced between devices. */
  readonly isBackupEligible: boolean
  /** It is synced now. */
  readonly isBackedUp: boolean
}

/** A credential as the authenticator made it: its id (base64url) and COSE public key. */
export type AttestedCredential = { readonly id: string; readonly publicKey: Bytes }

/** Authenticator data, taken apart. */
export type AuthenticatorData = {
  readonly rpIdHash: Bytes
  readonly flags: AuthenticatorFlags
  readonly counter: number
  readonly credential: AttestedCredential | null
}

/** Longest credential id (WebAuthn section 5.1). */
const MAX_CREDENTIAL_ID_BYTES = 1023
const HEADER_BYTES = 37
const FLAG = { present: 1, verified: 4, backupEligible: 8, backedUp: 16, credential: 64, extensions: 128 }
const RESERVED_FLAGS = 2 | 32

/** Takes `bytes` apart. Throws {@link AuthenticatorDataError} on anything that the format does not allow, trailing bytes included. */
export function parseAuthenticatorData(bytes: Uint8Array): AuthenticatorData {
  const data = new Uint8Array(bytes)
  if (data.length < HEADER_BYTES) throw new AuthenticatorDataError(`have ${data.length} bytes, fewer than 37`)
  const bits = data[32] ?? 0
  const has = (flag: number) => (bits & flag) !== 0
  if (has(RESERVED_FLAGS)) throw new AuthenticatorDataError('have a reserved flag set')
  if (has(FLAG.backedUp) && !has(FLAG.backupEligible))
    throw new AuthenticatorDataError('claim a backup of a credential that cannot be backed up')
  let at = HEADER_BYTES
  let credential: AttestedCredential | null = null
  if (has(FLAG.credential)) ({ credential, at } = readCredential(data, at))
  if (has(FLAG.extensions)) at = skipMap(data, at)
  if (at !== data.length) throw new AuthenticatorDataError('have trailing bytes')
  return {
    rpIdHash: data.slice(0, 32),
    flags: {
      isUserPresent: has(FLAG.present),
      isUserVerified: has(FLAG.verified),
      isBackupEligible: has(FLAG.backupEligible),
      isBackedUp: has(FLAG.backedUp),
    },
    counter: new DataView(data.buffer).getUint32(33),
    credential,
  }
}

/** Format and authenticator data of an attestation object. Throws {@link AuthenticatorDataError}. */
export function parseAttestation(bytes: Uint8Array): { format: string; data: AuthenticatorData } {
  const value = orThrow(() => decodeCBOR(new Uint8Array(bytes)))
  if (!(value instanceof Map)) throw new AuthenticatorDataError('come in no attestation object')
  const format = value.get('fmt')
  const data = value.get('authData')
  if (typeof format !== 'string' || !(data instanceof Uint8Array) || !(value.get('attStmt') instanceof Map))
    throw new AuthenticatorDataError('come in an attestation object without fmt, attStmt or authData')
  return { format, data: parseAuthenticatorData(data) }
}

function readCredential(data: Bytes, start: number): { credential: AttestedCredential; at: number } {
  const idAt = start + 18 // after the 16-byte model number and the length
  if (data.length < idAt) throw new AuthenticatorDataError('end early')
  const idBytes = new DataView(data.buffer).getUint16(idAt - 2)
  if (idBytes > MAX_CREDENTIAL_ID_BYTES)
    throw new AuthenticatorDataError(`have a credential id of ${idBytes} bytes, more than ${MAX_CREDENTIAL_ID_BYTES}`)
  const keyAt = idAt + idBytes
  const at = skipMap(data, keyAt)
  return { credential: { id: toBase64url(data.slice(idAt, keyAt)), publicKey: data.slice(keyAt, at) }, at }
}

function skipMap(data: Bytes, start: number): number {
  const [value, length] = orThrow(() => decodePartialCBOR(data, start))
  if (!(value instanceof Map)) throw new AuthenticatorDataError('hold something else where a map belongs')
  return start + length
}

function orThrow<T>(decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw new AuthenticatorDataError('are malformed', { cause })
  }
}

/** Authenticator data break their format. */
export class AuthenticatorDataError extends AppError {
  override readonly name = 'identity.AuthenticatorData'
  constructor(problem: string, options?: ErrorOptions) {
    super('hostile', `The authenticator data ${problem}.`, options)
  }
}
