// The leaf of one residual row at a layer boundary: what commits a node to its intermediate values.
import { utf8 } from '#core/bytes.ts'
import { type Digest, digestBytes, sha256 } from '#core/digest.ts'

/** A boundary row's bytes are hashed in chunks of this size; the last may be shorter. */
export const BOUNDARY_CHUNK_BYTES = 1024

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
  for (let at = 0; at < bytes.length; at += BOUNDARY_CHUNK_BYTES)
    chunks.push(sha256(bytes.subarray(at, at + BOUNDARY_CHUNK_BYTES)))
  return digestBytes(Uint8Array.of(0), utf8('cw-act-1'), u32Bytes(boundary), u32Bytes(position), ...chunks)
}

/** Four bytes, little endian. */
export function u32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

function rowBytes(row: Int32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * row.length))
  for (const [i, value] of row.entries()) view.setInt32(4 * i, value, true)
  return new Uint8Array(view.buffer)
}
