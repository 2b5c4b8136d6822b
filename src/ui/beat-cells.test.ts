import { describe, expect, test } from 'vitest'
import type { BeatSlot } from '#node/state.ts'
import { CELL_SLOTS, STRIP_SLOTS, beatCells, slotStartMs } from './beat-cells.ts'

const NOW_SLOT = 30_000_000 + 4 // 30,000,000 is a multiple of 15
const NOW_MS = slotStartMs(NOW_SLOT) + 30_000

function beats(first: number, count: number, state: BeatSlot['state'], isWitnessed = true): BeatSlot[] {
  return Array.from({ length: count }, (_, i) => ({ slot: first + i, state, isWitnessed }))
}

describe('beatCells', () => {
  test('default: a day without beats is 96 empty cells', () => {
    const cells = beatCells([], NOW_MS)
    expect(cells).toHaveLength(STRIP_SLOTS / CELL_SLOTS)
    expect(cells.every((cell) => cell.state === 'none' && cell.beats === 0)).toBe(true)
  })

  test('behaviour: the last cell is the quarter of an hour that now lies in', () => {
    const cells = beatCells(beats(NOW_SLOT, 1, 'working'), NOW_MS)
    expect(cells.at(-1)).toEqual({ slot: 30_000_000, state: 'working', beats: 1, witnessed: 1 })
  })

  test('behaviour: a cell has the state that most of its beats had', () => {
    const cell = beatCells([...beats(29_999_985, 9, 'idle', false), ...beats(29_999_994, 6, 'working')], NOW_MS).at(-2)
    expect(cell).toEqual({ slot: 29_999_985, state: 'idle', beats: 15, witnessed: 6 })
  })

  test('limit: the first slot of the day counts, the one before it and the one after now do not', () => {
    const first = 30_000_000 + CELL_SLOTS - STRIP_SLOTS
    const counted = (slot: number) =>
      beatCells(beats(slot, 1, 'idle'), NOW_MS).reduce((sum, cell) => sum + cell.beats, 0)
    expect(counted(first)).toBe(1)
    expect(counted(first - 1)).toBe(0)
    expect(counted(30_000_000 + CELL_SLOTS - 1)).toBe(1)
    expect(counted(30_000_000 + CELL_SLOTS)).toBe(0)
  })
})
