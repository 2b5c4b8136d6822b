// What every Backend must do: exact int8 products, bounded f32 products, clear refusals, aborts. Run on each backend and each variant.
import { bytesOf } from '#core/bytes.ts'
import { digestBytes } from '#core/digest.ts'
import { type Backend, MAX_INNER_INT8, type MatmulShape } from '#tensor/backend.ts'
import { matmulF32 } from '#tensor/cpu/matmul-f32.ts'
import { matmulInt8 } from '#tensor/cpu/matmul-int8.ts'
import { productSums } from '#tensor/cpu/product-sums.ts'
import { TOLERANCES } from '#tensor/tolerance.ts'
import { areProductsRight, runProducts } from '#tensor/self-test.ts'
import { ClosedError, ShapeError } from '#tensor/shape.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** Around the register and workgroup blocks of the kernels: 1, tile - 1, tile, tile + 1, primes, long and thin. */
const SHAPES: readonly MatmulShape[] = [
  { m: 1, k: 1, n: 1 },
  { m: 3, k: 5, n: 7 },
  { m: 7, k: 4, n: 9 },
  { m: 31, k: 33, n: 32 },
  { m: 63, k: 64, n: 65 },
  { m: 65, k: 63, n: 64 },
  { m: 64, k: 64, n: 64 },
  { m: 127, k: 17, n: 129 },
  { m: 128, k: 128, n: 128 },
  { m: 131, k: 257, n: 137 },
  { m: 1, k: 300, n: 513 },
  { m: 513, k: 300, n: 1 },
  { m: 5, k: 10_007, n: 6 },
]

/** Runs the suite on the backend that `open` opens. */
export function describeBackend(name: string, open: () => Promise<Backend>): void {
  describe(`backend ${name}`, () => {
    let backend: Backend
    beforeAll(async () => {
      backend = await open()
    })
    afterAll(async () => {
      await backend.close()
    })

    describeInt8(() => backend)
    describeF32(() => backend)
    describeSelfTest(() => backend)

    test('behaviour: operations side by side do not disturb one another', async () => {
      const shapes = SHAPES.slice(3, 9)
      const inputs = shapes.map((shape, i) => int8Inputs(shape, 40 + i))
      const results = await Promise.all(inputs.map(({ a, b, shape }) => backend.matmulInt8(a, b, shape)))
      for (const [i, { a, b, shape }] of inputs.entries()) expect(results[i]).toEqual(matmulInt8(a, b, shape))
    })

    test('behaviour: an aborted operation rejects with the reason of the signal, and the next one works', async () => {
      const { a, b, shape } = int8Inputs({ m: 700, k: 512, n: 700 }, 3)
      const already = AbortSignal.abort(new Error('stopped before'))
      await expect(backend.matmulInt8(a, b, shape, { signal: already })).rejects.toThrow('stopped before')
      const controller = new AbortController()
      const running = backend.matmulInt8(a, b, shape, { signal: controller.signal })
      setTimeout(() => controller.abort(new Error('stopped while running')), 0)
      await expect(running).rejects.toThrow('stopped while running')
      const one = new Int8Array([1])
      expect([...(await backend.matmulInt8(one, one, { m: 1, k: 1, n: 1 }))]).toEqual([1])
    })

    test('error: ShapeError', async () => {
      const four = new Int8Array(4)
      for (const shape of [
        { m: 2, k: 2, n: 3 },
        { m: 1, k: 2, n: 2 },
        { m: 0, k: 2, n: 2 },
        { m: 2, k: 2, n: 1.5 },
        { m: -2, k: -2, n: -2 },
      ])
        await expect(backend.matmulInt8(four, four, shape)).rejects.toThrow(ShapeError)
      await expect(backend.matmulF32(new Float32Array(4), new Float32Array(5), { m: 2, k: 2, n: 2 })).rejects.toThrow(
        ShapeError,
      )
    })

    test('error: ResultCapacity', async () => {
      const long = new Int8Array(2 ** 20)
      const product = backend.matmulInt8(long, long, { m: 2 ** 20, k: 1, n: 2 ** 20 })
      await expect(product).rejects.toMatchObject({
        kind: 'capacity',
        message: expect.stringContaining('4398046511104'),
      })
    })

    test('error: ClosedError', async () => {
      const closed = await open()
      await closed.close()
      const one = new Int8Array(1)
      await expect(closed.matmulInt8(one, one, { m: 1, k: 1, n: 1 })).rejects.toThrow(ClosedError)
    })
  })
}

/** Only that its products are right: for each of the many variants of a backend. */
export function describeProducts(name: string, open: () => Promise<Backend>): void {
  describe(`backend ${name}`, () => {
    let backend: Backend
    beforeAll(async () => {
      backend = await open()
    })
    afterAll(async () => {
      await backend.close()
    })

    test('default: every int8 shape equals the reference', async () => {
      for (const shape of SHAPES) {
        const { a, b } = int8Inputs(shape, 11)
        expect(await int8Digest(backend, a, b, shape)).toBe(digestBytes(bytesOf(matmulInt8(a, b, shape))))
      }
    })

    test('default: every f32 shape is within the bound', async () => {
      for (const shape of SHAPES) {
        const { a, b } = f32Inputs(shape, 12)
        expect(worstBoundRatio(await backend.matmulF32(a, b, shape), a, b, shape)).toBeLessThanOrEqual(1)
      }
    })

    describeSelfTest(() => backend)
  })
}

function describeSelfTest(backend: () => Backend): void {
  test('behaviour: passes the self-test', async () => {
    const seed = '7a'.repeat(32)
    expect(areProductsRight(seed, await runProducts(backend(), seed))).toBe(true)
  })
}

function describeInt8(backend: () => Backend): void {
  test.each(SHAPES)('default: int8 $m x $k x $n equals the reference', async (shape) => {
    const { a, b } = int8Inputs(shape, 1)
    expect(await int8Digest(backend(), a, b, shape)).toBe(digestBytes(bytesOf(matmulInt8(a, b, shape))))
  })

  test.each([
    [-128, -128],
    [-128, 127],
    [127, 127],
    [-1, -128],
    [0, -128],
  ])('behaviour: int8 extremes %i by %i', async (x, y) => {
    const shape = { m: 67, k: 131, n: 70 }
    const product = await backend().matmulInt8(
      new Int8Array(shape.m * shape.k).fill(x),
      new Int8Array(shape.k * shape.n).fill(y),
      shape,
    )
    expect(product.every((value) => value === x * y * shape.k)).toBe(true)
  })

  test(`limit: int8 k ${MAX_INNER_INT8} accepted, ${MAX_INNER_INT8 + 1} refused`, async () => {
    const lowest = new Int8Array(MAX_INNER_INT8 + 1).fill(-128)
    const row = lowest.subarray(1)
    const product = await backend().matmulInt8(row, row, { m: 1, k: MAX_INNER_INT8, n: 1 })
    expect([...product]).toEqual([MAX_INNER_INT8 * 2 ** 14])
    await expect(backend().matmulInt8(lowest, lowest, { m: 1, k: MAX_INNER_INT8 + 1, n: 1 })).rejects.toThrow(
      ShapeError,
    )
  })

  test('behaviour: inputs that are views into a larger buffer, off any alignment', async () => {
    const shape = { m: 9, k: 11, n: 13 }
    const { a, b } = int8Inputs(shape, 5)
    const shift = (array: Int8Array<ArrayBuffer>) => {
      const larger = new Int8Array(array.length + 7).fill(99)
      larger.set(array, 3)
      return larger.subarray(3, 3 + array.length)
    }
    expect(await backend().matmulInt8(shift(a), shift(b), shape)).toEqual(matmulInt8(a, b, shape))
  })
}

function describeF32(backend: () => Backend): void {
  test.each(SHAPES)('default: f32 $m x $k x $n within the bound', async (shape) => {
    const { a, b } = f32Inputs(shape, 2)
    expect(worstBoundRatio(await backend().matmulF32(a, b, shape), a, b, shape)).toBeLessThanOrEqual(1)
  })

  test('behaviour: f32 NaN and infinity reach exactly the elements that depend on them', async () => {
    const shape = { m: 66, k: 70, n: 67 }
    const { a, b } = f32Inputs(shape, 6)
    a[2 * shape.k + 3] = Number.NaN
    a[65 * shape.k + 69] = Number.POSITIVE_INFINITY
    b[5 * shape.n + 66] = Number.NEGATIVE_INFINITY
    const product = await backend().matmulF32(a, b, shape)
    const expected = matmulF32(a, b, shape)
    const kind = (value: number) => (Number.isFinite(value) ? 'finite' : String(value))
    expect([...product].map(kind)).toEqual([...expected].map(kind))
  })

  test('behaviour: f32 of small integers is exact', async () => {
    const shape = { m: 33, k: 127, n: 65 }
    const { a, b } = int8Inputs(shape, 8)
    const product = await backend().matmulF32(new Float32Array(a), new Float32Array(b), shape)
    expect([...product]).toEqual([...matmulInt8(a, b, shape)])
  })
}

/** Largest error of `product` as a multiple of its allowance. */
export function worstBoundRatio(
  product: Float32Array,
  a: Float32Array<ArrayBuffer>,
  b: Float32Array<ArrayBuffer>,
  shape: MatmulShape,
): number {
  const expected = matmulF32(a, b, shape)
  const sumAt = productSums(a, b, shape)
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((product[i] ?? Number.NaN) - (expected[i] ?? 0))
    const ratio = difference / TOLERANCES['matmul-f32'].deviation(sumAt(i))
    if (!(ratio <= worst)) worst = ratio
  }
  return worst
}

/** Pseudo-random int8 operands of `shape`; the same for the same `seed`. */
export function int8Inputs(shape: MatmulShape, seed: number) {
  const next = words(seed)
  const a = new Int8Array(shape.m * shape.k).map(() => next() >> 24)
  const b = new Int8Array(shape.k * shape.n).map(() => next() >> 24)
  return { a, b, shape }
}

/** Pseudo-random f32 operands of `shape` in [-1, 1). */
export function f32Inputs(shape: MatmulShape, seed: number) {
  const next = words(seed)
  const a = new Float32Array(shape.m * shape.k).map(() => next() / 2 ** 31)
  const b = new Float32Array(shape.k * shape.n).map(() => next() / 2 ** 31)
  return { a, b, shape }
}

async function int8Digest(backend: Backend, a: Int8Array<ArrayBuffer>, b: Int8Array<ArrayBuffer>, shape: MatmulShape) {
  return digestBytes(bytesOf(await backend.matmulInt8(a, b, shape)))
}

/** mulberry32: 32 signed bits a call. */
function words(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let word = Math.imul(state ^ (state >>> 15), state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return (word ^ (word >>> 14)) | 0
  }
}
