// A model's weights laid out in linear memory: matrix rows padded with zeros to a multiple of 16 columns.
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { Gain } from '#tensor/exact/rms-norm.ts'
import { EXP2_TABLE } from '#tensor/exact/tables.ts'
import type { HeadProjection, LayerWeights, ModelWeights } from '#tensor/exact/weights.ts'
import type { Memory } from './module.ts'

/** Addresses of a matrix; `bias` is 0 where there is none. */
export type DeviceMatrix = {
  readonly q: number
  readonly m: number
  readonly e: number
  readonly bias: number
  readonly rows: number
  readonly cols: number
  readonly padded: number
}

/** Address of a gain, and its scale. */
export type DeviceGain = { readonly q: number; readonly m: number; readonly e: number }

type DeviceProjection = { readonly weights: DeviceMatrix; readonly fractionBits: number }

/** One block in memory. */
export type DeviceLayer = {
  readonly attentionNorm: DeviceGain
  readonly query: DeviceProjection
  readonly key: DeviceProjection
  readonly value: DeviceProjection
  readonly output: DeviceMatrix
  readonly feedForwardNorm: DeviceGain
  readonly gate: DeviceMatrix
  readonly up: DeviceMatrix
  readonly down: DeviceMatrix
  readonly productFractionBits: number
}

/** A model in memory. */
export type DeviceWeights = {
  readonly embedding: DeviceMatrix
  readonly layers: readonly DeviceLayer[]
  readonly norm: DeviceGain
  readonly head: DeviceMatrix
  readonly rope: {
    readonly highCos: number
    readonly highSin: number
    readonly lowCos: number
    readonly lowSin: number
  }
  readonly exp2: number
}

/** Columns as they are stored: a multiple of 16, what the kernels read at a time. */
export function paddedColumns(cols: number): number {
  return Math.ceil(cols / 16) * 16
}

/** Copies `weights` into `memory`; a tied head is stored once. */
export function putWeights(memory: Memory, weights: ModelWeights, onLayer: (done: number) => void): DeviceWeights {
  const embedding = putMatrix(memory, weights.embedding)
  const layers = weights.layers.map((layer, i) => {
    const stored = putLayer(memory, layer)
    onLayer(i + 1)
    return stored
  })
  const { high, low } = weights.rope
  return {
    embedding,
    layers,
    norm: putGain(memory, weights.norm),
    head: weights.head === weights.embedding ? embedding : putMatrix(memory, weights.head),
    rope: {
      highCos: memory.put(high.cos),
      highSin: memory.put(high.sin),
      lowCos: memory.put(low.cos),
      lowSin: memory.put(low.sin),
    },
    exp2: memory.put(EXP2_TABLE),
  }
}

function putLayer(memory: Memory, layer: LayerWeights): DeviceLayer {
  const projection = ({ weights, fractionBits }: HeadProjection) => ({
    weights: putMatrix(memory, weights),
    fractionBits,
  })
  return {
    attentionNorm: putGain(memory, layer.attentionNorm),
    query: projection(layer.query),
    key: projection(layer.key),
    value: projection(layer.value),
    output: putMatrix(memory, layer.output),
    feedForwardNorm: putGain(memory, layer.feedForwardNorm),
    gate: putMatrix(memory, layer.gate),
    up: putMatrix(memory, layer.up),
    down: putMatrix(memory, layer.down),
    productFractionBits: layer.productFractionBits,
  }
}

function putGain(memory: Memory, { q, scale }: Gain): DeviceGain {
  return { q: memory.put(q), m: scale.m, e: scale.e }
}

function putMatrix(memory: Memory, { rows, cols, q, m, e, bias }: WeightMatrix): DeviceMatrix {
  const padded = paddedColumns(cols)
  const at = memory.take(rows * padded)
  const stored = new Int8Array(memory.memory.buffer, at, rows * padded)
  if (padded === cols) stored.set(q)
  else for (let n = 0; n < rows; n++) stored.set(q.subarray(n * cols, (n + 1) * cols), n * padded)
  return { q: at, m: memory.put(m), e: memory.put(e), bias: bias === null ? 0 : memory.put(bias), rows, cols, padded }
}
