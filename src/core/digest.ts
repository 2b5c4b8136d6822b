// Domain-separated SHA-256. A digest binds `commonwatt/<type>/v<version>` and a canonical value: no float, clock or map order.
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { type Hex, concat, toHex, utf8 } from './bytes.ts'
import { type CborValue, encodeCbor } from './cbor.ts'
import { nodeCrypto } from './node-crypto.ts'

declare const digest: unique symbol
/** 32 bytes of SHA-256 as lower-case hex. */
export type Digest = Hex & { readonly [digest]: true }

/** Bytes in a digest. */
export const DIGEST_BYTES = 32

/** The prefix that every signed or hashed message of `type` begins with. */
export function domain(type: string, version = 1): string {
  return `commonwatt/${type}/v${version}`
}

/** Digest of `value` under `type`: SHA-256(domain ‖ 0x00 ‖ canonical CBOR). */
export function digestOf(type: string, value: CborValue, version = 1): Digest {
  return digestBytes(utf8(`${domain(type, version)}\0`), encodeCbor(value))
}

/** SHA-256 of the parts joined, as hex. */
export function digestBytes(...parts: readonly Uint8Array[]): Digest {
  return toHex(sha256(...parts)) as Digest
}

/** As {@link digestBytes}, in pages by WebCrypto where the context is secure: many times faster on the parts of contents. Node itself is as fast. */
export async function digestBytesAsync(...parts: readonly Uint8Array[]): Promise<Digest> {
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined
  if (subtle === undefined || nodeCrypto !== undefined) return digestBytes(...parts)
  return toHex(new Uint8Array(await subtle.digest('SHA-256', concat(...parts)))) as Digest
}

/** SHA-256 of the parts joined. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = openSha256()
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** A SHA-256 that takes bytes as they come and ends with their digest. */
export function openSha256(): { update(bytes: Uint8Array): unknown; digest(): Uint8Array } {
  if (nodeCrypto === undefined) return nobleSha256.create()
  const hash = nodeCrypto.createHash('sha256')
  // A Buffer is a Uint8Array with other methods and another text.
  return { update: (bytes) => hash.update(bytes), digest: () => new Uint8Array(hash.digest()) }
}
