import { type ContentLayout, TILE, contentBytes, partCount, partSpan } from '#core/content.ts'
import { describe, expect, test } from 'vitest'
import {
  type MatrixLayout,
  TileError,
  allocateMatrix,
  matrixOfBytes,
  readTile,
  readTileBytes,
  writeTile,
  writeTileBytes,
} from './tiles.ts'

const SIZES = [1, TILE - 1, TILE, TILE + 1, 521]

describe('tiles', () => {
  test.each(SIZES.flatMap((rows) => SIZES.map((cols) => [rows, cols] as const)))(
    'default: %i x %i read and written back',
    (rows, cols) => {
      for (const dtype of ['i8', 'i32', 'f32'] as const) {
        const layout = { form: 'matrix', dtype, rows, cols } as const
        const matrix = allocateMatrix(dtype, rows * cols).map((_, i) => (i * 31) % 127)
        const back = allocateMatrix(dtype, rows * cols)
        const content: ContentLayout = layout
        let bytes = 0
        for (let index = 0; index < partCount(content); index++) {
          const part = readTileBytes(matrix, layout, index)
          expect(part.length).toBe(partSpan(content, index).length)
          expect(bytes).toBe(partSpan(content, index).offset)
          bytes += part.length
          writeTileBytes(back, layout, index, part)
        }
        expect(bytes).toBe(contentBytes(content))
        expect(back).toEqual(matrix)
      }
    },
  )

  test('behaviour: a tile is row-major', () => {
    const layout = { form: 'matrix', dtype: 'i32', rows: 258, cols: 258 } as const
    const matrix = allocateMatrix('i32', 258 * 258).map((_, i) => i)
    expect([...readTile(matrix, layout, 3)]).toEqual([
      256 * 258 + 256,
      256 * 258 + 257,
      257 * 258 + 256,
      257 * 258 + 257,
    ])
  })

  test('behaviour: bytes off the alignment are copied, others viewed', () => {
    const bytes = new Uint8Array(12)
    new DataView(bytes.buffer).setInt32(5, -7, true)
    expect([...matrixOfBytes('i32', bytes.subarray(5, 9))]).toEqual([-7])
    expect(matrixOfBytes('i32', bytes.subarray(4, 8)).buffer).toBe(bytes.buffer)
  })

  test('error: TileError', () => {
    const layout: MatrixLayout<'i32'> = { form: 'matrix', dtype: 'i32', rows: 2, cols: 3 }
    expect(() => readTile(new Int32Array(5), layout, 0)).toThrow(TileError)
    expect(() => writeTile(new Int32Array(6), layout, 0, new Int32Array(7))).toThrow(TileError)
    expect(() => matrixOfBytes('f32', new Uint8Array(5))).toThrow(TileError)
    expect(() => readTile(new Int32Array(6), layout, 1)).toThrow(RangeError)
  })
})
