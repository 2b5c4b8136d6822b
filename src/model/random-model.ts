// Language models of random weights in sizes that fit no tile: for comparing backends with the reference. They mean nothing.
import { seededRandom } from '#core/random.ts'
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import { ropeFrequencies, ropeTables } from '#tensor/exact/tables.ts'
import type { HeadProjection, LayerWeights, ModelShape, ModelWeights } from '#tensor/exact/weights.ts'

/** Sizes that leave remainders everywhere: words, vectors of four, tiles, lanes. */
export const ODD_SHAPE: ModelShape = {
  vocabulary: 67,
  width: 35,
  layers: 2,
  heads: 3,
  kvHeads: 1,
  headDim: 12,
  hidden: 41,
  fractionBits: 14,
  activationBits: 16,
  keyBits: 8,
  maxPositions: 4096,
}

/** How the values of a model are made. */
export type RandomModelOptions = {
  readonly seed: string
  readonly shape: ModelShape
  /** Weights are larger by this power of two: from 6 on, values reach their bounds. */
  readonly gain?: number
  /** Exponents of the scales of a matrix's rows; 3 of them by default. */
  readonly exponents?: number
  /** Projections to heads have biases; they do by default. */
  readonly hasBiases?: boolean
  /** Queries and keys are normalised, with fractions so narrow that some values are cut; they are not by default. */
  readonly hasNorms?: boolean
}

/** A model's weights, its head apart from its embedding. */
export function randomModel(options: RandomModelOptions): ModelWeights {
  const { seed, shape, exponents = 3, gain = 0, hasBiases = true, hasNorms = false } = options
  const draw = (name: string, count: number) => seededRandom(`${seed}/${name}`).bytes(count)
  const matrix = (name: string, rows: number, cols: number, bits: number, hasBias = false): WeightMatrix => ({
    rows,
    cols,
    q: new Int8Array(draw(`${name}/q`, rows * cols).buffer).map((q) => Math.max(q, -127)),
    m: Int32Array.from(draw(`${name}/m`, rows), (byte) => 2 ** 30 + byte * 4_194_301),
    e: Int32Array.from(draw(`${name}/e`, rows), (byte) => bits - gain + (byte % exponents)),
    bias: hasBias ? Int32Array.from(draw(`${name}/bias`, rows), (byte) => (byte - 128) * 7) : null,
  })
  const norm = (name: string, count = shape.width) => ({
    q: Int32Array.from(draw(name, count), (byte) => 2 ** 30 - byte * 2 ** 20),
    scale: { m: 1_600_000_000, e: 28 },
  })
  const projection = (name: string, rows: number, fractionBits: number, isNormed: boolean): HeadProjection => ({
    weights: matrix(name, rows, shape.width, 39, hasBiases),
    fractionBits,
    norm: isNormed ? { gain: norm(`${name}/norm`, shape.headDim), epsilon: 50n, fractionBits: fractionBits + 2 } : null,
  })
  const { headDim, heads, hidden, kvHeads, vocabulary, width } = shape
  const layer = (n: number): LayerWeights => ({
    attentionNorm: norm(`${n}/norm1`),
    query: projection(`${n}/query`, heads * headDim, 11, hasNorms),
    key: projection(`${n}/key`, kvHeads * headDim, 12, hasNorms),
    value: projection(`${n}/value`, kvHeads * headDim, 13, false),
    output: matrix(`${n}/output`, width, heads * headDim, 39),
    feedForwardNorm: norm(`${n}/norm2`),
    gate: matrix(`${n}/gate`, hidden, width, 39),
    up: matrix(`${n}/up`, hidden, width, 39),
    down: matrix(`${n}/down`, width, hidden, 39),
    productFractionBits: 13,
  })
  return {
    shape,
    embedding: matrix('embedding', vocabulary, width, 36 + gain),
    layers: Array.from({ length: shape.layers }, (_, n) => layer(n)),
    norm: norm('norm'),
    head: matrix('head', vocabulary, width, 38),
    epsilon: 90_000n,
    scoreScale: { m: 1_788_700_000, e: 32 },
    rope: ropeTables(
      ropeFrequencies({ numerator: 10_000n, denominator: 1n }, headDim / 2),
      Math.ceil(shape.maxPositions / 256),
    ),
  }
}

/** `count` tokens of a vocabulary. */
export function randomTokens(seed: string, count: number, vocabulary: number): number[] {
  return Array.from(seededRandom(seed).bytes(count), (byte) => byte % vocabulary)
}
