import type { MatmulShape } from '#tensor/backend.ts'
import { describe, expect, test } from 'vitest'
import { BAND_BYTES, bandSizes, bandsOf, slicesOf } from './matmul-plan.ts'

const SHAPES: readonly MatmulShape[] = [
  { m: 1, k: 1, n: 1 },
  { m: 4096, k: 4096, n: 4096 },
  { m: 4097, k: 131_071, n: 4095 },
  { m: 1, k: 131_071, n: 1 },
  { m: 1, k: 7, n: 1_048_576 },
  { m: 1_048_576, k: 7, n: 1 },
  { m: 20_000, k: 3, n: 20_000 },
]

describe('matmul-plan', () => {
  test.each(SHAPES)('limit: no buffer of $m x $k x $n is larger than a band', (shape) => {
    for (const elementBytes of [1, 4]) {
      const { rows, cols, inner } = bandSizes(shape, elementBytes)
      for (const bytes of [rows * inner * elementBytes, inner * cols * elementBytes, rows * cols * 4])
        expect(bytes).toBeLessThanOrEqual(BAND_BYTES)
      expect(inner === shape.k || inner % 4 === 0).toBe(true)
    }
  })

  test.each(SHAPES)('behaviour: the bands of $m x $k x $n cover it once', (shape) => {
    const sizes = bandSizes(shape, 1)
    let products = 0
    let lastInnerEnd = 0
    for (const { rows, cols, inner } of bandsOf(shape, sizes)) {
      expect(inner.start).toBe(lastInnerEnd === shape.k ? 0 : lastInnerEnd)
      lastInnerEnd = inner.start + inner.size
      expect(rows.start + rows.size).toBeLessThanOrEqual(shape.m)
      expect(cols.start + cols.size).toBeLessThanOrEqual(shape.n)
      products += rows.size * cols.size * inner.size
    }
    expect(products).toBe(shape.m * shape.k * shape.n)
  })

  test.each([
    [1, 1, 1],
    [7, 5, 3],
    [7, 5, 7],
    [7, 5, 20],
    [7, 5, 1000],
  ])('behaviour: slices of a %i x %i grid, %i at a time, cover it once', (across, down, workgroups) => {
    const covered = new Set<string>()
    for (const { row, col, rows, cols } of slicesOf(across, down, () => workgroups)) {
      expect(rows * cols).toBeLessThanOrEqual(workgroups)
      for (let y = row; y < row + rows; y++) for (let x = col; x < col + cols; x++) covered.add(`${x} ${y}`)
    }
    expect(covered.size).toBe(across * down)
  })
})
