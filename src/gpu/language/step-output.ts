// What a step brings back, and where it lies in the one buffer that is read: leaves, logits, residual rows, values cut, tokens.
import { toHex } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import type { StepOutput } from '#tensor/language-backend.ts'
import { DIGEST_BYTES } from './scratch.ts'

/** How much of each there is. */
export type OutputCounts = {
  readonly rows: number
  readonly boundaries: number
  readonly width: number
  readonly vocabulary: number
  readonly logitRows: number
  readonly residualRows: number
  readonly tokens: number
}

/** Where each begins, in bytes. */
export type OutputOffsets = Readonly<Record<'logits' | 'residual' | 'status' | 'tokens' | 'end', number>>

/** Leaves come first. */
export function outputOffsets(counts: OutputCounts): OutputOffsets {
  const logits = counts.boundaries * counts.rows * DIGEST_BYTES
  const residual = logits + counts.logitRows * counts.vocabulary * 4
  const status = residual + counts.residualRows * counts.width * 4
  const tokens = status + 4
  return { logits, residual, status, tokens, end: tokens + counts.tokens * 4 }
}

/** The output in `bytes`, copied out of them. */
export function readOutput(bytes: ArrayBuffer, counts: OutputCounts): StepOutput {
  const { rows, boundaries, width, vocabulary } = counts
  const offsets = outputOffsets(counts)
  const rowsAt = (offset: number, count: number, size: number) =>
    Array.from({ length: count }, (_, i) => new Int32Array(bytes, offset + i * size * 4, size).slice())
  const leafAt = (row: number, boundary: number) =>
    toHex(new Uint8Array(bytes, (boundary * rows + row) * DIGEST_BYTES, DIGEST_BYTES)) as Digest
  return {
    leaves: Array.from({ length: rows }, (_, row) =>
      Array.from({ length: boundaries }, (__, boundary) => leafAt(row, boundary)),
    ),
    logits: rowsAt(offsets.logits, counts.logitRows, vocabulary),
    residual: rowsAt(offsets.residual, counts.residualRows, width),
    tokens: [...new Uint32Array(bytes, offsets.tokens, counts.tokens)],
    saturated: new Uint32Array(bytes, offsets.status, 1)[0] ?? 0,
  }
}
