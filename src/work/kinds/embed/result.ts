// The bytes of embedded texts: int16 vectors[texts][width] in Q15, 32-byte digests of every position, text by text, the 32-byte header digest
// of them all. Little endian.
import { fromHex, toHex } from '#core/bytes.ts'
import { CHUNK_BYTES } from '#core/content.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import { headerDigest, runRoot } from '#model/digest.ts'
import type { Embedded } from '#model/embed.ts'
import { EmbedError, type EmbedParams, layoutOf } from './task.ts'

/** What a result says: a vector a text, and what commits to how they came about. */
export type EmbeddedTexts = {
  readonly vectors: readonly Int16Array<ArrayBuffer>[]
  readonly positions: readonly Digest[]
  readonly header: Digest
}

/** The parts of the result. */
export function resultParts(
  params: EmbedParams,
  texts: readonly Pick<Embedded, 'vector' | 'positions'>[],
  names: { readonly unit: Digest; readonly model: Digest },
): Uint8Array<ArrayBuffer>[] {
  const bytes = new Uint8Array(layoutOf(params).sizeBytes)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const { vector } of texts)
    for (const value of vector) {
      view.setInt16(at, value, true)
      at += 2
    }
  const positions = texts.flatMap((text) => text.positions)
  const header = headerDigest(names.unit, names.model, positions.length, runRoot(positions))
  for (const digest of [...positions, header]) {
    bytes.set(fromHex(digest, DIGEST_BYTES), at)
    at += DIGEST_BYTES
  }
  return Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, i) =>
    bytes.slice(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES),
  )
}

/** What a result says. Throws {@link EmbedError} when it is none of `params`; whether it is true is not looked at. */
export function parseVectors(params: EmbedParams, bytes: Uint8Array): EmbeddedTexts {
  const { sizeBytes } = layoutOf(params)
  if (bytes.length !== sizeBytes) throw new EmbedError(`the result has ${bytes.length} bytes, not ${sizeBytes}`)
  const { texts, tokens, width } = params
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const digestAt = (at: number) => toHex(bytes.subarray(at, at + DIGEST_BYTES)) as Digest
  const digests = 2 * texts * width
  return {
    vectors: Array.from({ length: texts }, (_, text) =>
      Int16Array.from({ length: width }, (__, i) => view.getInt16(2 * (text * width + i), true)),
    ),
    positions: Array.from({ length: tokens }, (_, i) => digestAt(digests + DIGEST_BYTES * i)),
    header: digestAt(digests + DIGEST_BYTES * tokens),
  }
}
