// Pooling against floats, and at its edges.
import { describe, expect, test } from 'vitest'
import { seededRandom } from '#core/random.ts'
import { MAX_POOLED_ROWS, MeanPool, VECTOR_ONE } from './mean-pool.ts'

const random = seededRandom('mean-pool')
const WIDTH = 24
const scale = { m: 2 ** 30, e: 30 }

/** Integers of up to `bits` bits. */
function integers(count: number, bits: number): Int32Array<ArrayBuffer> {
  return new Int32Array(random.bytes(4 * count).buffer).map((x) => x >> (32 - bits))
}

function pooled(rows: readonly Int32Array[], q: Int32Array<ArrayBuffer>, epsilon = 1n): number[] {
  const pool = new MeanPool({ gain: { q, scale }, epsilon })
  for (const row of rows) pool.add(row)
  return [...pool.vector()]
}

/** The same in doubles: mean of x / sqrt(Σx² + 1)·g, normalised. */
function expected(rows: readonly Int32Array[], q: Int32Array): number[] {
  const sums = [...q].map((gain, i) =>
    rows.reduce((sum, row) => sum + (gain * (row[i] ?? 0)) / Math.hypot(...row, 1), 0),
  )
  const length = Math.hypot(...sums)
  return sums.map((sum) => (VECTOR_ONE * sum) / length)
}

describe('MeanPool', () => {
  test.each([4, 12, 20, 31])('default: within a rounding of doubles, rows of %i bits', (bits) => {
    const q = integers(WIDTH, 31)
    const rows = Array.from({ length: 9 }, () => integers(WIDTH, bits))
    const vector = pooled(rows, q)
    for (const [i, value] of expected(rows, q).entries()) expect(Math.abs((vector[i] ?? 0) - value)).toBeLessThan(0.501)
  })

  test('behaviour: the order of rows and a common factor of two do not matter', () => {
    const q = integers(WIDTH, 31)
    const rows = Array.from({ length: 5 }, () => integers(WIDTH, 20))
    expect(pooled(rows.toReversed(), q)).toEqual(pooled(rows, q))
    expect(pooled([...rows, ...rows], q)).toEqual(pooled(rows, q))
  })

  test('behaviour: zeros stay zeros, one component alone is one', () => {
    const ones = new Int32Array(4).fill(2 ** 30)
    expect(pooled([new Int32Array(4)], ones)).toEqual([0, 0, 0, 0])
    expect(pooled([Int32Array.of(0, -5, 0, 0)], ones)).toEqual([0, -VECTOR_ONE, 0, 0])
    expect(pooled([Int32Array.of(1, 1, 0, 0)], new Int32Array(4))).toEqual([0, 0, 0, 0])
  })

  test('behaviour: extremes of the residual stream', () => {
    const most = 2 ** 30 - 1
    const q = new Int32Array(2).fill(2 ** 30)
    expect(pooled([Int32Array.of(most, -most)], q)).toEqual([23_170, -23_170])
  })

  test(`limit: ${MAX_POOLED_ROWS} rows accepted, one more refused`, () => {
    const pool = new MeanPool({ gain: { q: Int32Array.of(2 ** 30), scale }, epsilon: 1n })
    const row = Int32Array.of(7)
    for (let i = 0; i < MAX_POOLED_ROWS; i++) pool.add(row)
    expect([...pool.vector()]).toEqual([VECTOR_ONE])
    expect(() => pool.add(row)).toThrow(RangeError)
  })
})
