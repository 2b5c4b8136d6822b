// How far correct float results may be apart, operator by operator: the one table that replicas, audits, tests and benchmarks compare
// by. It follows what WGSL guarantees, not what an adapter was seen to do: no rounding mode, sums in any order, fused or not, subnormal
// operands and results taken for zero. bench/tolerance.ts measures how much of it adapters use.

/** What decides the bound of one element of a sum of products Σ a·b. */
export type ProductSum = {
  /** Number of products. */
  readonly k: number
  /** Σ|a·b|, or a little more. */
  readonly magnitude: number
  /** Σ|a·b| over the products with a subnormal operand, which an adapter may take for zero. */
  readonly subnormal: number
}

/** Bounds of one operator. */
export type Tolerance<T> = {
  readonly says: string
  /** Whether every correct adapter gives a finite value; otherwise any value is as good as another. */
  isDetermined(size: T): boolean
  /** Largest distance of a correct result from the real value. */
  deviation(size: T): number
}

/** Relative error of one operation that may be rounded up or down. */
const UNIT = 2 ** -23

/** Smallest normal number: what an operation loses at most when its result is taken for zero. */
const SMALLEST_NORMAL = 2 ** -126

/** Magnitude sums from here on may overflow in one order of summing and not in another. */
const OVERFLOW_MAGNITUDE = 2 ** 127

/** All operators of float kinds. */
export const TOLERANCES = {
  'matmul-f32': {
    says: '(γ(k+1)·Σ|ab| + Σ|ab| over subnormal operands + 2k·2^-126), γ(n) = n·2^-23 / (1 - n·2^-23)',
    // Infinities and NaN among the operands make the magnitude one: WGSL lets adapters assume that there are none.
    isDetermined: ({ magnitude }) => magnitude < OVERFLOW_MAGNITUDE,
    // Higham, Accuracy and Stability, section 3.1, for any order; each of the k products and k additions may also underflow to zero.
    deviation({ k, magnitude, subnormal }) {
      const gamma = ((k + 1) * UNIT) / (1 - (k + 1) * UNIT)
      return gamma * magnitude + subnormal + 2 * k * SMALLEST_NORMAL
    },
  },
} as const satisfies Readonly<Record<string, Tolerance<ProductSum>>>

/** Operators with bounds. */
export type FloatOperator = keyof typeof TOLERANCES

/**
 * Whether two results of `operator` can both be correct: apart by no more than twice the deviation, so any two that lie within it agree.
 * NaN and infinities agree with nothing where a finite value is determined, and with everything elsewhere.
 */
export function canBothBeCorrect(operator: FloatOperator, size: ProductSum, first: number, second: number): boolean {
  const tolerance = TOLERANCES[operator]
  if (!tolerance.isDetermined(size)) return true
  return Math.abs(first - second) <= 2 * tolerance.deviation(size)
}

/** Whether f32 `value` is so small that an adapter may take it for zero; zero is not. */
export function isSubnormal(value: number): boolean {
  return value !== 0 && Math.abs(value) < SMALLEST_NORMAL
}
