// The kernel self-test: products that have broken drivers before (odd sizes, extreme values, long sums), from a seed that the tester
// chose, folded into one digest. Integers only, so every correct backend gives the same.
import { bytesOf, fromHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest, digestBytes, digestOf, sha256 } from '#core/digest.ts'
import { type Backend, MAX_INNER_INT8, type MatmulShape, type OperationOptions } from './backend.ts'
import { matmulInt8 } from './cpu/matmul-int8.ts'

/** How the inputs of a case are filled. */
type Fill = 'random' | 'lowest' | 'extremes'

type SelfTestCase = MatmulShape & { readonly fill: Fill }

/** Around the block sizes of kernels and the edges of the number range; about 10^7 multiplications in all. */
const CASES: readonly SelfTestCase[] = [
  { m: 1, k: 1, n: 1, fill: 'lowest' },
  { m: 1, k: MAX_INNER_INT8, n: 1, fill: 'lowest' },
  { m: 3, k: 16_387, n: 5, fill: 'extremes' },
  { m: 31, k: 65, n: 33, fill: 'random' },
  { m: 64, k: 64, n: 64, fill: 'extremes' },
  { m: 127, k: 131, n: 129, fill: 'random' },
  { m: 17, k: 8_191, n: 13, fill: 'random' },
  { m: 1, k: 509, n: 257, fill: 'random' },
  { m: 257, k: 3, n: 1, fill: 'extremes' },
  { m: 128, k: 256, n: 255, fill: 'random' },
]

/** Digest of the self-test's products for `seed` (32 bytes in hex) on `backend`. */
export async function runSelfTest(backend: Backend, seed: string, options?: OperationOptions): Promise<Digest> {
  const results: Digest[] = []
  for (const { a, b, shape } of inputsOf(seed))
    results.push(digestBytes(bytesOf(await backend.matmulInt8(a, b, shape, options))))
  return foldResults(seed, results)
}

/** What {@link runSelfTest} must return for `seed`, by the reference kernel; about 50 ms. */
export function expectedSelfTest(seed: string): Digest {
  const results: Digest[] = []
  for (const { a, b, shape } of inputsOf(seed)) results.push(digestBytes(bytesOf(matmulInt8(a, b, shape))))
  return foldResults(seed, results)
}

function foldResults(seed: string, results: readonly Digest[]): Digest {
  return digestOf('self-test', { seed, results })
}

type Inputs = { a: Int8Array<ArrayBuffer>; b: Int8Array<ArrayBuffer>; shape: MatmulShape }

function* inputsOf(seed: string): Generator<Inputs> {
  const nextWord = words(fromHex(seed, DIGEST_BYTES))
  for (const { m, k, n, fill } of CASES) {
    const fillMatrix = (length: number): Int8Array<ArrayBuffer> => {
      if (fill === 'lowest') return new Int8Array(length).fill(-128)
      const values = new Int8Array(length).map(() => nextWord() >> 24)
      // Only -128 and 127: the largest products of either sign, in random order.
      return fill === 'random' ? values : values.map((value) => (value < 0 ? -128 : 127))
    }
    yield { a: fillMatrix(m * k), b: fillMatrix(k * n), shape: { m, k, n } }
  }
}

/** 32-bit words of xorshift128 (Marsaglia 2003), its state the seed's digest: good enough to fill matrices, and 50 times faster than hashing. */
function words(seed: Uint8Array): () => number {
  const state = new DataView(sha256(seed).slice().buffer)
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
