import { describe, expect, test } from 'vitest'
import { bytesOf } from './bytes.ts'
import {
  CHUNK_BYTES,
  type ContentLayout,
  type DType,
  LayoutError,
  MAX_CONTENT_BYTES,
  MAX_DIM,
  TILE,
  assertLayout,
  contentBytes,
  contentId,
  contentIdFromRoot,
  elementBytes,
  partCount,
  partSpan,
  tileSpan,
} from './content.ts'
import { leafDigest, merkleProof, merkleRoot, verifyMerkleProof } from './merkle.ts'

const blob = (sizeBytes: number): ContentLayout => ({ form: 'blob', sizeBytes })
const matrix = (rows: number, cols: number, dtype: DType = 'i8') =>
  ({ form: 'matrix', dtype, rows, cols }) satisfies ContentLayout

const DIMS = [1, TILE - 1, TILE, TILE + 1, 2 * TILE, 613]
const LAYOUTS: ContentLayout[] = [
  ...[0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 1_000_003].map(blob),
  ...DIMS.flatMap((rows) => DIMS.flatMap((cols) => (['i8', 'i32'] as const).map((dtype) => matrix(rows, cols, dtype)))),
]

test.each(LAYOUTS)('behaviour: parts tile the bytes exactly: %o', (layout) => {
  let offset = 0
  for (let index = 0; index < partCount(layout); index++) {
    const span = partSpan(layout, index)
    expect(span.offset).toBe(offset)
    expect(span.length).toBeGreaterThan(0)
    offset += span.length
  }
  expect(offset).toBe(contentBytes(layout))
})

test.each(DIMS.flatMap((rows) => DIMS.map((cols) => [rows, cols] as const)))(
  'behaviour: tiles cover each element of %d x %d once',
  (rows, cols) => {
    const seen = new Uint8Array(rows * cols)
    for (let index = 0; index < partCount(matrix(rows, cols)); index++) {
      const tile = tileSpan({ rows, cols }, index)
      expect(tile.rows * tile.cols).toBe(partSpan(matrix(rows, cols), index).length)
      for (let row = tile.row; row < tile.row + tile.rows; row++)
        for (let col = tile.col; col < tile.col + tile.cols; col++)
          seen[row * cols + col] = (seen[row * cols + col] ?? 0) + 1
    }
    expect(seen.every((times) => times === 1)).toBe(true)
  },
)

test('default', () => {
  expect(partCount(blob(0))).toBe(0)
  expect(partSpan(blob(CHUNK_BYTES + 1), 1)).toEqual({ offset: CHUNK_BYTES, length: 1 })
  expect(tileSpan({ rows: 300, cols: 600 }, 5)).toEqual({ row: 256, col: 512, rows: 44, cols: 88 })
  expect(partSpan(matrix(300, 600, 'i32'), 5)).toEqual({ offset: (256 * 600 + 44 * 512) * 4, length: 44 * 88 * 4 })
  expect([elementBytes('i8'), elementBytes('i32'), elementBytes('f32')]).toEqual([1, 4, 4])
})

test.each([-1, 2, 0.5, Number.NaN])('error: RangeError for part %d of 2', (index) => {
  expect(() => partSpan(blob(CHUNK_BYTES + 1), index)).toThrow(RangeError)
})

describe('ids', () => {
  const leaves = [leafDigest(Uint8Array.of(1)), leafDigest(Uint8Array.of(2))]

  test('behaviour: an id binds form, dtype, shape and bytes', () => {
    const ids = [
      contentId(matrix(256, 512), leaves),
      contentId(matrix(512, 256), leaves),
      contentId(matrix(256, 511), leaves),
      contentId(matrix(256, 512, 'i32'), leaves),
      contentId(matrix(256, 512, 'f32'), leaves),
      contentId(matrix(256, 512), leaves.toReversed()),
      contentId(blob(2 * CHUNK_BYTES), leaves),
      contentId(blob(2 * CHUNK_BYTES - 1), leaves),
    ]
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('behaviour: the root and one path prove one part', () => {
    const root = merkleRoot(leaves)
    expect(contentIdFromRoot(blob(2 * CHUNK_BYTES), root)).toBe(contentId(blob(2 * CHUNK_BYTES), leaves))
    const [first] = leaves
    expect(first && verifyMerkleProof(first, 0, 2, merkleProof(leaves, 0), root)).toBe(true)
  })

  test('error: RangeError unless there is one leaf a part', () => {
    expect(() => contentId(blob(CHUNK_BYTES), leaves)).toThrow(RangeError)
    expect(() => contentId(blob(2 * CHUNK_BYTES + 1), leaves)).toThrow(RangeError)
    expect(contentId(blob(0), [])).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('assertLayout', () => {
  test('limit: 1 and 2^20 rows accepted, 0 and 2^20 + 1 refused', () => {
    for (const dim of [1, MAX_DIM]) {
      expect(() => assertLayout(matrix(dim, 1))).not.toThrow()
      expect(() => assertLayout(matrix(1, dim))).not.toThrow()
    }
    for (const dim of [0, -1, 1.5, Number.NaN, MAX_DIM + 1]) {
      expect(() => assertLayout(matrix(dim, 1))).toThrow(LayoutError)
      expect(() => assertLayout(matrix(1, dim))).toThrow(LayoutError)
    }
  })

  test('limit: 16 GiB accepted, a byte or a row more refused', () => {
    expect(() => assertLayout(blob(MAX_CONTENT_BYTES))).not.toThrow()
    expect(() => assertLayout(matrix(MAX_DIM, 1 << 12, 'i32'))).not.toThrow()
    for (const layout of [blob(MAX_CONTENT_BYTES + 1), blob(-1), blob(0.5), matrix(MAX_DIM, (1 << 12) + 1, 'f32')])
      expect(() => assertLayout(layout)).toThrow(LayoutError)
  })
})

test('behaviour: bytes of a typed array are little endian here, as contents demand', () => {
  expect(bytesOf(new Int32Array([1]))).toEqual(Uint8Array.of(1, 0, 0, 0))
})
