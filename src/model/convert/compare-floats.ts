// What quantising a model cost, for models small enough to run in doubles: first choices and loss beside those of the source. For people:
// doubles differ between engines, so nothing of this is in the model file.
import { argmax } from '#tensor/exact/logits.ts'
import type { LlamaConfig } from '#model/formats/config.ts'
import { tokenLoss } from '#model/likelihood.ts'
import { streamFloatLogits } from './float-forward.ts'
import type { FloatTensors } from './llama.ts'

/** Tokens that are compared, the first of the calibration text. */
const COMPARED_POSITIONS = 64

/** Largest number of weights a comparison multiplies, once a token: about ten seconds. */
export const MAX_COMPARED_OPERATIONS = 10 ** 10

/** Over `positions` tokens: how often both models' first choices are the same, and the mean loss of a token in bits. */
export type FloatComparison = {
  readonly positions: number
  readonly agreeing: number
  readonly floatBits: number
  readonly exactBits: number
}

/** Collects an exact model's rows as they come, and compares them with the source's at the end. */
export class FloatComparer {
  readonly #tokens: readonly number[]
  readonly #choices: number[] = []
  #exactLoss = 0

  constructor(tokens: readonly number[]) {
    this.#tokens = tokens.slice(0, COMPARED_POSITIONS + 1)
  }

  /** Takes the logits (V) after token `i`, in Q16. */
  push(logits: Int32Array, i: number): void {
    const next = this.#tokens[i + 1]
    if (next === undefined) return
    this.#choices[i] = argmax(logits)
    this.#exactLoss += tokenLoss(logits, next)
  }

  /** Runs the source over the same tokens; null when it is too large, or there is nothing to compare. */
  async compare(config: LlamaConfig, tensors: FloatTensors): Promise<FloatComparison | null> {
    const positions = this.#choices.length
    if (positions === 0 || positions * weightCount(config) > MAX_COMPARED_OPERATIONS) return null
    let [agreeing, loss] = [0, 0]
    await streamFloatLogits(config, tensors, this.#tokens.slice(0, positions), (logits, i) => {
      const top = logits.reduce((a, b) => Math.max(a, b), -Infinity)
      const total = logits.reduce((sum, z) => sum + Math.exp(z - top), 0)
      if (logits.indexOf(top) === this.#choices[i]) agreeing++
      loss += Math.log2(total) + (top - (logits[this.#tokens[i + 1] ?? 0] ?? 0)) * Math.LOG2E
    })
    return { positions, agreeing, floatBits: loss / positions, exactBits: this.#exactLoss / 65_536 / positions }
  }
}

/** Weights that each token is multiplied with. */
export function weightCount({ vocabulary, width, hidden, layers, heads, kvHeads, headDim }: LlamaConfig): number {
  return vocabulary * width + layers * width * (2 * (heads + kvHeads) * headDim + 3 * hidden)
}
