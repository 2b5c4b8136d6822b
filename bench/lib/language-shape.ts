// The language model of the benchmarks: a Llama of 25.7 million parameters whose weights are random. It means nothing; it costs what a real one costs.
import type { ModelShape } from '#tensor/exact/weights.ts'

/** 8 layers of width 512, 8 query and 4 key heads of 64, feed-forward width 1,408, a tied vocabulary of 4,096: 25,698,816 parameters. */
export const BENCH_SHAPE: ModelShape = {
  vocabulary: 4096,
  width: 512,
  layers: 8,
  heads: 8,
  kvHeads: 4,
  headDim: 64,
  hidden: 1408,
  fractionBits: 16,
  activationBits: 16,
  keyBits: 8,
  maxPositions: 2048,
}

/** Weights of the matrices that a token passes, the head included: multiply-adds of a decoded token but attention's. */
export function weightsPerToken({ heads, headDim, hidden, kvHeads, layers, vocabulary, width }: ModelShape): number {
  const attention = 2 * width * heads * headDim + 2 * width * kvHeads * headDim
  return layers * (attention + 3 * width * hidden) + vocabulary * width
}
