// Requests for tokens that reach every branch of the sampler: extremes of its parameters, penalties past every bound, cuts at their edges.
import { randomInt, seededRandom } from '#core/random.ts'
import type { SampleRequest } from '#tensor/exact/sampler.ts'

const TEMPERATURES = [0, 1, 300, 1000, 5000, 2 ** 31 - 1]
const REPETITIONS = [1000, 1, 700, 1300, 2 ** 20]
const PENALTIES = [0, 100_000, -100_000, 500, -700]
const TOP_PS = [1_000_000, 0, 1, 500_000, 900_000, 999_999]

/** `count` requests of a seed over a vocabulary. */
export function randomRequests(seed: string, count: number, vocabulary: number): SampleRequest[] {
  const random = seededRandom(seed)
  const below = (limit: number) => randomInt(random, limit)
  const oneOf = (values: readonly number[]) => values[below(values.length)] ?? 0
  const topKs = [0, 1, 2, Math.floor(vocabulary / 2), vocabulary - 1, vocabulary, 2 * vocabulary]
  return Array.from({ length: count }, (_, i) => ({
    sampling: {
      temperature: oneOf(TEMPERATURES),
      repetition: oneOf(REPETITIONS),
      presence: oneOf(PENALTIES),
      frequency: oneOf(PENALTIES),
      topK: oneOf(topKs),
      topP: oneOf(TOP_PS),
      seed: BigInt(below(2 ** 31)) << 33n,
    },
    point: { position: i, choice: below(3) },
    seen: new Set(Array.from({ length: below(vocabulary) }, () => below(vocabulary))),
    counts: new Map(Array.from({ length: below(10) }, () => [below(vocabulary), 1 + below(65_536)] as const)),
  }))
}
