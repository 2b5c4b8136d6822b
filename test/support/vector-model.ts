// The small model of test/vectors/exact.json as weights, with the expected outputs of its profiles.
import { fromHex } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { ropeFrequencies, ropeTables } from '#tensor/exact/tables.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'
import vectors from '../vectors/exact.json' with { type: 'json' }

type Pair = [number, number]
type PackedMatrix = { q: string; m: number[]; e: number[]; F?: number; bias?: number[] }
type PackedGain = { q: number[]; scale: Pair }
type PackedLayer = Record<'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down', PackedMatrix> &
  Record<'n1' | 'n2', PackedGain> & { Fm: number }
/** One profile and what it must give. */
export type Run = {
  options: { activationBits: ActivationBits; keyBits: ActivationBits; full?: boolean }
  leaves: Digest[][]
  positions: Digest[]
  root: Digest
  header: Digest
  logits: number[][]
}
type Vectors = {
  model: {
    weights: {
      config: Record<'V' | 'D' | 'H' | 'KV' | 'L' | 'FF' | 'hd' | 'theta', number>
      F: number
      epsilon: string
      scoreScale: Pair
      embedding: PackedMatrix
      layers: PackedLayer[]
      norm: PackedGain
      head: PackedMatrix
    }
    tokens: number[]
    unitId: Digest
    modelId: Digest
    runs: Run[]
  }
}

/** Weights, tokens and the runs that every backend must reproduce. */
export const { model } = vectors as unknown as Vectors

function matrix({ q, m, e, bias }: PackedMatrix): WeightMatrix {
  const bytes = new Int8Array(fromHex(q).buffer)
  return {
    rows: m.length,
    cols: bytes.length / m.length,
    q: bytes,
    m: Int32Array.from(m),
    e: Int32Array.from(e),
    bias: bias ? Int32Array.from(bias) : null,
  }
}

const gain = ({ q, scale: [m, e] }: PackedGain) => ({ q: Int32Array.from(q), scale: { m, e } })
const projection = (packed: PackedMatrix) => ({ weights: matrix(packed), fractionBits: packed.F ?? 0, norm: null })

/** The model's weights in one profile. */
export function weightsFor({ activationBits, keyBits }: Run['options']): ModelWeights {
  const { config, F, epsilon, scoreScale, embedding, layers, norm, head } = model.weights
  return {
    shape: {
      vocabulary: config.V,
      width: config.D,
      layers: config.L,
      heads: config.H,
      kvHeads: config.KV,
      headDim: config.hd,
      hidden: config.FF,
      fractionBits: F,
      activationBits,
      keyBits,
      maxPositions: 256,
    },
    embedding: matrix(embedding),
    layers: layers.map((layer) => ({
      attentionNorm: gain(layer.n1),
      query: projection(layer.q),
      key: projection(layer.k),
      value: projection(layer.v),
      output: matrix(layer.o),
      feedForwardNorm: gain(layer.n2),
      gate: matrix(layer.gate),
      up: matrix(layer.up),
      down: matrix(layer.down),
      productFractionBits: layer.Fm,
    })),
    norm: gain(norm),
    head: matrix(head),
    epsilon: BigInt(epsilon),
    scoreScale: { m: scoreScale[0], e: scoreScale[1] },
    rope: ropeTables(ropeFrequencies({ numerator: BigInt(config.theta), denominator: 1n }, config.hd / 2), 1),
  }
}
