// Exact sampling from i32 Q16 logits, verifiable from prefill logits: penalties, temperature, top-k, top-p, one draw by position.
// Parameters are integers; no sort is needed on a device, and no state is carried from token to token.
import { bitLengthBig, clamp, floorDivide, mulShift, umulHigh, umulLow } from './fixed.ts'
import { exp2neg } from './functions.ts'
import { LOGIT_MAX, argmax } from './logits.ts'
import { LOG2E_Q63 } from './tables.ts'

/** Temperature and penalties in 1/1000, topP in 1/10^6, topK 0 for off. Neutral: repetition 1000, presence and frequency 0, topP 10^6. */
export type Sampling = {
  /** 0 (argmax) .. 2^31 - 1. */
  readonly temperature: number
  /** 1 .. 2^20. */
  readonly repetition: number
  /** -10^5 .. 10^5. */
  readonly presence: number
  readonly frequency: number
  readonly topK: number
  readonly topP: number
  /** u64. */
  readonly seed: bigint
}

/** Greedy decoding: the default. */
export const GREEDY: Sampling = {
  temperature: 0,
  repetition: 1000,
  presence: 0,
  frequency: 0,
  topK: 0,
  topP: 1_000_000,
  seed: 0n,
}

/** Domain of the draw in Philox's counter: "SMPL". */
const DRAW_DOMAIN = 0x534d504c

/** Where a draw happens: position in the sequence, and which of several choices. */
export type DrawPoint = { readonly position: number; readonly choice: number }

/** How a token is chosen: `seen` holds tokens of prompt and output, `counts` how often each was generated. */
export type SampleRequest = {
  readonly sampling: Sampling
  readonly point: DrawPoint
  readonly seen: ReadonlySet<number>
  readonly counts: ReadonlyMap<number, number>
}

/** The token that `request` chooses. */
export function chosenToken(logits: Int32Array, { sampling, point, seen, counts }: SampleRequest): number {
  return sampleToken(logits, sampling, point, seen, counts)
}

/** The chosen token. `seen` holds tokens of prompt and output, `counts` how often each was generated. */
export function sampleToken(
  logits: Int32Array,
  sampling: Sampling,
  point: DrawPoint,
  seen: ReadonlySet<number> = new Set(),
  counts: ReadonlyMap<number, number> = new Map(),
): number {
  const penalised = penalisedLogits(logits, sampling, seen, counts)
  if (sampling.temperature === 0) return argmax(penalised)
  const weights = tokenWeights(penalised, sampling.temperature)
  const kept = keptTokens(penalised, weights, sampling.topK, sampling.topP)
  const total = kept.reduce((sum, i) => sum + (weights[i] ?? 0), 0)
  const target = Number((randomBits(sampling.seed, point) * BigInt(total)) >> 64n)
  let cumulative = 0
  for (const i of kept) if ((cumulative += weights[i] ?? 0) > target) return i
  throw new RangeError('No token has weight.')
}

/** The logits with the penalties of the tokens that there were; the logits themselves where no penalty is set. */
export function penalisedLogits(
  logits: Int32Array,
  sampling: Pick<Sampling, 'repetition' | 'presence' | 'frequency'>,
  seen: ReadonlySet<number>,
  counts: ReadonlyMap<number, number>,
): Int32Array {
  const { repetition, presence, frequency } = sampling
  if (repetition === 1000 && presence === 0 && frequency === 0) return logits
  const penalised = logits.slice()
  for (const token of new Set([...seen, ...counts.keys()]))
    penalised[token] = penalise(logits[token] ?? 0, sampling, seen.has(token), counts.get(token) ?? 0)
  return penalised
}

/**
 * Repetition as in CTRL for tokens of prompt or output, then presence and frequency for generated ones, clamped to ±2^30 after each:
 * z > 0 ? floor((1000·z + floor(r/2)) / r) : floor((z·r + 500) / 1000), then minus floor(((p + f·n)·65536 + 500) / 1000).
 */
export function penalise(
  logit: number,
  sampling: Pick<Sampling, 'repetition' | 'presence' | 'frequency'>,
  isSeen: boolean,
  count: number,
): number {
  const { repetition } = sampling
  let z = logit
  if (isSeen && repetition !== 1000) {
    const scaled =
      z > 0 ? floorDivide(1000 * z + Math.floor(repetition / 2), repetition) : floorDivide(z * repetition + 500, 1000)
    z = clamp(scaled, LOGIT_MAX)
  }
  return count > 0 ? clamp(z - presencePenalty(sampling, count), LOGIT_MAX) : z
}

/** What a token generated `count` times loses: floor(((p + f·n)·65536 + 500) / 1000), nothing if it was not. */
export function presencePenalty(
  { presence, frequency }: Pick<Sampling, 'presence' | 'frequency'>,
  count: number,
): number {
  return count > 0 ? floorDivide((presence + frequency * count) * 65_536 + 500, 1000) : 0
}

/** m = floor(log2(e)·1000 / temperature·2^s) in [2^30, 2^31). */
export function temperatureScale(temperature: number): { m: number; s: number } {
  const wide = ((LOG2E_Q63 * 1000n) << 64n) / BigInt(temperature) // Q127
  const drop = bitLengthBig(wide) - 31
  return { m: Number(wide >> BigInt(drop)), s: 127 - drop }
}

/** Weight of each logit in Q24: 2^24 for the largest, 0 from 31 octaves below. */
export function tokenWeights(logits: Int32Array, temperature: number): Uint32Array<ArrayBuffer> {
  const { m, s } = temperatureScale(temperature)
  const max = logits[argmax(logits)] ?? 0
  const weights = new Uint32Array(logits.length)
  for (let i = 0; i < weights.length; i++) {
    const distance = Math.min(max - (logits[i] ?? 0), 2_147_483_647) // 2^31 can occur: -2^30 below 2^30
    weights[i] = exp2neg(Math.min(mulShift(distance, m, s), 31 * 65_536)) >>> 6
  }
  return weights
}

/**
 * Indices that top-k and then top-p keep, ascending; both cut a prefix of the order (logit descending, index ascending). A token without
 * weight is never kept: those with weight come first in the order, and reach any share of their sum.
 */
export function keptTokens(logits: Int32Array, weights: Uint32Array, topK: number, topP: number): number[] {
  const weighted: number[] = []
  for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) weighted.push(i)
  if (topK === 0 && topP === 1_000_000) return weighted
  const order = weighted.sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b)
  const survivors = topK > 0 ? order.slice(0, topK) : order
  const total = survivors.reduce((sum, i) => sum + (weights[i] ?? 0), 0) // <= V·2^24 < 2^53
  const share = (BigInt(total) * BigInt(topP) + 999_999n) / 1_000_000n
  const need = Number(share > 1n ? share : 1n)
  let length = 0
  for (let reached = 0; reached < need && length < survivors.length; length++)
    reached += weights[survivors[length] ?? 0] ?? 0
  return survivors.slice(0, length).sort((a, b) => a - b)
}

/** The 64 random bits of one choice at one position. */
export function randomBits(seed: bigint, { position, choice }: DrawPoint): bigint {
  const [high, low] = philox4x32([position, choice, DRAW_DOMAIN, 0], [Number(seed & 0xffff_ffffn), Number(seed >> 32n)])
  return (BigInt(high) << 32n) | BigInt(low)
}

type Words = [number, number, number, number]

/** Philox4x32-10 (Salmon et al., 2011): counter and key to four u32. */
export function philox4x32(counter: Words, key: [number, number]): Words {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const high0 = umulHigh(0xd251_1f53, c0)
    const low0 = umulLow(0xd251_1f53, c0)
    const high1 = umulHigh(0xcd9e_8d57, c2)
    const low1 = umulLow(0xcd9e_8d57, c2)
    ;[c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0]
    k0 = (k0 + 0x9e37_79b9) >>> 0
    k1 = (k1 + 0xbb67_ae85) >>> 0
  }
  return [c0, c1, c2, c3]
}
