import { describe, expect, test } from 'vitest'
import { MAX_CELLS, type PartState, partCells } from './part-cells.ts'

const parts = (count: number, change: Readonly<Record<number, PartState>> = {}) =>
  Array.from({ length: count }, (_, at): PartState => change[at] ?? 'same')

describe('part cells', () => {
  test('default: a cell a part', () => {
    expect(partCells(parts(3, { 1: 'different', 2: 'open' }))).toEqual([
      { from: 0, to: 0, state: 'same' },
      { from: 1, to: 1, state: 'different' },
      { from: 2, to: 2, state: 'open' },
    ])
    expect(partCells([])).toEqual([])
  })

  test(`limit: ${MAX_CELLS} parts are ${MAX_CELLS} cells, one more makes cells of two`, () => {
    expect(partCells(parts(MAX_CELLS))).toHaveLength(MAX_CELLS)
    const cells = partCells(parts(MAX_CELLS + 1))
    expect(cells).toHaveLength(MAX_CELLS / 2 + 1)
    expect(cells.at(-1)).toEqual({ from: MAX_CELLS, to: MAX_CELLS, state: 'same' })
  })

  test('behaviour: one part that differs is never lost in its cell, nor one that is open', () => {
    const cells = partCells(parts(4_096, { 4_000: 'different', 17: 'open' }))
    expect(cells.filter(({ state }) => state === 'different')).toEqual([{ from: 4_000, to: 4_015, state: 'different' }])
    expect(cells.filter(({ state }) => state === 'open')).toEqual([{ from: 16, to: 31, state: 'open' }])
  })
})
