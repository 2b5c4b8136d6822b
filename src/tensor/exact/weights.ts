// An exact language model as data: what a model file holds once it is parsed, and what a backend uploads.
import type { HeadNorm } from './head-norm.ts'
import type { WeightMatrix } from './linear.ts'
import type { ActivationBits } from './quantise.ts'
import type { Gain } from './rms-norm.ts'
import type { Scale } from './scale.ts'
import type { RopeTables } from './tables.ts'

/** Sizes and profile. `hidden` is the feed-forward width; `fractionBits` those of the residual. */
export type ModelShape = {
  readonly vocabulary: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  readonly hidden: number
  readonly fractionBits: number
  readonly activationBits: ActivationBits
  readonly keyBits: ActivationBits
  readonly maxPositions: number
}

/** A projection to heads with its static fraction bits, and the norm over each of its heads: of queries and keys, where the model has one. */
export type HeadProjection = {
  readonly weights: WeightMatrix
  readonly fractionBits: number
  readonly norm: HeadNorm | null
}

/** One block. Matrices are (out, in); gate and up are (hidden, width). */
export type LayerWeights = {
  readonly attentionNorm: Gain
  readonly query: HeadProjection
  readonly key: HeadProjection
  readonly value: HeadProjection
  readonly output: WeightMatrix
  readonly feedForwardNorm: Gain
  readonly gate: WeightMatrix
  readonly up: WeightMatrix
  readonly down: WeightMatrix
  /** Fraction bits of gate·up. */
  readonly productFractionBits: number
}

/** A whole model. `head` is the embedding itself when they are tied. `epsilon` is D·eps·2^2F. */
export type ModelWeights = {
  readonly shape: ModelShape
  readonly embedding: WeightMatrix
  readonly layers: readonly LayerWeights[]
  readonly norm: Gain
  readonly head: WeightMatrix
  readonly epsilon: bigint
  readonly scoreScale: Scale
  readonly rope: RopeTables
}
