// A model's weights on the GPU: int8 rows padded with zeros to 32 columns, in bands that one binding can hold, each row with its scale,
// bias and the fraction bits of its output. Query, key and value are one matrix; gate and up alternate row by row in another.
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { Gain } from '#tensor/exact/rms-norm.ts'
import type { Scale } from '#tensor/exact/scale.ts'
import { EXP2_TABLE, type RopeTables } from '#tensor/exact/tables.ts'
import type { LayerWeights, ModelWeights } from '#tensor/exact/weights.ts'
import type { Storage } from './storage.ts'

/** Rows `first` .. first + rows - 1 of a matrix. */
export type MatrixBand = {
  readonly weights: GPUBuffer
  readonly info: GPUBuffer
  readonly first: number
  readonly rows: number
}

/** A matrix; `words` of 16 columns make a row. */
export type DeviceMatrix = { readonly bands: readonly MatrixBand[]; readonly rows: number; readonly words: number }

/** A norm's gain. */
export type DeviceGain = { readonly q: GPUBuffer; readonly scale: Scale }

/** One block. */
export type DeviceLayer = {
  readonly attentionNorm: DeviceGain
  readonly heads: DeviceMatrix
  readonly output: DeviceMatrix
  readonly feedForwardNorm: DeviceGain
  readonly gateUp: DeviceMatrix
  readonly down: DeviceMatrix
}

/** A model on the GPU. */
export type DeviceWeights = {
  readonly embedding: DeviceMatrix
  readonly layers: readonly DeviceLayer[]
  readonly norm: DeviceGain
  readonly head: DeviceMatrix
  readonly rope: GPUBuffer
  readonly exp2: GPUBuffer
}

/** A row of a device matrix: row `index` of `matrix`. */
type SourceRow = { readonly matrix: WeightMatrix; readonly index: number; readonly fractionBits: number }

/** How weights are uploaded. */
export type UploadOptions = {
  readonly signal: AbortSignal | undefined
  /** Called after each layer, with all bytes of it on the way. */
  readonly onLayer: (done: number) => void
}

/** Bytes written at a time. */
const CHUNK_BYTES = 4 * 2 ** 20

/** Fraction bits of logits, gate and up. */
const Q16 = 16

/** Words of 16 columns in a padded row: an even number, which the tiles stage two at a time. */
export function wordsOf(cols: number): number {
  return 2 * Math.ceil(cols / 32)
}

/** Uploads `weights`; a tied head is stored once. */
export async function putWeights(
  storage: Storage,
  queue: GPUQueue,
  weights: ModelWeights,
  { signal, onLayer }: UploadOptions,
): Promise<DeviceWeights> {
  const embedding = putMatrix(storage, queue, 'embedding', [{ matrix: weights.embedding, fractionBits: Q16 }])
  const layers: DeviceLayer[] = []
  for (const layer of weights.layers) {
    signal?.throwIfAborted()
    layers.push(putLayer(storage, queue, layer, weights.shape.fractionBits))
    await queue.onSubmittedWorkDone()
    onLayer(layers.length)
  }
  const isTied = weights.head === weights.embedding
  return {
    embedding,
    layers,
    norm: putGain(storage, weights.norm),
    head: isTied ? embedding : putMatrix(storage, queue, 'head', [{ matrix: weights.head, fractionBits: Q16 }]),
    rope: storage.put('rotary tables', interleavedTables(weights.rope)),
    exp2: storage.put('exp2 table', EXP2_TABLE),
  }
}

function putLayer(storage: Storage, queue: GPUQueue, layer: LayerWeights, fractionBits: number): DeviceLayer {
  const { query, key, value } = layer
  const heads = [query, key, value].map((part) => ({ matrix: part.weights, fractionBits: part.fractionBits }))
  return {
    attentionNorm: putGain(storage, layer.attentionNorm),
    heads: putMatrix(storage, queue, 'heads', heads),
    output: putMatrix(storage, queue, 'output', [{ matrix: layer.output, fractionBits }]),
    feedForwardNorm: putGain(storage, layer.feedForwardNorm),
    gateUp: putRows(storage, queue, 'gate and up', 2 * layer.gate.rows, (n) => ({
      matrix: n % 2 === 0 ? layer.gate : layer.up,
      index: Math.floor(n / 2),
      fractionBits: Q16,
    })),
    down: putMatrix(storage, queue, 'down', [{ matrix: layer.down, fractionBits }]),
  }
}

function putGain(storage: Storage, { q, scale }: Gain): DeviceGain {
  return { q: storage.put('gain', q), scale }
}

/** `parts` one below the other. */
function putMatrix(
  storage: Storage,
  queue: GPUQueue,
  label: string,
  parts: readonly Omit<SourceRow, 'index'>[],
): DeviceMatrix {
  const starts: number[] = []
  let rows = 0
  for (const { matrix } of parts) {
    starts.push(rows)
    rows += matrix.rows
  }
  return putRows(storage, queue, label, rows, (n) => {
    const i = starts.findLastIndex((start) => start <= n)
    const part = parts[i]
    if (part === undefined) throw new RangeError(`The matrix has no row ${n}.`)
    return { ...part, index: n - (starts[i] ?? 0) }
  })
}

function putRows(
  storage: Storage,
  queue: GPUQueue,
  label: string,
  rows: number,
  sourceOf: (n: number) => SourceRow,
): DeviceMatrix {
  const words = wordsOf(sourceOf(0).matrix.cols)
  const rowsInBand = Math.max(1, Math.min(rows, 2 * Math.floor(storage.limitBytes / (32 * words))))
  const bands: MatrixBand[] = []
  for (let first = 0; first < rows; first += rowsInBand)
    bands.push(putBand(storage, queue, label, { words, first, rows: Math.min(rowsInBand, rows - first) }, sourceOf))
  return { bands, rows, words }
}

function putBand(
  storage: Storage,
  queue: GPUQueue,
  label: string,
  { words, first, rows }: { words: number; first: number; rows: number },
  sourceOf: (n: number) => SourceRow,
): MatrixBand {
  const rowBytes = 16 * words
  const weights = storage.create(label, rows * rowBytes)
  const info = new Int32Array(4 * rows)
  const rowsAtOnce = Math.max(1, Math.min(rows, Math.floor(CHUNK_BYTES / rowBytes)))
  const chunk = new Int8Array(rowsAtOnce * rowBytes) // columns past a row's last stay zero
  for (let start = 0; start < rows; start += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - start)
    for (let i = 0; i < count; i++) {
      const { matrix, index, fractionBits } = sourceOf(first + start + i)
      const { cols, q, m, e, bias } = matrix
      chunk.set(q.subarray(index * cols, (index + 1) * cols), i * rowBytes)
      info.set([m[index] ?? 0, e[index] ?? 0, bias?.[index] ?? 0, fractionBits], 4 * (start + i))
    }
    queue.writeBuffer(weights, start * rowBytes, chunk, 0, count * rowBytes)
  }
  return { weights, info: storage.put(`scales of ${label}`, info), first, rows }
}

/** Pairs (cos, sin): 256 rows of low angles, then the high ones. */
function interleavedTables({ high, low }: RopeTables): Int32Array<ArrayBuffer> {
  const out = new Int32Array(2 * (low.cos.length + high.cos.length))
  let at = 0
  for (const { cos, sin } of [low, high])
    for (const [i, value] of cos.entries()) {
      out[at++] = value
      out[at++] = sin[i] ?? 0
    }
  return out
}
