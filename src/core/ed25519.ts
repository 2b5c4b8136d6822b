// Strict Ed25519 (RFC 8032 section 5.1.7, the equation without the cofactor): the one verifier of the project, because platform
// verifiers differ. Non-canonical encodings, s >= L, small-order keys and small-order commitments are refused. In Node OpenSSL, whose equation is the
// same, checks it and signs; in pages JavaScript does.
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import type { KeyObject } from 'node:crypto'
import { type Hex, fromHex, isHex, toBase64url, toHex } from './bytes.ts'
import { nodeCrypto } from './node-crypto.ts'

declare const publicKey: unique symbol
/** A 32-byte Ed25519 public key as hex. */
export type PublicKey = Hex & { readonly [publicKey]: true }

/** A 64-byte Ed25519 signature as hex. */
export type Signature = Hex

/** Bytes in a public key and in a signature. */
export const PUBLIC_KEY_BYTES = 32
export const SIGNATURE_BYTES = 64

/** A private key that may not be extractable: it only signs. */
export interface Signer {
  readonly publicKey: PublicKey
  sign(message: Uint8Array<ArrayBuffer>): Promise<Signature>
}

const { Point } = ed25519
const { Fn } = Point
type Point = InstanceType<typeof Point>

/** Canonical encodings of the eight points of small order. */
const SMALL_ORDER = new Set([
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '00'.repeat(32),
  `${'00'.repeat(31)}80`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
])

/** What is alike in all keys as JSON (RFC 8037). */
const JWK = { kty: 'OKP', crv: 'Ed25519' }

/** Keys that are kept decoded: a coordinator's own, those of the nodes at work. Each with its table takes some 300 KB. */
const MAX_KEYS_KEPT = 32

/** Verifications by one key after which its multiples are tabled: the table costs about eight, and more than halves the next ones. */
const TABLE_AFTER = 8

/** Bits of a window of the table. */
const TABLE_WINDOW = 5

type KeptKey = { readonly point: Point; uses: number; platform: KeyObject | undefined }

/** The keys verified with last, the longest unused first. */
const keysKept = new Map<string, KeptKey>()

/** Whether `signature` over `message` is by `key`, by the strict rules above, the equation checked by `platform` where there is one. Never throws. */
export function verifyEd25519(
  signature: string,
  message: Uint8Array,
  key: string,
  platform = nodeCrypto ?? null,
): boolean {
  if (!isHex(signature, SIGNATURE_BYTES) || !isHex(key, PUBLIC_KEY_BYTES)) return false
  const kept = keptKey(key)
  if (kept === undefined) return false
  if (platform === null) return equationHolds(fromHex(signature), message, kept, fromHex(key))
  // A commitment that is not canonical never equals the platform's own, which is.
  if (SMALL_ORDER.has(signature.slice(0, 64))) return false
  kept.platform ??= platform.createPublicKey({ key: { ...JWK, x: toBase64url(fromHex(key)) }, format: 'jwk' })
  return platform.verify(null, message, kept.platform, fromHex(signature))
}

function equationHolds(signature: Uint8Array, message: Uint8Array, kept: KeptKey, keyBytes: Uint8Array): boolean {
  const commitment = signature.subarray(0, 32)
  const r = largePoint(commitment)
  const s = littleEndian(signature.subarray(32))
  if (r === undefined || s >= Fn.ORDER) return false
  if (++kept.uses === TABLE_AFTER) kept.point.precompute(TABLE_WINDOW)
  const challenge = sha512.create().update(commitment).update(keyBytes).update(message).digest()
  // @noble/curves checks 8sB = 8R + 8kA; without the 8, as OpenSSL and BoringSSL do, a torsion component in R or A never goes unseen.
  const k = Fn.create(littleEndian(challenge))
  return Point.BASE.multiplyUnsafe(s).subtract(kept.point.multiplyUnsafe(k)).equals(r)
}

/** Whether `key` is the canonical encoding of a point of large order. */
export function isPublicKey(key: string): key is PublicKey {
  return isHex(key, PUBLIC_KEY_BYTES) && largePoint(fromHex(key)) !== undefined
}

/** A signer over a 32-byte secret held in memory: for servers, command lines and tests. Pages use a non-extractable key. */
export function signerFromSecret(secret: Uint8Array): Signer {
  const keyBytes = ed25519.getPublicKey(secret)
  const publicKey = toHex(keyBytes) as PublicKey
  const platform = nodeCrypto
  if (platform === undefined) return { publicKey, sign: async (message) => toHex(ed25519.sign(message, secret)) }
  const jwk = { ...JWK, d: toBase64url(secret), x: toBase64url(keyBytes) }
  const key = platform.createPrivateKey({ key: jwk, format: 'jwk' })
  return { publicKey, sign: async (message) => toHex(platform.sign(null, message, key)) }
}

/** A key decoded, kept for when it comes again; undefined for those that are none. */
function keptKey(key: string): KeptKey | undefined {
  let kept = keysKept.get(key)
  if (kept === undefined) {
    const point = largePoint(fromHex(key))
    if (point === undefined) return undefined
    kept = { point, uses: 0, platform: undefined }
  }
  keysKept.delete(key)
  keysKept.set(key, kept)
  const [oldest] = keysKept.keys()
  if (keysKept.size > MAX_KEYS_KEPT && oldest !== undefined) keysKept.delete(oldest)
  return kept
}

/** The point that `bytes` encode canonically, unless it is of small order. */
function largePoint(bytes: Uint8Array): Point | undefined {
  try {
    const point = Point.fromBytes(bytes, false)
    return point.isSmallOrder() ? undefined : point
  } catch {
    return undefined
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.toReversed())}`)
}
