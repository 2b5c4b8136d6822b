// Strict Ed25519 (RFC 8032 section 5.1.7, cofactorless): the one verifier of the project, because platform verifiers differ.
// Non-canonical encodings, small-order keys and small-order commitments are refused.
import { ed25519 } from '@noble/curves/ed25519.js'
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

/** Whether `signature` over `message` is by `key`, by the strict rules above. Never throws. */
export function verifyEd25519(signature: string, message: Uint8Array, key: string): boolean {
  if (!isHex(signature, SIGNATURE_BYTES) || !isPublicKey(key)) return false
  try {
    const bytes = fromHex(signature)
    if (ed25519.Point.fromBytes(bytes.subarray(0, 32), false).isSmallOrder()) return false
    return ed25519.verify(bytes, message, fromHex(key), { zip215: false })
  } catch {
    return false
  }
}

/** Whether `key` is the canonical encoding of a point of large order. */
export function isPublicKey(key: string): key is PublicKey {
  if (!isHex(key, PUBLIC_KEY_BYTES)) return false
  try {
    return !ed25519.Point.fromBytes(fromHex(key), false).isSmallOrder()
  } catch {
    return false
  }
}

/** A signer over a 32-byte secret held in memory: for servers, command lines and tests. Pages use a non-extractable key. */
export function signerFromSecret(secret: Uint8Array): Signer {
  return {
    publicKey: toHex(ed25519.getPublicKey(secret)) as PublicKey,
    sign: async (message) => toHex(ed25519.sign(message, secret)),
  }
}
