// An exact model file of 84 MB that is made in a moment: one small layer under the largest vocabulary. It means nothing.
import { encodeExactModel } from '#model/exact-file.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'
import { ODD_SHAPE, randomModel } from '#model/random-model.ts'
import { byteCard } from './tiny-model.ts'

const WIDTH = 72
const VOCABULARY = 2 ** 20

/** The file of the model whose layer comes from `seed`. */
export function largeModelFile(seed: string): Uint8Array<ArrayBuffer> {
  const shape = { ...ODD_SHAPE, width: WIDTH, hidden: 64, layers: 1, maxPositions: 256 }
  const embedding = {
    rows: VOCABULARY,
    cols: WIDTH,
    q: scattered(VOCABULARY * WIDTH),
    m: new Int32Array(VOCABULARY).fill(2 ** 30),
    e: new Int32Array(VOCABULARY).fill(36),
    bias: null,
  }
  const small = randomModel({ seed, shape })
  const weights: ModelWeights = { ...small, shape: { ...shape, vocabulary: VOCABULARY }, embedding, head: embedding }
  return encodeExactModel({ card: byteCard(`large-${seed}`), weights })
}

/** Values that differ from row to row without drawing each of them: the high bits of a Weyl sequence. */
function scattered(count: number): Int8Array<ArrayBuffer> {
  const values = new Int8Array(count)
  for (let i = 0, state = 0; i < count; i++) {
    state = (state + 0x9e37_79b9) | 0
    values[i] = Math.max(state >> 24, -127)
  }
  return values
}
