// Constants and tables of the exact format from BigInt alone: the same bytes on every machine, no Math.pow, exp or sin.
import { bitLengthBig } from './fixed.ts'

/** log2(e) = LOG2E_Q63 / 2^63, rounded to nearest: the only value of log2(e) in the format. */
export const LOG2E_Q63 = 0xb8aa3b295c17f0bcn

/** round(log2(e)·2^30): turns Q16 nats into Q16 octaves. */
export const LOG2E_Q30 = 1_549_082_005

/** Fractional bits of frequencies, and of every intermediate below. */
export const FREQUENCY_BITS = 128n
const PRECISION = FREQUENCY_BITS
const ONE = 1n << PRECISION

/** floor(x^(1/n)) for x >= 0. */
export function integerRoot(x: bigint, n: bigint): bigint {
  if (x < 2n) return x
  let root = 1n << (BigInt(bitLengthBig(x)) / n + 1n)
  for (;;) {
    const next = ((n - 1n) * root + x / root ** (n - 1n)) / n
    if (next >= root) return root
    root = next
  }
}

/** ceil(sqrt(x)) for x >= 0. */
export function ceilSqrt(x: bigint): bigint {
  const root = integerRoot(x, 2n)
  return root * root === x ? root : root + 1n
}

/** round(2^(30 - i/256)) for i = 0 .. 256. */
export const EXP2_TABLE: Uint32Array<ArrayBuffer> = exp2Table()

/** Two-level RoPE tables in Q30: entry (row, j) lies at row·pairs + j; level `high` holds the angles 256·row·f_j, `low` row·f_j. */
export type RopeTables = {
  readonly pairs: number
  /** Positions served: 256 a row of the high level. */
  readonly positions: number
  readonly high: { readonly cos: Int32Array<ArrayBuffer>; readonly sin: Int32Array<ArrayBuffer> }
  readonly low: { readonly cos: Int32Array<ArrayBuffer>; readonly sin: Int32Array<ArrayBuffer> }
}

/** Tables for `headDim` values a head and positions 0 .. 256·highRows - 1, from the frequencies of its pairs in Q128. */
export function ropeTables(frequencies: readonly bigint[], highRows: number): RopeTables {
  const pairs = frequencies.length
  const level = (rows: number, step: number) => {
    const cos = new Int32Array(rows * pairs)
    const sin = new Int32Array(rows * pairs)
    for (let row = 0; row < rows; row++)
      for (const [j, frequency] of frequencies.entries()) {
        const angle = cosSinQ30(BigInt(row * step) * frequency)
        cos[row * pairs + j] = angle.cos
        sin[row * pairs + j] = angle.sin
      }
    return { cos, sin }
  }
  return { pairs, positions: 256 * highRows, high: level(highRows, 256), low: level(256, 1) }
}

/** theta^(-j / pairs) in Q128 for j = 0 .. pairs-1; theta is the rational numerator / denominator. */
export function ropeFrequencies(theta: { numerator: bigint; denominator: bigint }, pairs: number): bigint[] {
  const step = integerRoot((theta.numerator << (PRECISION * BigInt(pairs))) / theta.denominator, BigInt(pairs))
  const frequencies = [ONE]
  for (let j = 1, last = ONE; j < pairs; j++) frequencies.push((last = (last << PRECISION) / step))
  return frequencies
}

function exp2Table(): Uint32Array<ArrayBuffer> {
  const roots: bigint[] = [] // roots[b] = 2^(-1 / 2^(b+1)) in Q128
  for (let b = 0, root = ONE / 2n; b < 8; b++) roots.push((root = integerRoot(root << PRECISION, 2n)))
  return Uint32Array.from({ length: 257 }, (_, i) => {
    if (i === 256) return 2 ** 29
    let value = ONE
    for (const [b, root] of roots.entries()) if ((i >> (7 - b)) & 1) value = (value * root) >> PRECISION
    return Number((value + (1n << (PRECISION - 31n))) >> (PRECISION - 30n))
  })
}

/** 2·pi in Q128. */
export const TWO_PI = twoPi()

/** cos and sin of an angle in Q128, each rounded half up to Q30. */
function cosSinQ30(angle: bigint): { cos: number; sin: number } {
  const x = angle % TWO_PI
  const series = (first: bigint, power: bigint) => {
    let term = first
    let sum = 0n
    for (let k = power; term !== 0n; k += 2n) {
      sum += term
      term = -((((term * x) >> PRECISION) * x) >> PRECISION) / ((k + 1n) * (k + 2n))
    }
    return Number((sum + (1n << (PRECISION - 31n))) >> (PRECISION - 30n))
  }
  return { cos: series(ONE, 0n), sin: series(x, 1n) }
}

/** Machin's formula. */
function twoPi(): bigint {
  const guard = 32n
  const arctanInverse = (n: bigint) => {
    let term = (ONE << guard) / n
    let sum = 0n
    for (let k = 0n; term !== 0n; k++, term /= n * n) sum += (k % 2n === 1n ? -term : term) / (2n * k + 1n)
    return sum
  }
  return (8n * (4n * arctanInverse(5n) - arctanInverse(239n))) >> guard
}
