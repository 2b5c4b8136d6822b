import { describe, expect, test } from 'vitest'
import { randomInt, seededRandom } from '#core/random.ts'
import { matmulInt8 } from '#tensor/cpu/matmul-int8.ts'
import { firstWrongRow, freivaldsOperations, int8SumBound } from './freivalds.ts'

const random = seededRandom('freivalds')

function product(m: number, k: number, n: number, fill?: number) {
  const matrix = (length: number) =>
    fill === undefined ? new Int8Array(random.bytes(length).buffer) : new Int8Array(length).fill(fill)
  const [a, b] = [matrix(m * k), matrix(k * n)]
  return { a, b, shape: { m, k, n }, c: matmulInt8(a, b, { m, k, n }) }
}

function check({ a, b, c, shape }: ReturnType<typeof product>, seed = 'check'): number | null {
  return firstWrongRow(a, b, c, shape, seededRandom(seed))
}

describe('Freivalds', () => {
  test.each([
    [1, 1, 1],
    [3, 17, 5],
    [31, 64, 33],
    [130, 257, 65],
    [2, 70_001, 3],
  ])('default: a right product of %i x %i x %i passes', (m, k, n) => {
    expect(check(product(m, k, n))).toBeNull()
    expect(check(product(m, k, n, -128))).toBeNull()
  })

  test('behaviour: one entry that is off by anything is found, in its row', () => {
    for (let trial = 0; trial < 200; trial++) {
      const right = product(9, 40, 11)
      const at = randomInt(random, right.c.length)
      const delta = [1, -1, 2 ** 20, -65_536, 1 + randomInt(random, 2 ** 31)][trial % 5] ?? 1
      right.c[at] = (right.c[at] ?? 0) + delta
      expect(check(right, `trial ${trial}`)).toBe(Math.floor(at / 11))
    }
  })

  test('behaviour: differences by the prime are found: out of range, or by the second prime', () => {
    const short = product(4, 64, 4)
    short.c[5] = (short.c[5] ?? 0) - 2_147_483_647
    expect(check(short)).toBe(1)
    const long = product(2, 131_071, 2, 127)
    // Within the range that sums of that length may have.
    long.c[3] = (long.c[3] ?? 0) - 2_147_483_647
    expect(Math.abs(long.c[3])).toBeLessThanOrEqual(int8SumBound(131_071))
    expect(check(long)).toBe(1)
  })

  test('behaviour: swapped rows, a shifted row and zeros are found', () => {
    const right = product(6, 30, 7)
    const rows = Array.from({ length: 6 }, (_, row) => right.c.slice(7 * row, 7 * row + 7))
    const swapped = right.c.slice()
    swapped.set(rows[1] ?? [], 0)
    swapped.set(rows[0] ?? [], 7)
    expect(check({ ...right, c: swapped })).toBe(0)
    expect(check({ ...right, c: new Int32Array(right.c.length) })).toBe(0)
    const shifted = right.c.slice()
    shifted.set([...(rows[5] ?? []).slice(1), 0], 35)
    expect(check({ ...right, c: shifted })).toBe(5)
  })

  test('limit: sums as large as they can be pass, one more does not', () => {
    const right = product(1, 100, 1, -128)
    expect(right.c[0]).toBe(int8SumBound(100))
    right.c[0] = int8SumBound(100) + 1
    expect(check(right)).toBe(0)
  })

  test('behaviour: it takes a thousandth of the operations at 1,024', () => {
    const operations = freivaldsOperations({ m: 1024, k: 1024, n: 1024 })
    expect(Number(2n * 1024n ** 3n) / Number(operations)).toBeGreaterThan(340)
  })
})
