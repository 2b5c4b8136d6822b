// Operations of a step as the kernels run them: codes and words of assembly/step.ts.
import { alignedBytes } from './memory.ts'

/** Codes. */
export const EMBED = 0
export const NORM = 1
export const HEADS = 2
export const ATTEND = 3
export const QUANTISE_ATTENDED = 4
export const PROJECT_ADD = 5
export const GATE_UP = 6
export const QUANTISE_GATED = 7
export const HASH = 8
export const COPY = 9
export const UNEMBED = 10

/** Outputs of a linear layer in one piece. */
const PIECE_OUTPUTS = 64

/** Rows whose head is attended in one piece. */
export const ATTENDED_ROWS = 16

/** Rows that are hashed in one piece. */
const PIECE_ROWS = 4

/** Words of an operation. */
export const OPERATION_WORDS = 9

/** Regions that belong to one step and are addressed by offset until it runs. */
export type OutputRegion = 'leaves' | 'residual' | 'logits'

/** One operation in `pieces`; `a` is an offset into `region` where that is given. */
export type Operation = {
  readonly code: number
  readonly pieces: number
  /** Reads or overwrites what operations before it wrote or read. */
  readonly waits: boolean
  readonly layer?: number
  readonly region?: OutputRegion
  readonly a?: number
  readonly b?: number
  readonly c?: number
}

/** Pieces of a linear layer of `outputs`. */
export function linearPieces(outputs: number): number {
  return Math.ceil(outputs / PIECE_OUTPUTS)
}

/** Pieces of the attention of `rows`. */
export function attendedPieces(rows: number, heads: number): number {
  return Math.ceil(rows / ATTENDED_ROWS) * heads
}

/** Pieces of the digests of `rows`. */
export function hashedPieces(rows: number): number {
  return Math.ceil(rows / PIECE_ROWS)
}

/** The words of `operations`, with the addresses of their regions. */
export function encodeOperations(
  operations: readonly Operation[],
  regions: Readonly<Record<OutputRegion, number>>,
): Int32Array<ArrayBuffer> {
  const words = new Int32Array(operations.length * OPERATION_WORDS)
  for (const [i, { code, pieces, waits, layer = 0, region, a = 0, b = 0, c = 0 }] of operations.entries()) {
    const address = region === undefined ? a : regions[region] + a
    words.set([code, pieces, waits ? 1 : 0, layer, address, b, c], i * OPERATION_WORDS) // then taken and finished: 0
  }
  return words
}

/** Bytes of `count` operations in memory. */
export function operationBytes(count: number): number {
  return alignedBytes(count * OPERATION_WORDS * 4)
}
