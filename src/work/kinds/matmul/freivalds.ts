// Freivalds' check of an exact product C = A · B (Freivalds 1977): A · (B · r) = C · r modulo a prime, for a random r that the checker keeps
// to itself. A wrong row passes one prime with a chance of at most 1 in 2^31. O(n^2): a thousandth of computing again at n = 1,024.
import { type Random } from '#core/random.ts'
import type { MatmulShape } from '#tensor/backend.ts'

/** 2^31 - 1 and the prime below 2^31 next to it. */
const PRIMES = [2_147_483_647, 2_147_483_629] as const

/**
 * Inner dimensions below this need one prime only: |C| is at most 2^14 k, so two results differ by less than the prime, and no difference but 0 is
 * 0 modulo it. Longer ones may differ by the prime itself, and never by both.
 */
const ONE_PRIME_INNER = 65_535

/** Products of a 16-bit and a 32-bit number that a double adds up exactly before they must be reduced. */
const EXACT_TERMS = 16

/** Largest magnitude of a sum of `inner` products of int8: 128 · 128 each. */
export function int8SumBound(inner: number): number {
  return 16_384 * inner
}

/** First row of C (m, n) that is not the product's, or null. `c` is int32, row-major. */
export function firstWrongRow(
  a: Int8Array,
  b: Int8Array,
  c: Int32Array,
  { m, k, n }: MatmulShape,
  random: Random,
): number | null {
  const bound = int8SumBound(k)
  const outside = c.findIndex((value) => value > bound || value < -bound)
  let first = outside === -1 ? m : Math.floor(outside / n)
  for (const prime of k < ONE_PRIME_INNER ? PRIMES.slice(0, 1) : PRIMES) {
    const r = residues(random, n, prime)
    const left = timesVector(a, timesVector(b, r, k, n, prime), m, k, prime)
    const right = timesVector(c, r, m, n, prime)
    const wrong = left.findIndex((value, row) => value !== right[row])
    if (wrong !== -1) first = Math.min(first, wrong)
  }
  return first === m ? null : first
}

/** Integer multiplications and additions of the check, by its specification. */
export function freivaldsOperations({ m, k, n }: MatmulShape): bigint {
  const perPrime = 2n * (BigInt(k) * BigInt(n) + BigInt(m) * BigInt(k) + BigInt(m) * BigInt(n))
  return k < ONE_PRIME_INNER ? perPrime : 2n * perPrime
}

/** `matrix` (rows, cols) times `vector` (cols), modulo `prime`; entries in [0, prime). */
function timesVector(
  matrix: Int8Array | Int32Array,
  vector: Float64Array,
  rows: number,
  cols: number,
  prime: number,
): Float64Array {
  // A vector's entry in two pieces of 16 bits: a piece times an int32 is below 2^47, and a few of them stay exact.
  const low = vector.map((value) => value % 65_536)
  const high = vector.map((value) => Math.floor(value / 65_536))
  const product = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    const from = row * cols
    let lowSum = 0
    let highSum = 0
    for (let begin = 0; begin < cols; begin += EXACT_TERMS) {
      const end = Math.min(cols, begin + EXACT_TERMS)
      for (let col = begin; col < end; col++) {
        const value = matrix[from + col] ?? 0
        lowSum += value * (low[col] ?? 0)
        highSum += value * (high[col] ?? 0)
      }
      lowSum %= prime
      highSum %= prime
    }
    const sum = (lowSum + highSum * 65_536) % prime
    product[row] = sum < 0 ? sum + prime : sum
  }
  return product
}

/** Uniform residues modulo `prime`, by rejection. */
function residues(random: Random, length: number, prime: number): Float64Array {
  const out = new Float64Array(length)
  let pool = new DataView(new ArrayBuffer(0))
  let at = 0
  for (let filled = 0; filled < length;) {
    if (at + 4 > pool.byteLength) {
      pool = new DataView(random.bytes(4 * (length - filled)).buffer)
      at = 0
    }
    const value = pool.getUint32(at) & 0x7fff_ffff
    at += 4
    if (value < prime) out[filled++] = value
  }
  return out
}
