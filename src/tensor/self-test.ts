// Matrix products that test a device's kernels: sizes around those of blocks and tiles, long sums and extreme values, all of them from a
// seed that the tester chose. Integer products are folded into one digest; float ones are handed over and held against the bounds.
import { bytesOf, fromHex, toHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest, digestBytes, digestOf, sha256 } from '#core/digest.ts'
import { type Backend, MAX_INNER_INT8, type MatmulShape, type OperationOptions } from './backend.ts'
import { matmulF32 } from './cpu/matmul-f32.ts'
import { matmulInt8 } from './cpu/matmul-int8.ts'
import { productSums } from './cpu/product-sums.ts'
import { canBothBeCorrect } from './tolerance.ts'

/** What a device answers: a digest of its int8 products, and the bytes of its f32 products in hex, little endian. */
export type ProductAnswer = { readonly digest: Digest; readonly floats: string }

const MAX_FLOAT_SIDE = 17
const MAX_FLOAT_INNER = 4_099

/** Longest text of the f32 products: three of them, eight digits a value. */
export const MAX_FLOATS_LENGTH = 3 * MAX_FLOAT_SIDE ** 2 * 8

/** How the int8 operands of a case are filled. */
type Fill = 'random' | 'lowest' | 'extremes'

/** Sizes that kernels cut at: a case is one less, equal or one more. */
const CUTS = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const

/** int8 products besides the longest sum; every second one has extreme values. */
const INT8_CASES = 14

/** Multiplications of one product: {@link INT8_CASES} of them take the reference some 50 ms. */
const MAX_MULTIPLICATIONS = 2 ** 20

/** The products of `seed` (32 bytes in hex) on `backend`. */
export async function runProducts(backend: Backend, seed: string, options?: OperationOptions): Promise<ProductAnswer> {
  const digests: Digest[] = []
  for (const { a, b, shape } of int8Cases(seed))
    digests.push(digestBytes(bytesOf(await backend.matmulInt8(a, b, shape, options))))
  const floats: string[] = []
  for (const { a, b, shape } of floatCases(seed))
    floats.push(toHex(bytesOf(await backend.matmulF32(a, b, shape, options))))
  return { digest: fold(seed, digests), floats: floats.join('') }
}

/** Whether `answer` is what correct kernels give for `seed`; about 50 ms. */
export function areProductsRight(seed: string, answer: ProductAnswer): boolean {
  const digests = [...int8Cases(seed)].map(({ a, b, shape }) => digestBytes(bytesOf(matmulInt8(a, b, shape))))
  return answer.digest === fold(seed, digests) && areFloatsRight(seed, answer.floats)
}

function areFloatsRight(seed: string, floats: string): boolean {
  let at = 0
  for (const { a, b, shape } of floatCases(seed)) {
    const length = shape.m * shape.n * 8
    const text = floats.slice(at, at + length)
    at += length
    if (!/^[0-9a-f]*$/.test(text) || text.length !== length) return false
    const values = new Float32Array(fromHex(text, length / 2).slice().buffer)
    const expected = matmulF32(a, b, shape)
    const sumAt = productSums(a, b, shape)
    if (!values.every((value, i) => canBothBeCorrect('matmul-f32', sumAt(i), value, expected[i] ?? 0))) return false
  }
  return at === floats.length
}

function fold(seed: string, results: readonly Digest[]): Digest {
  return digestOf('self-test-products', { seed, results })
}

type Case<T> = { readonly a: T; readonly b: T; readonly shape: MatmulShape }

/** The longest sum of the largest products, then products of sizes that the seed draws. */
function* int8Cases(seed: string): Generator<Case<Int8Array<ArrayBuffer>>> {
  const next = words(seed, 'int8')
  for (let i = 0; i <= INT8_CASES; i++) {
    const shape = i === 0 ? { m: 1, k: MAX_INNER_INT8, n: 1 } : drawnShape(next)
    const fill: Fill = i === 0 ? 'lowest' : i % 2 === 0 ? 'extremes' : 'random'
    yield {
      a: int8Values(next, shape.m * shape.k, fill),
      b: int8Values(next, shape.k * shape.n, fill),
      shape,
    }
  }
}

function drawnShape(next: () => number): MatmulShape {
  const [m, n] = [drawnSide(next), drawnSide(next)]
  const most = Math.min(MAX_INNER_INT8, Math.floor(MAX_MULTIPLICATIONS / (m * n)))
  // Half of them short, around the cuts; half as long as the case may be.
  const k = below(next, 2) === 0 ? drawnSide(next) : 1 + below(next, most)
  return { m, k: Math.min(k, most), n }
}

function drawnSide(next: () => number): number {
  return Math.max(1, (CUTS[below(next, CUTS.length)] ?? 1) + below(next, 3) - 1)
}

function int8Values(next: () => number, length: number, fill: Fill): Int8Array<ArrayBuffer> {
  if (fill === 'lowest') return new Int8Array(length).fill(-128)
  const values = new Int8Array(length).map(() => next() >> 24)
  // Only -128 and 127: the largest products of either sign, in random order.
  return fill === 'random' ? values : values.map((value) => (value < 0 ? -128 : 127))
}

/** Even values, values of all magnitudes, and sums that cancel. */
function* floatCases(seed: string): Generator<Case<Float32Array<ArrayBuffer>>> {
  const next = words(seed, 'f32')
  const even = () => next() / 2 ** 31
  const fills = [even, () => even() * 2 ** (below(next, 80) - 40), () => 1e6 + even()]
  for (const fill of fills) {
    const shape = {
      m: 1 + below(next, MAX_FLOAT_SIDE),
      k: 1 + below(next, MAX_FLOAT_INNER),
      n: 1 + below(next, MAX_FLOAT_SIDE),
    }
    const a = new Float32Array(shape.m * shape.k).map(fill)
    const b = new Float32Array(shape.k * shape.n).map((_, i) => fill() * (i % 2 === 0 ? 1 : -1))
    yield { a, b, shape }
  }
}

function below(next: () => number, bound: number): number {
  return (next() >>> 0) % bound
}

/** 32-bit words of xorshift128 (Marsaglia 2003), its state a digest of the seed: good enough to fill matrices, and 50 times faster than hashing. */
function words(seed: string, purpose: string): () => number {
  const state = new DataView(sha256(fromHex(seed, DIGEST_BYTES), new TextEncoder().encode(purpose)).slice().buffer)
  let x = state.getInt32(0) | 1
  let y = state.getInt32(4)
  let z = state.getInt32(8)
  let w = state.getInt32(12)
  return () => {
    const t = x ^ (x << 11)
    x = y
    y = z
    z = w
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8)
    return w
  }
}
