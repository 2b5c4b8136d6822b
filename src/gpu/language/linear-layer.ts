// Dispatching a linear layer: which kernel suits its rows, band by band of its matrix.
import type { DeviceMatrix } from './device-weights.ts'
import { type Emit, LINEAR_FORMS, type LinearForm } from './kernels/linear.ts'
import type { LiveModel } from './model-parts.ts'
import type { Scratch } from './scratch.ts'
import type { StepEncoder } from './step-encoder.ts'

/** Most rows of a step whose linear layers run row by row; more run in tiles. */
const MAX_SINGLE_ROWS = { workgroup: 4, quad: 3 } as const

/** A step while it is encoded. */
export type Encoding = {
  readonly encoder: StepEncoder
  readonly live: LiveModel
  readonly scratch: Scratch
  /** The step's row table. */
  readonly table: GPUBuffer
  readonly staging: GPUBuffer
}

/** Rows for a linear layer: quantised in the scratch, or wide with their maxima at `maxima`, to be quantised on the way. */
export type Input =
  | { readonly kind: 'packed' }
  | { readonly kind: 'wide'; readonly maxima: number; readonly fractionBits: number }

/** Rows of a step. */
export type RowRange = { readonly first: number; readonly count: number }

/** What a linear layer does with its sums. */
export type Output = {
  readonly emit: Emit
  readonly buffer: GPUBuffer
  /** Values between rows. */
  readonly stride: number
  readonly bound: number
  readonly countsCuts: boolean
  readonly outputMaxima?: number
  readonly productFractionBits?: number
}

/** Multiplies `rows` of `input` by `matrix`; `site` names the place in the model. */
export function dispatchLinear(
  encoding: Encoding,
  site: string,
  input: Input,
  matrix: DeviceMatrix,
  output: Output,
  rows: RowRange,
): void {
  const { sharing } = encoding.live.kernels
  const prefix = sharing === 'quad' ? 'quad-' : ''
  if (rows.count <= MAX_SINGLE_ROWS[sharing]) {
    dispatchBands(encoding, site, `${prefix}row-${input.kind}`, input, matrix, output, rows)
    return
  }
  if (input.kind === 'wide') dispatchQuantise(encoding, input, matrix.words, rows.count)
  dispatchBands(encoding, site, `${prefix}tile-packed`, PACKED, matrix, output, rows)
}

const PACKED: Input = { kind: 'packed' }

/** Quantises the wide rows once, for the many threads that read them. */
function dispatchQuantise(
  { encoder, live, scratch }: Encoding,
  { maxima, fractionBits }: Input & { kind: 'wide' },
  words: number,
  rows: number,
): void {
  const tensors = [scratch.wide, scratch.status, scratch.packed]
  const grid = [Math.ceil((4 * words) / 64), rows] as const
  encoder.dispatch('', live.kernels.quantise, tensors, { rows, words, maxima, fractionBits }, grid)
}

function dispatchBands(
  { encoder, live, scratch }: Encoding,
  site: string,
  form: LinearForm,
  input: Input,
  matrix: DeviceMatrix,
  output: Output,
  rows: RowRange,
): void {
  const compiled = live.kernels.linear(form, output.emit)
  const source = input.kind === 'wide' ? scratch.wide : scratch.packed
  const tables = output.emit === 'gate' ? [live.weights.exp2] : []
  const grid = LINEAR_FORMS[form]
  const down = Math.ceil(rows.count / grid.rows)
  for (const band of matrix.bands) {
    const tensors = [source, band.weights, band.info, scratch.status, ...tables, output.buffer]
    const params = {
      rows: rows.count,
      firstRow: rows.first,
      columns: band.rows,
      firstColumn: band.first,
      words: matrix.words,
      stride: output.stride,
      bound: output.bound,
      countsCuts: output.countsCuts ? 1 : 0,
      inputMaxima: input.kind === 'wide' ? input.maxima : 0,
      inputFractionBits: input.kind === 'wide' ? input.fractionBits : 0,
      outputMaxima: output.outputMaxima ?? 0,
      productFractionBits: output.productFractionBits ?? 0,
    }
    encoder.dispatch(`${site} ${band.first}`, compiled, tensors, params, [Math.ceil(band.rows / grid.columns), down])
  }
}
