// Commitment to a run: leaves of boundary rows -> positions -> RFC 9162 tree -> header. Indexed by position in the sequence, never by batch
// row. Preimages differ in length modulo 32 from RFC 9162's, so none can pass for another.
import { fromHex, utf8 } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest, digestBytes } from '#core/digest.ts'
import { leafDigest, merkleRoot } from '#core/merkle.ts'
import { u32Bytes } from '#tensor/exact/boundary.ts'

/** Digest of a position: the token fed in there and its leaves in order of their boundary. */
export function positionDigest(token: number, leaves: readonly Digest[]): Digest {
  return digestBytes(Uint8Array.of(1), u32Bytes(token), ...leaves.map((leaf) => fromHex(leaf, DIGEST_BYTES)))
}

/** RFC 9162 root over position digests. */
export function runRoot(positions: readonly Digest[]): Digest {
  return merkleRoot(positions.map((position) => leafDigest(fromHex(position, DIGEST_BYTES))))
}

/** Digest of a whole run of `count` positions. */
export function headerDigest(unit: Digest, model: Digest, count: number, root: Digest): Digest {
  const parts = [
    fromHex(unit, DIGEST_BYTES),
    fromHex(model, DIGEST_BYTES),
    u32Bytes(count),
    fromHex(root, DIGEST_BYTES),
  ]
  return digestBytes(Uint8Array.of(2), utf8('cw-run-1'), ...parts)
}
