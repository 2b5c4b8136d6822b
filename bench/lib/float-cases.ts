// Float products that try their bounds: random operands, and those that adapters round, reorder, flush and cancel most.
import { seededRandom } from '#core/random.ts'
import type { MatmulShape } from '#tensor/backend.ts'
import { productSums } from '#tensor/cpu/product-sums.ts'
import { TOLERANCES } from '#tensor/tolerance.ts'

type Matrix = Float32Array<ArrayBuffer>

/** Operands of a product. */
export type FloatCase = { readonly name: string; readonly a: Matrix; readonly b: Matrix; readonly shape: MatmulShape }

const SHAPE = { m: 17, n: 19 }

/** What fills A and B at an element, from a uniform number in [-1, 1) and its place along k. */
type Fill = (uniform: number, along: number) => number

const CASES: readonly { readonly name: string; readonly k: number; readonly a: Fill; readonly b: Fill }[] = [
  { name: 'random', k: 4_096, a: (x) => x, b: (x) => x },
  { name: 'one product', k: 1, a: (x) => x, b: (x) => x },
  { name: 'long sum of one sign', k: 32_768, a: (x) => 1 + x / 2, b: (x) => 1 + x / 2 },
  { name: 'every magnitude', k: 2_048, a: (x) => x * 2 ** (40 * Math.sin(1e6 * x)), b: (x) => x },
  { name: 'cancellation', k: 4_096, a: (x) => 1e6 + x, b: (x, p) => (p % 2 === 0 ? 1 : -1) * (1 + x / 1e6) },
  {
    name: 'large first, then small',
    k: 4_096,
    a: (x, p) => (p < 2 ? 1e7 : x),
    b: (x, p) => (p === 1 ? -1 : 1) * (1 + x / 1e6),
  },
  { name: 'subnormal operands', k: 257, a: (x) => x * 2 ** -127, b: (x) => x * 2 ** 100 },
  { name: 'products that underflow', k: 257, a: (x) => x * 2 ** -65, b: (x) => x * 2 ** -63 },
  { name: 'near overflow', k: 64, a: (x) => x * 2 ** 60, b: (x) => x * 2 ** 60 },
]

/** All cases of a seed. */
export function floatCases(seed: string): FloatCase[] {
  return CASES.map(({ name, k, a, b }) => {
    const random = seededRandom(`${seed}/${name}`)
    const uniform = () => new DataView(random.bytes(4).buffer).getInt32(0) / 2 ** 31
    const shape = { ...SHAPE, k }
    return {
      name,
      shape,
      a: new Float32Array(shape.m * k).map((_, i) => a(uniform(), i % k)),
      b: new Float32Array(k * shape.n).map((_, i) => b(uniform(), Math.floor(i / shape.n))),
    }
  })
}

/** Largest error of `product` as a share of the deviation allowed. Infinity for what is not finite though it should be. */
export function worstShare({ a, b, shape }: FloatCase, product: Float32Array): number {
  const sumAt = productSums(a, b, shape)
  let worst = 0
  for (const [at, value] of product.entries()) {
    const size = sumAt(at)
    if (!TOLERANCES['matmul-f32'].isDetermined(size)) continue
    const error = Math.abs(value - realSum(a, b, shape, at))
    worst = Math.max(worst, Number.isFinite(value) ? error / TOLERANCES['matmul-f32'].deviation(size) : Infinity)
  }
  return worst
}

/** Products of f32 are exact in f64; their sum is compensated (Neumaier 1974). */
function realSum(a: Matrix, b: Matrix, { k, n }: MatmulShape, at: number): number {
  const [row, col] = [Math.floor(at / n), at % n]
  let sum = 0
  let lost = 0
  for (let p = 0; p < k; p++) {
    const product = (a[row * k + p] ?? 0) * (b[p * n + col] ?? 0)
    const next = sum + product
    lost += Math.abs(sum) >= Math.abs(product) ? sum - next + product : product - next + sum
    sum = next
  }
  return sum + lost
}

/** The same products in f32 on the CPU, each operation rounded: in order, and from the end. */
export const F32_ORDERS: Readonly<Record<string, (from: FloatCase) => Float32Array>> = {
  'f32 in order': (from) => inF32(from, (p) => p),
  'f32 from the end': (from) => inF32(from, (p, k) => k - 1 - p),
}

function inF32({ a, b, shape: { m, k, n } }: FloatCase, place: (p: number, k: number) => number): Float32Array {
  return new Float32Array(m * n).map((_, at) => {
    let sum = 0
    for (let p = 0; p < k; p++) {
      const from = place(p, k)
      const product = Math.fround((a[Math.floor(at / n) * k + from] ?? 0) * (b[from * n + (at % n)] ?? 0))
      sum = Math.fround(sum + product)
    }
    return sum
  })
}
