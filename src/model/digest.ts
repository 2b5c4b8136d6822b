// Commitment to a run: residual rows at layer boundaries -> leaves -> positions -> RFC 9162 tree -> header. Indexed by position in the
// sequence, never by batch row. Preimages differ in length modulo 32 from RFC 9162's, so none can pass for another.
import { fromHex, utf8 } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest, digestBytes, sha256 } from '#core/digest.ts'
import { leafDigest, merkleRoot } from '#core/merkle.ts'

/** A boundary row's bytes are hashed in chunks of this size; the last may be shorter. */
const CHUNK_BYTES = 1024

/** Numbers of finished layers after which the residual is committed: every ceil(layers/4)-th, and the last. */
export function boundaryLayers(layerCount: number): number[] {
  const step = Math.ceil(layerCount / 4)
  const boundaries: number[] = []
  for (let n = step; n < layerCount; n += step) boundaries.push(n)
  return [...boundaries, layerCount]
}

/** Leaf of the residual row (i32, little endian) after `boundary` layers at `position`. */
export function boundaryLeaf(boundary: number, position: number, row: Int32Array): Digest {
  const bytes = rowBytes(row)
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(sha256(bytes.subarray(at, at + CHUNK_BYTES)))
  return digestBytes(Uint8Array.of(0), utf8('cw-act-1'), u32(boundary), u32(position), ...chunks)
}

/** Digest of a position: the token fed in there and its leaves in order of their boundary. */
export function positionDigest(token: number, leaves: readonly Digest[]): Digest {
  return digestBytes(Uint8Array.of(1), u32(token), ...leaves.map((leaf) => fromHex(leaf, DIGEST_BYTES)))
}

/** RFC 9162 root over position digests. */
export function runRoot(positions: readonly Digest[]): Digest {
  return merkleRoot(positions.map((position) => leafDigest(fromHex(position, DIGEST_BYTES))))
}

/** Digest of a whole run of `count` positions. */
export function headerDigest(unit: Digest, model: Digest, count: number, root: Digest): Digest {
  const parts = [fromHex(unit, DIGEST_BYTES), fromHex(model, DIGEST_BYTES), u32(count), fromHex(root, DIGEST_BYTES)]
  return digestBytes(Uint8Array.of(2), utf8('cw-run-1'), ...parts)
}

function rowBytes(row: Int32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * row.length))
  for (const [i, value] of row.entries()) view.setInt32(4 * i, value, true)
  return new Uint8Array(view.buffer)
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}
