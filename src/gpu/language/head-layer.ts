// Dispatching the head: logits of the rows that are wanted, all on the device, or read back in bands.
import { LOGIT_MAX } from '#tensor/exact/logits.ts'
import type { ModelShape } from '#tensor/exact/weights.ts'
import { wordsOf } from './device-weights.ts'
import { type Encoding, type Input, type RowRange, dispatchLinear } from './linear-layer.ts'
import { QUANTISED_FORM } from './model-kernels.ts'
import { packedRowBytes } from './scratch.ts'
import type { BufferRange } from './step-encoder.ts'

/** Rows of logits in a band. Each band reads the whole head, and does so for several tiles. */
const BAND_ROWS = 64

/** Logits of the rows `wanted`, in their order, in a buffer of the scratch. */
export function dispatchLogits(
  encoding: Encoding,
  shape: ModelShape,
  input: Input,
  wanted: readonly number[],
): GPUBuffer {
  const logits = encoding.live.scratches.logits(wanted.length)
  dispatchHead(encoding, shape, input, logits, { first: gather(encoding, shape, wanted), count: wanted.length })
  return logits
}

/** Copies the logits of the rows `wanted` to where they are read, band by band, so that few lie on the device. */
export function readLogits(
  encoding: Encoding,
  shape: ModelShape,
  input: Input,
  wanted: readonly number[],
  to: BufferRange,
): void {
  const logits = encoding.live.scratches.logits(Math.min(wanted.length, BAND_ROWS))
  const first = gather(encoding, shape, wanted)
  const rowBytes = shape.vocabulary * 4
  for (let at = 0; at < wanted.length; at += BAND_ROWS) {
    const count = Math.min(BAND_ROWS, wanted.length - at)
    dispatchHead(encoding, shape, input, logits, { first: first + at, count })
    const band = { buffer: to.buffer, offset: to.offset + at * rowBytes }
    encoding.encoder.copy({ buffer: logits, offset: 0 }, band, count * rowBytes)
  }
}

function dispatchHead(
  encoding: Encoding,
  { vocabulary }: ModelShape,
  input: Input,
  logits: GPUBuffer,
  rows: RowRange,
): void {
  const output = { emit: 'store', buffer: logits, stride: vocabulary, bound: LOGIT_MAX, countsCuts: true } as const
  dispatchLinear(encoding, 'head', input, encoding.live.weights.head, output, rows)
}

/** Moves the packed rows `wanted` up to follow the first, which is returned: each goes to a row before the ones still to be moved. */
function gather({ encoder, live, scratch }: Encoding, shape: ModelShape, wanted: readonly number[]): number {
  const sizeBytes = packedRowBytes(shape, QUANTISED_FORM[live.kernels.sharing], wordsOf(shape.width))
  const [first = 0] = wanted
  // By way of the wide rows, which nothing reads any more: a buffer cannot be copied onto itself.
  const via = { buffer: scratch.wide, offset: 0 }
  for (const [i, row] of wanted.entries()) {
    if (row === first + i) continue
    encoder.copy({ buffer: scratch.packed, offset: row * sizeBytes }, via, sizeBytes)
    encoder.copy(via, { buffer: scratch.packed, offset: (first + i) * sizeBytes }, sizeBytes)
  }
  return first
}
