// What the bounds of an f32 product depend on, element by element: its magnitude sums, and how much of them subnormal operands make.
import type { MatmulShape } from '#tensor/backend.ts'
import { type ProductSum, isSubnormal } from '#tensor/tolerance.ts'
import { matmulF32 } from './matmul-f32.ts'

type Matrix = Float32Array<ArrayBuffer>

/** Sums were rounded to f32, once: one unit in the last place more covers it, and the smallest subnormal where that is more. */
const ROUNDED_UP = 1 + 2 ** -23
const SMALLEST = 2 ** -149

/** Describes every element of A (m, k) · B (k, n), row by row. */
export function productSums(a: Matrix, b: Matrix, shape: MatmulShape): (at: number) => ProductSum {
  const sizes = { a: a.map(Math.abs), b: b.map(Math.abs) }
  const magnitudes = matmulF32(sizes.a, sizes.b, shape)
  const lost = subnormalSums(sizes.a, sizes.b, shape)
  return (at) => ({
    k: shape.k,
    magnitude: (magnitudes[at] ?? 0) * ROUNDED_UP + SMALLEST,
    subnormal:
      lost === undefined ? 0 : (lost[0][at] ?? 0) * ROUNDED_UP + (lost[1][at] ?? 0) * ROUNDED_UP + 2 * SMALLEST,
  })
}

/** The sums with a subnormal of A and, of the others, with one of B; undefined when there is none. */
function subnormalSums(a: Matrix, b: Matrix, shape: MatmulShape): readonly [Matrix, Matrix] | undefined {
  if (!a.some(isSubnormal) && !b.some(isSubnormal)) return undefined
  const small = (value: number) => (isSubnormal(value) ? value : 0)
  const normal = (value: number) => (isSubnormal(value) ? 0 : value)
  return [matmulF32(a.map(small), b, shape), matmulF32(a.map(normal), b.map(small), shape)]
}
