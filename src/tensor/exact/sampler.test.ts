// The sampler against its formulas applied to every token, sorted in full, in BigInt: what it leaves out must not show.
import { expect, test } from 'vitest'
import { randomInt, seededRandom } from '#core/random.ts'
import { LOGIT_MAX, argmax } from './logits.ts'
import { GREEDY, type Sampling, keptTokens, penalise, penalisedLogits, sampleToken, tokenWeights } from './sampler.ts'

const VOCABULARY = 300
const random = seededRandom('sampler')
const pick = <T>(values: readonly T[]): T => values[randomInt(random, values.length)] as T

function logits(spread: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: VOCABULARY }, () => randomInt(random, 2 * spread + 1) - spread)
}

function sampling(): Sampling {
  return {
    temperature: pick([0, 1, 300, 1000, 5000]),
    repetition: pick([1000, 1, 700, 1300, 2 ** 20]),
    presence: pick([0, -500, 1500, 100_000]),
    frequency: pick([0, -300, 900]),
    topK: pick([0, 1, 5, 1000]),
    topP: pick([1_000_000, 1, 500_000, 950_000]),
    seed: BigInt(randomInt(random, 2 ** 32)),
  }
}

/** As the format's text has it: every token sorted. */
function keptOfAll(values: Int32Array, weights: Uint32Array, topK: number, topP: number): number[] {
  const order = Array.from(values, (_, i) => i).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b)
  const survivors = topK > 0 ? order.slice(0, topK) : order
  const total = survivors.reduce((sum, i) => sum + BigInt(weights[i] ?? 0), 0n)
  const share = (total * BigInt(topP) + 999_999n) / 1_000_000n
  const need = share > 1n ? share : 1n
  let length = 0
  for (let reached = 0n; reached < need && length < survivors.length; length++)
    reached += BigInt(weights[survivors[length] ?? 0] ?? 0)
  return survivors.slice(0, length).sort((a, b) => a - b)
}

test('behaviour: penalties touch the tokens that there were, top-k and top-p what has weight', () => {
  for (let round = 0; round < 400; round++) {
    const options = sampling()
    const values = logits(pick([3, 100_000, 2_000_000, LOGIT_MAX]))
    const seen = new Set(Array.from({ length: 20 }, () => randomInt(random, VOCABULARY)))
    const counts = new Map(Array.from({ length: 10 }, () => [randomInt(random, VOCABULARY), 1 + randomInt(random, 9)]))
    const all = Int32Array.from(values, (value, i) => penalise(value, options, seen.has(i), counts.get(i) ?? 0))
    expect(penalisedLogits(values, options, seen, counts)).toEqual(all)
    if (options.temperature === 0) continue
    const weights = tokenWeights(all, options.temperature)
    expect(keptTokens(all, weights, options.topK, options.topP)).toEqual(
      keptOfAll(all, weights, options.topK, options.topP),
    )
  }
})

test('behaviour: greedy without penalties is the argmax, of the logits themselves', () => {
  const values = logits(1000)
  expect(penalisedLogits(values, GREEDY, new Set([1]), new Map([[1, 2]]))).toBe(values)
  expect(sampleToken(values, GREEDY, { position: 3, choice: 0 }, new Set([1]), new Map([[1, 2]]))).toBe(argmax(values))
})
