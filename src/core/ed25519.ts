// Strict Ed25519 (RFC 8032 section 5.1.7, the equation without the cofactor): the one verifier of the project, because platform
// verifiers differ. Non-canonical encodings, s >= L, small-order keys and small-order commitments are refused.
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { type Hex, fromHex, isHex, toHex } from './bytes.ts'

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

/** Keys that are kept decoded: a coordinator's own, those of the nodes at work. Each with its table takes some 300 KB. */
const MAX_KEYS_KEPT = 32

/** Verifications by one key after which its multiples are tabled: the table costs about eight, and more than halves the next ones. */
const TABLE_AFTER = 8

/** Bits of a window of the table. */
const TABLE_WINDOW = 5

/** The keys verified with last, the longest unused first. */
const keysKept = new Map<string, { readonly point: Point; uses: number }>()

/** Whether `signature` over `message` is by `key`, by the strict rules above. Never throws. */
export function verifyEd25519(signature: string, message: Uint8Array, key: string): boolean {
  if (!isHex(signature, SIGNATURE_BYTES) || !isHex(key, PUBLIC_KEY_BYTES)) return false
  const bytes = fromHex(signature)
  const keyBytes = fromHex(key)
  const commitment = bytes.subarray(0, 32)
  const a = keyPoint(key, keyBytes)
  const r = largePoint(commitment)
  const s = littleEndian(bytes.subarray(32))
  if (a === undefined || r === undefined || s >= Fn.ORDER) return false
  const challenge = sha512.create().update(commitment).update(keyBytes).update(message).digest()
  // @noble/curves checks 8sB = 8R + 8kA; without the 8, as OpenSSL and BoringSSL do, a torsion component in R or A never goes unseen.
  const k = Fn.create(littleEndian(challenge))
  return Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).equals(r)
}

/** Whether `key` is the canonical encoding of a point of large order. */
export function isPublicKey(key: string): key is PublicKey {
  return isHex(key, PUBLIC_KEY_BYTES) && largePoint(fromHex(key)) !== undefined
}

/** A signer over a 32-byte secret held in memory: for servers, command lines and tests. Pages use a non-extractable key. */
export function signerFromSecret(secret: Uint8Array): Signer {
  return {
    publicKey: toHex(ed25519.getPublicKey(secret)) as PublicKey,
    sign: async (message) => toHex(ed25519.sign(message, secret)),
  }
}

/** The point of a key, kept and tabled when it comes again and again. */
function keyPoint(key: string, bytes: Uint8Array): Point | undefined {
  const kept = keysKept.get(key)
  const point = kept?.point ?? largePoint(bytes)
  if (point === undefined) return undefined
  const uses = (kept?.uses ?? 0) + 1
  if (uses === TABLE_AFTER) point.precompute(TABLE_WINDOW)
  keysKept.delete(key)
  keysKept.set(key, { point, uses })
  const [oldest] = keysKept.keys()
  if (keysKept.size > MAX_KEYS_KEPT && oldest !== undefined) keysKept.delete(oldest)
  return point
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
