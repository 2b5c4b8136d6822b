// The vector of a text from its residual rows behind the last layer: the direction of the mean of its final-norm rows, in Q15.
// The norm's constant factors and the number of rows cancel out, so that a row counts as x / |x| in Q30 and the gain is applied once.
import { mulShift } from './fixed.ts'
import { rsqrt } from './functions.ts'
import { type Gain, normalise, sumOfSquares } from './rms-norm.ts'
import { normScale } from './scale.ts'
import { integerRoot } from './tables.ts'

/** The model's last norm: its gain, of which only `q` matters here, and D·eps·2^2F. */
export type FinalNorm = { readonly gain: Gain; readonly epsilon: bigint }

/** Largest component: 1 in Q15, short of the int16 that does not exist. */
export const VECTOR_ONE = 32_767

/** Rows that a sum of doubles holds exactly: 2^16 of at most 2^30. */
export const MAX_POOLED_ROWS = 65_536

/** Rows added up one after the other, in any order. */
export class MeanPool {
  readonly #norm: FinalNorm
  readonly #sums: Float64Array
  #rows = 0

  constructor(norm: FinalNorm) {
    this.#norm = norm
    this.#sums = new Float64Array(norm.gain.q.length)
  }

  /** Adds mulShift(x, m, e - 30), m·2^-e = 1 / sqrt(Σx² + epsilon) as the norm has it. */
  add(row: Int32Array): void {
    if (++this.#rows > MAX_POOLED_ROWS) throw new RangeError(`More than ${MAX_POOLED_ROWS} rows cannot be pooled.`)
    const { v, k } = normalise(sumOfSquares(row) + this.#norm.epsilon)
    const { m, e } = normScale(rsqrt(v), 46 + k / 2)
    for (const [i, x] of row.entries()) this.#sums[i] = (this.#sums[i] ?? 0) + mulShift(x, m, e - 30)
  }

  /**
   * p = sum·gain exactly, n = floor(sqrt(Σp²)); a component is sign(p)·floor((65534·|p| + n) / 2n), at most 32767, and 0 where n is 0.
   */
  vector(): Int16Array<ArrayBuffer> {
    const { q } = this.#norm.gain
    const products = Array.from(this.#sums, (sum, i) => BigInt(sum) * BigInt(q[i] ?? 0))
    const length = integerRoot(
      products.reduce((total, p) => total + p * p, 0n),
      2n,
    )
    if (length === 0n) return new Int16Array(products.length)
    return Int16Array.from(products, (p) => {
      const magnitude = Number((65_534n * (p < 0n ? -p : p) + length) / (2n * length))
      return Math.sign(Number(p)) * Math.min(magnitude, VECTOR_ONE)
    })
  }
}
