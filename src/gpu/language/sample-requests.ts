// Requests for tokens as sample.wgsl reads them: sixteen words each, then the tokens that each penalises. What needs wide integers and happens
// once a token is computed here: the scale of the temperature, the random bits, what a count takes away.
import { type SampleRequest, presencePenalty, randomBits, temperatureScale } from '#tensor/exact/sampler.ts'

const REQUEST_WORDS = 16
const ENTRY_WORDS = 3

/** The words of `requests`. */
export function sampleWords(requests: readonly SampleRequest[]): Uint32Array<ArrayBuffer> {
  const penalised = requests.map(penalisedTokens)
  let at = requests.length * REQUEST_WORDS
  const words = new Uint32Array(at + penalised.reduce((sum, entries) => sum + entries.length, 0))
  for (const [i, { sampling, point }] of requests.entries()) {
    const { temperature, topK, topP, repetition, seed } = sampling
    const { m, s } = temperature === 0 ? { m: 0, s: 0 } : temperatureScale(temperature)
    const bits = randomBits(seed, point)
    const entries = penalised[i] ?? []
    const random = [Number(bits & 0xffff_ffffn), Number(bits >> 32n)]
    words.set(
      [temperature, m, s, topK, topP, ...random, at, entries.length / ENTRY_WORDS, repetition],
      i * REQUEST_WORDS,
    )
    words.set(entries, at)
    at += entries.length
  }
  return words
}

/** Token, whether it was seen, what its count takes away: of each token that any penalty applies to. */
function penalisedTokens({ sampling, seen, counts }: SampleRequest): number[] {
  const isRepeated = sampling.repetition !== 1000
  const isCounted = sampling.presence !== 0 || sampling.frequency !== 0
  const tokens = new Set([...(isRepeated ? seen : []), ...(isCounted ? counts.keys() : [])])
  return Array.from(tokens, (token) => {
    const taken = presencePenalty(sampling, counts.get(token) ?? 0)
    // Beyond 32 bits it takes a logit to its bound all the same.
    return [token, seen.has(token) ? 1 : 0, Math.max(-2_147_483_647, Math.min(2_147_483_647, taken))]
  }).flat()
}
