// A model's weights on the GPU: int8 rows padded with zeros to 32 columns, in bands that one binding can hold, each row with its scale,
// bias and the fraction bits of its output. Query, key and value are one matrix; gate and up alternate row by row in another. For quads
// the words of sixteen rows lie beside each other, and rows are padded to 32.
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { Gain } from '#tensor/exact/rms-norm.ts'
import type { Scale } from '#tensor/exact/scale.ts'
import { EXP2_TABLE, type RopeTables } from '#tensor/exact/tables.ts'
import type { LayerWeights, ModelWeights } from '#tensor/exact/weights.ts'
import type { WeightLayout } from './kernels/pieces.ts'
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
  /** The norms of query and key heads, as rotate-heads.wgsl reads them. */
  readonly headNorms: GPUBuffer
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

/** Where weights go, and how they lie there. */
export type Destination = { readonly storage: Storage; readonly queue: GPUQueue; readonly layout: WeightLayout }

/** How weights are uploaded. */
export type UploadOptions = {
  readonly signal: AbortSignal | undefined
  /** Called after each layer, with all bytes of it on the way. */
  readonly onLayer: (done: number) => void
}

/** Bytes written at a time. */
const CHUNK_BYTES = 4 * 2 ** 20

/** Rows that a band holds a multiple of: pairs of gate and up, or what a workgroup of quads computes. */
export const ROWS_TOGETHER: Readonly<Record<WeightLayout, number>> = { rows: 2, quads: 32 }

/** Fraction bits of logits, gate and up. */
const Q16 = 16

/** Words of 16 columns in a padded row: an even number, which the tiles stage two at a time. */
export function wordsOf(cols: number): number {
  return 2 * Math.ceil(cols / 32)
}

/** Uploads `weights`; a tied head is stored once. */
export async function putWeights(
  to: Destination,
  weights: ModelWeights,
  { signal, onLayer }: UploadOptions,
): Promise<DeviceWeights> {
  const embedding = putMatrix(to, 'embedding', [{ matrix: weights.embedding, fractionBits: Q16 }])
  const layers: DeviceLayer[] = []
  for (const layer of weights.layers) {
    signal?.throwIfAborted()
    layers.push(putLayer(to, layer, weights.shape.fractionBits))
    await to.queue.onSubmittedWorkDone()
    onLayer(layers.length)
  }
  const isTied = weights.head === weights.embedding
  return {
    embedding,
    layers,
    norm: putGain(to.storage, weights.norm),
    head: isTied ? embedding : putMatrix(to, 'head', [{ matrix: weights.head, fractionBits: Q16 }]),
    rope: to.storage.put('rotary tables', interleavedTables(weights.rope)),
    exp2: to.storage.put('exp2 table', EXP2_TABLE),
  }
}

function putLayer(to: Destination, layer: LayerWeights, fractionBits: number): DeviceLayer {
  const { query, key, value } = layer
  const heads = [query, key, value].map((part) => ({ matrix: part.weights, fractionBits: part.fractionBits }))
  return {
    attentionNorm: putGain(to.storage, layer.attentionNorm),
    heads: putMatrix(to, 'heads', heads),
    headNorms: to.storage.put('head norms', headNorms(layer)),
    output: putMatrix(to, 'output', [{ matrix: layer.output, fractionBits }]),
    feedForwardNorm: putGain(to.storage, layer.feedForwardNorm),
    gateUp: putRows(to, 'gate and up', 2 * layer.gate.rows, (n) => ({
      matrix: n % 2 === 0 ? layer.gate : layer.up,
      index: Math.floor(n / 2),
      fractionBits: Q16,
    })),
    down: putMatrix(to, 'down', [{ matrix: layer.down, fractionBits }]),
  }
}

function putGain(storage: Storage, { q, scale }: Gain): DeviceGain {
  return { q: storage.put('gain', q), scale }
}

/** `parts` one below the other. */
function putMatrix(to: Destination, label: string, parts: readonly Omit<SourceRow, 'index'>[]): DeviceMatrix {
  const starts: number[] = []
  let rows = 0
  for (const { matrix } of parts) {
    starts.push(rows)
    rows += matrix.rows
  }
  return putRows(to, label, rows, (n) => {
    const i = starts.findLastIndex((start) => start <= n)
    const part = parts[i]
    if (part === undefined) throw new RangeError(`The matrix has no row ${n}.`)
    return { ...part, index: n - (starts[i] ?? 0) }
  })
}

function putRows(to: Destination, label: string, rows: number, sourceOf: (n: number) => SourceRow): DeviceMatrix {
  const words = wordsOf(sourceOf(0).matrix.cols)
  const together = ROWS_TOGETHER[to.layout]
  const most = together * Math.floor(to.storage.limitBytes / (16 * words * together))
  const rowsInBand = Math.max(1, Math.min(rows, most))
  const bands: MatrixBand[] = []
  for (let first = 0; first < rows; first += rowsInBand)
    bands.push(putBand(to, label, { words, first, rows: Math.min(rowsInBand, rows - first) }, sourceOf))
  return { bands, rows, words }
}

function putBand(
  { storage, queue, layout }: Destination,
  label: string,
  { words, first, rows }: { words: number; first: number; rows: number },
  sourceOf: (n: number) => SourceRow,
): MatrixBand {
  const rowBytes = 16 * words
  const together = ROWS_TOGETHER[layout]
  const padded = Math.ceil(rows / together) * together
  const weights = storage.create(label, padded * rowBytes)
  const info = new Int32Array(4 * padded)
  const rowsAtOnce = Math.min(padded, together * Math.max(1, Math.floor(CHUNK_BYTES / (rowBytes * together))))
  const row = new Int8Array(rowBytes)
  for (let start = 0; start < padded; start += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, padded - start)
    const chunk = new Uint32Array(count * 4 * words)
    for (let i = 0; i < Math.min(count, rows - start); i++) {
      const { matrix, index, fractionBits } = sourceOf(first + start + i)
      const { cols, q, m, e, bias } = matrix
      row.set(q.subarray(index * cols, (index + 1) * cols)) // columns past a row's last stay zero
      place(new Uint32Array(row.buffer), chunk, i, layout)
      info.set([m[index] ?? 0, e[index] ?? 0, bias?.[index] ?? 0, fractionBits], 4 * (start + i))
    }
    queue.writeBuffer(weights, start * rowBytes, chunk)
  }
  return { weights, info: storage.put(`scales of ${label}`, info), first, rows }
}

/** Puts the words of row `i` where the layout has them. */
function place(row: Uint32Array, chunk: Uint32Array, i: number, layout: WeightLayout): void {
  if (layout === 'rows') return chunk.set(row, i * row.length)
  const first = Math.floor(i / 16) * 16 * row.length + (i % 16)
  for (let word = 0; word < row.length; word++) chunk[first + 16 * word] = row[word] ?? 0
}

/** For queries, then keys: epsilon, scale, fraction bits, whether there is a norm, two unused; then the gains. */
function headNorms({ query, key }: LayerWeights): Int32Array<ArrayBuffer> {
  const words = 8 + ((query.norm ?? key.norm)?.gain.q.length ?? 0)
  const out = new Int32Array(2 * words)
  for (const [i, { norm }] of [query, key].entries()) {
    if (norm === null) continue
    const { epsilon, fractionBits, gain } = norm
    const halves = [Number(BigInt.asIntN(32, epsilon)), Number(BigInt.asIntN(32, epsilon >> 32n))]
    out.set([...halves, gain.scale.m, gain.scale.e, fractionBits, 1], i * words)
    out.set(gain.q, i * words + 8)
  }
  return out
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
