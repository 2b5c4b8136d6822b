import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { consistencyPath, rootAt, verifyConsistency } from './log-tree.ts'
import { TileError, decodeBundle, encodeBundle, parseTilePath, tileNodes, tilePath, tileWidth } from './tiles.ts'

describe('tiles', () => {
  test('vector: the paths and widths that the specification gives', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067')
    const widths = (level: number, indexes: readonly number[]) =>
      indexes.map((index) => tileWidth({ level, index }, 70_000))
    expect(widths(0, [0, 272, 273, 274])).toEqual([256, 256, 112, 0])
    expect(widths(1, [0, 1, 2])).toEqual([256, 17, 0])
    expect(widths(2, [0, 1])).toEqual([1, 0])
    expect([0, 1].map((level) => tileWidth({ level, index: 0 }, 256))).toEqual([256, 1])
    expect(tileWidth({ level: 'entries', index: 273 }, 70_000)).toBe(112)
  })

  test('behaviour: every name has one path, up to 2^53 leaves', () => {
    const name = fc.record({
      level: fc.oneof(fc.constant('entries' as const), fc.nat({ max: 63 })),
      index: fc.maxSafeNat(),
      width: fc.integer({ min: 1, max: 256 }),
    })
    fc.assert(
      fc.property(name, (each) => {
        expect(parseTilePath(tilePath(each))).toEqual(each)
      }),
    )
  })

  test('error: no name for other paths', () => {
    for (const path of [
      '',
      'tile/0',
      'tile/0/0',
      'tile/00/000',
      'tile/64/000',
      'tile/0/x000/000',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/000.p/01',
      'tile/entries/1',
      'tile/0/-01',
      'tile/0/x009/x007/x199/x254/x740/992',
    ])
      expect(parseTilePath(path)).toBeUndefined()
  })

  test('limit: bundles of none and of the longest entries; a cut one is refused', () => {
    const entries = [new Uint8Array(), new Uint8Array(0xffff).fill(7), Uint8Array.of(1)]
    const bytes = encodeBundle(entries)
    expect(decodeBundle(bytes, 3)).toEqual(entries)
    expect(decodeBundle(new Uint8Array(), 0)).toEqual([])
    for (const width of [2, 4]) expect(() => decodeBundle(bytes, width)).toThrow(TileError)
    expect(() => decodeBundle(bytes.slice(0, -1), 3)).toThrow('ends within an entry')
  })

  test('limit: 2^53 - 1 leaves are proven from seven partial tiles', async () => {
    const size = Number.MAX_SAFE_INTEGER
    const read: string[] = []
    // Peaks are parts of partial tiles only, so that made-up digests fit together.
    const reader = tileNodes({
      readTiles: async (keys) =>
        keys.map((key) => {
          const width = tileWidth(key, size)
          read.push(tilePath({ ...key, width }))
          return new Uint8Array(width * 32).map((_, at) => (at * 7 + key.level) % 251)
        }),
    })
    const [old, root] = [await rootAt(reader, size - 1), await rootAt(reader, size)]
    const path = await consistencyPath(reader, size - 1, size)
    expect(verifyConsistency({ size: size - 1, root: old }, { size, root }, path)).toBe(true)
    expect(verifyConsistency({ size: size - 1, root }, { size, root }, path)).toBe(false)
    const widths = new Set(read.map((name) => name.replace(/^tile\/(\d).*\.p\//, '$1:')))
    expect(widths).toEqual(new Set(['0:255', '1:255', '2:255', '3:255', '4:255', '5:255', '6:31']))
  })

  test('error: Tile for one that is too short', async () => {
    const short = { readTiles: async () => [new Uint8Array(32)] }
    await expect(tileNodes(short).read([{ level: 1, index: 0 }])).rejects.toThrow(TileError)
    await expect(tileNodes(short).read([{ level: 0, index: 0 }])).resolves.toEqual(['00'.repeat(32)])
  })
})
