// Credential public keys (COSE_Key, RFC 9052 and WebAuthn section 6.5.1.1) and the signatures made with them: ES256, EdDSA and RS256.
// Only the exact form that WebAuthn asks for is taken: no optional parameters, points on the curve, RSA of 2048..4096 bits.
import { decodeCBOR } from '@levischuck/tiny-cbor'
import { concat, toBase64url, toHex } from '#core/bytes.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import { type PublicKey, isPublicKey, verifyEd25519 } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** COSE numbers of EdDSA, ES256 and RS256, in the order we prefer them. */
export const ALGORITHMS = [-8, -7, -257] as const

/** A credential's public key. */
export type CredentialKey =
  | { readonly algorithm: -8; readonly key: PublicKey }
  | { readonly algorithm: -7; readonly x: Bytes; readonly y: Bytes }
  | { readonly algorithm: -257; readonly modulus: Bytes }

const COORDINATE_BYTES = 32
/** Modulus sizes: smaller is broken, larger makes a verification slow enough to be a weapon. */
const MIN_MODULUS_BYTES = 256
const MAX_MODULUS_BYTES = 512
/** 65537, the one exponent in use. */
const EXPONENT = Uint8Array.of(1, 0, 1)

/** The key in COSE `bytes`. Throws {@link CredentialKeyError} unless it is one of {@link ALGORITHMS} in its exact form. */
export function parseCredentialKey(bytes: Uint8Array): CredentialKey {
  const map = decodeMap(bytes)
  const kind = map.get(1)
  const algorithm = map.get(3)
  if (kind === 1 && algorithm === -8) return parseEd25519(map)
  if (kind === 2 && algorithm === -7) return parseP256(map)
  if (kind === 3 && algorithm === -257) return parseRsa(map)
  throw new CredentialKeyError(`is of key type ${String(kind)} and algorithm ${String(algorithm)}`)
}

/** Identity of a credential: of the key itself, whatever its encoding or the id that an authenticator gave it. */
export function credentialDigest(key: CredentialKey): Digest {
  const parameters =
    key.algorithm === -8 ? [key.key] : key.algorithm === -7 ? [toHex(key.x), toHex(key.y)] : [toHex(key.modulus)]
  return digestOf('credential-key', { algorithm: key.algorithm, parameters })
}

/** Whether `signature` over `message` is by `key`. Never throws. */
export async function verifyCredentialSignature(
  key: CredentialKey,
  signature: Bytes,
  message: Bytes,
): Promise<boolean> {
  if (key.algorithm === -8) return verifyEd25519(toHex(signature), message, key.key)
  try {
    if (key.algorithm === -7) return await verifyP256(key, signature, message)
    return await verifyRsa(key, signature, message)
  } catch {
    return false
  }
}

/** r ‖ s of a strict DER ECDSA signature over P-256, or undefined: minimal, positive integers and nothing else. */
export function ecdsaFromDer(der: Uint8Array): Bytes | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined
  const r = readInteger(der, 2)
  const s = r && readInteger(der, r.next)
  if (!r || !s || s.next !== der.length) return undefined
  return concat(padLeft(r.value), padLeft(s.value))
}

function readInteger(der: Uint8Array, at: number): { value: Uint8Array; next: number } | undefined {
  const length = der[at + 1]
  if (der[at] !== 2 || length === undefined || length < 1 || length > COORDINATE_BYTES + 1) return undefined
  const next = at + 2 + length
  const value = der.subarray(at + 2, next)
  const first = value[0]
  const second = value[1] ?? 0
  if (value.length !== length || first === undefined || first > 127) return undefined
  if (first === 0 && second < 128) return undefined // zero, or padded needlessly
  const digits = first === 0 ? value.subarray(1) : value
  return digits.length > COORDINATE_BYTES ? undefined : { value: digits, next }
}

function padLeft(value: Uint8Array): Bytes {
  const padded = new Uint8Array(COORDINATE_BYTES)
  padded.set(value, COORDINATE_BYTES - value.length)
  return padded
}

async function verifyP256(key: { x: Bytes; y: Bytes }, signature: Bytes, message: Bytes): Promise<boolean> {
  const rs = ecdsaFromDer(signature)
  if (rs === undefined) return false
  const point = concat(Uint8Array.of(4), key.x, key.y)
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  // Importing refuses points that are not on the curve.
  const imported = await crypto.subtle.importKey('raw', point, algorithm, true, ['verify'])
  return crypto.subtle.verify(algorithm, imported, rs, message)
}

async function verifyRsa(key: { modulus: Bytes }, signature: Bytes, message: Bytes): Promise<boolean> {
  if (signature.length !== key.modulus.length) return false
  const jwk = { kty: 'RSA', n: toBase64url(key.modulus), e: toBase64url(EXPONENT), alg: 'RS256', ext: true }
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('jwk', jwk, algorithm, true, ['verify'])
  return crypto.subtle.verify(algorithm, imported, signature, message)
}

function parseEd25519(map: ReadonlyMap<unknown, unknown>): CredentialKey {
  const key = toHex(byteString(map, -2, COORDINATE_BYTES))
  if (map.get(-1) !== 6 || map.size !== 4 || !isPublicKey(key)) throw new CredentialKeyError('is no Ed25519 key')
  return { algorithm: -8, key }
}

function parseP256(map: ReadonlyMap<unknown, unknown>): CredentialKey {
  if (map.get(-1) !== 1 || map.size !== 5) throw new CredentialKeyError('is no P-256 key')
  return { algorithm: -7, x: byteString(map, -2, COORDINATE_BYTES), y: byteString(map, -3, COORDINATE_BYTES) }
}

function parseRsa(map: ReadonlyMap<unknown, unknown>): CredentialKey {
  const modulus = byteString(map, -1)
  const exponent = byteString(map, -2, EXPONENT.length)
  if (map.size !== 4 || exponent.some((byte, i) => byte !== EXPONENT[i]))
    throw new CredentialKeyError('has an RSA exponent other than 65537')
  const first = modulus[0] ?? 0
  if (modulus.length < MIN_MODULUS_BYTES || modulus.length > MAX_MODULUS_BYTES || first < 128)
    throw new CredentialKeyError(`has an RSA modulus of ${modulus.length} bytes`)
  return { algorithm: -257, modulus }
}

function byteString(map: ReadonlyMap<unknown, unknown>, label: number, length?: number): Bytes {
  const value = map.get(label)
  if (!(value instanceof Uint8Array) || (length !== undefined && value.length !== length))
    throw new CredentialKeyError(`has no ${length ?? ''} bytes under ${label}`)
  return new Uint8Array(value)
}

function decodeMap(bytes: Uint8Array): ReadonlyMap<unknown, unknown> {
  let value: unknown
  try {
    value = decodeCBOR(bytes)
  } catch (cause) {
    throw new CredentialKeyError('is malformed', { cause })
  }
  if (!(value instanceof Map)) throw new CredentialKeyError('is not a map')
  return value
}

/** A credential's public key cannot be used. */
export class CredentialKeyError extends AppError {
  override readonly name = 'identity.CredentialKey'
  constructor(problem: string, options?: ErrorOptions) {
    super('hostile', `The credential's public key ${problem}.`, options)
  }
}
