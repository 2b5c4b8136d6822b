// A model's weights in linear memory, as the records of assembly/records.ts: matrices in panels of four rows, padded with zeros.
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { Gain } from '#tensor/exact/rms-norm.ts'
import { EXP2_TABLE } from '#tensor/exact/tables.ts'
import type { HeadProjection, LayerWeights, ModelWeights } from '#tensor/exact/weights.ts'
import type { Memory } from './memory.ts'
import type { Kernels } from './module.ts'

/** Rows of a panel. */
const PANEL = 4

/** Weights are packed by way of a region of about this size: beside them, there is never a second copy of a matrix. */
export const STAGING_BYTES = 4 * 2 ** 20

/** Addresses of the records that operations name. */
export type DeviceLayer = {
  readonly attentionNorm: number
  readonly feedForwardNorm: number
  readonly output: number
  readonly down: number
}

/** A model in memory. */
export type DeviceWeights = { readonly model: number; readonly norm: number; readonly layers: readonly DeviceLayer[] }

/** Columns as they are stored: a multiple of 16, what the kernels read at a time. */
export function paddedColumns(cols: number): number {
  return Math.ceil(cols / 16) * 16
}

/** Values of a head as they are stored: a multiple of 16, as {@link paddedColumns}. */
export function headStride(headDim: number): number {
  return paddedColumns(headDim)
}

/** Bytes that a matrix takes. */
export function matrixBytes({ rows, cols, bias }: Pick<WeightMatrix, 'rows' | 'cols' | 'bias'>): number {
  return Math.ceil(rows / PANEL) * PANEL * paddedColumns(cols) + rows * (bias === null ? 8 : 12)
}

/** Copies a model into memory, a piece at a time. */
export class WeightLoader {
  readonly #memory: Memory
  readonly #kernels: Kernels
  readonly #weights: ModelWeights

  constructor(memory: Memory, kernels: Kernels, weights: ModelWeights) {
    this.#memory = memory
    this.#kernels = kernels
    this.#weights = weights
  }

  /** Puts layer by layer, then the rest; yields the number of layers that are there. A tied head is stored once. */
  *load(): Generator<number, DeviceWeights> {
    const weights = this.#weights
    const layers: (DeviceLayer & { at: number })[] = []
    for (const layer of weights.layers) {
      layers.push(this.#putLayer(layer))
      yield layers.length
    }
    const embedding = this.#putMatrix(weights.embedding)
    const norm = this.#putNorm(weights.norm, weights.epsilon)
    const head = weights.head === weights.embedding ? embedding : this.#putMatrix(weights.head)
    const model = this.#putWords([
      ...this.#shapeWords(),
      embedding,
      norm,
      head,
      this.#putWords(layers.map(({ at }) => at)),
    ])
    return { model, norm, layers }
  }

  #shapeWords(): number[] {
    const { shape, scoreScale, rope } = this.#weights
    return [
      shape.width,
      shape.hidden,
      shape.heads,
      shape.kvHeads,
      shape.headDim,
      headStride(shape.headDim),
      shape.fractionBits,
      shape.activationBits,
      shape.keyBits,
      scoreScale.m,
      scoreScale.e,
      this.#memory.put(EXP2_TABLE),
      this.#memory.put(rope.high.cos),
      this.#memory.put(rope.high.sin),
      this.#memory.put(rope.low.cos),
      this.#memory.put(rope.low.sin),
    ]
  }

  #putLayer(layer: LayerWeights): DeviceLayer & { at: number } {
    const { epsilon } = this.#weights
    const attentionNorm = this.#putNorm(layer.attentionNorm, epsilon)
    const feedForwardNorm = this.#putNorm(layer.feedForwardNorm, epsilon)
    const output = this.#putMatrix(layer.output)
    const down = this.#putMatrix(layer.down)
    const at = this.#putWords([
      attentionNorm,
      this.#putProjection(layer.query),
      this.#putProjection(layer.key),
      this.#putProjection(layer.value),
      output,
      feedForwardNorm,
      this.#putMatrix(layer.gate),
      this.#putMatrix(layer.up),
      down,
      layer.productFractionBits,
    ])
    return { at, attentionNorm, feedForwardNorm, output, down }
  }

  #putProjection({ weights, fractionBits, norm }: HeadProjection): number {
    return this.#putWords([
      this.#putMatrix(weights),
      fractionBits,
      norm === null ? 0 : this.#putNorm(norm.gain, norm.epsilon),
      norm === null ? fractionBits : norm.fractionBits,
    ])
  }

  #putNorm({ q, scale }: Gain, epsilon: bigint): number {
    const [high, low] = [Number(epsilon >> 32n), Number(epsilon & 0xffff_ffffn)]
    return this.#putWords([this.#memory.put(q), scale.m, scale.e, high, low])
  }

  #putMatrix({ rows, cols, q, m, e, bias }: WeightMatrix): number {
    const padded = paddedColumns(cols)
    const panels = this.#memory.take(Math.ceil(rows / PANEL) * PANEL * padded).at
    const blockRows = Math.max(PANEL, Math.floor(STAGING_BYTES / cols / PANEL) * PANEL)
    const staging = this.#memory.take(Math.min(rows, blockRows) * cols)
    for (let row = 0; row < rows; row += blockRows) {
      const count = Math.min(blockRows, rows - row)
      const block = q.subarray(row * cols, (row + count) * cols)
      this.#memory.bytes(staging.at, block.length).set(new Uint8Array(block.buffer, block.byteOffset, block.length))
      this.#kernels.pack(staging.at, count, cols, padded, panels + row * padded)
    }
    this.#memory.release(staging)
    const biasAt = bias === null ? 0 : this.#memory.put(bias)
    return this.#putWords([panels, this.#memory.put(m), this.#memory.put(e), biasAt, rows, padded])
  }

  #putWords(words: readonly number[]): number {
    return this.#memory.put(Uint32Array.from(words))
  }
}
