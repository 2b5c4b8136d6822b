import { readFile } from 'node:fs/promises'
import { concat, utf8 } from '#core/bytes.ts'
import { TILE, elementBytes, partCount } from '#core/content.ts'
import { type MatrixLayout, allocateMatrix, matrixOfBytes, writeTileBytes } from '#tensor/tiles.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_NPY_HEADER_BYTES, NpyError, encodeNpyHeader } from './npy-header.ts'
import { NpyIncompleteError, NpyPartError, createNpy } from './npy-writer.ts'
import type { ByteSource } from '#core/byte-source.ts'
import { NPY_WINDOW_BYTES, openNpy, readTiles } from './npy.ts'

const FOLDER = new URL('../../test/vectors/npy/', import.meta.url)

describe('reading .npy', () => {
  test.each([
    ['int8-c-v1', 3, 5],
    ['int8-c-v2', 3, 5],
    ['int8-c-v3', 3, 5],
    ['int8-fortran', 3, 5],
    ['int8-fortran-257x259', 257, 259],
    ['int32-c', 3, 5],
    ['float32-c', 3, 5],
    ['float32-fortran', 3, 5],
    ['float32-big-endian', 3, 5],
  ])('vector: %s', async (name, rows, cols) => {
    const matrix = await openNpy(bufferSource(await vector(name)))
    expect([matrix.rows, matrix.cols]).toEqual([rows, cols])
    expect(matrix.isFortranOrder).toBe(name.includes('fortran'))
    expect(await elementsOf(matrix)).toEqual(expectedElements(rows, cols, name.startsWith('float32') ? 4 : 1))
  })

  test.each([
    ['refused-object', 'pickled'],
    ['refused-float64', 'dtype "<f8"; convert them to int8 or float32'],
    ['refused-records', 'records of several fields'],
    ['refused-1d', 'shape (5,) of 1 dimensions; a matrix has two'],
    ['refused-3d', 'shape (2, 3, 4) of 3 dimensions'],
    ['refused-0d', 'shape () of 0 dimensions'],
    ['refused-empty', 'empty'],
  ])('error: %s', async (name, message) => {
    const error = await openNpy(bufferSource(await vector(name))).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(NpyError)
    expect(error).toMatchObject({ kind: 'input', message: expect.stringContaining(message) as unknown })
  })

  test('error: NaN and infinity, with their places', async () => {
    const nan = await openNpy(bufferSource(await vector('float32-nan')))
    await expect(nan.readPart(0)).rejects.toThrow('NaN at row 1, column 1')
    const infinity = await openNpy(bufferSource(await vector('float32-infinity')))
    await expect(infinity.readPart(0)).rejects.toThrow('infinity at row 0, column 1')
  })

  test('behaviour: every truncation of a file is refused', async () => {
    const bytes = await vector('int8-c-v1')
    for (let length = 0; length < bytes.length; length++)
      await expect(openNpy(bufferSource(bytes.slice(0, length))), `${length} bytes`).rejects.toThrow(NpyError)
  })

  test('error: trailing bytes', async () => {
    const bytes = concat(await vector('int8-c-v1'), Uint8Array.of(0))
    await expect(openNpy(bufferSource(bytes))).rejects.toThrow('has 144 bytes; a 3 x 5 matrix of i8')
  })

  test('error: a shape that lies is refused before anything is allocated', async () => {
    for (const shape of ['(1048576, 16384)', '(4, 5)']) {
      const source = npyFile({ shape }, new Uint8Array(15))
      await expect(openNpy(source)).rejects.toThrow('bytes; a ')
      expect(source.longestRead).toBeLessThan(200)
    }
  })

  test('limit: dimension 1048576 accepted, 1048577 refused', async () => {
    const matrix = await openNpy(npyFile({ shape: '(1, 1048576)' }, new Uint8Array(1_048_576)))
    expect(matrix.cols).toBe(1_048_576)
    await expect(openNpy(npyFile({ shape: '(1, 1048577)' }, new Uint8Array(1)))).rejects.toThrow('too large')
    await expect(openNpy(npyFile({ shape: '(1048576, 1048576)' }, new Uint8Array(1)))).rejects.toThrow('too large')
    await expect(openNpy(npyFile({ shape: `(1, ${'9'.repeat(400)})` }, new Uint8Array(1)))).rejects.toThrow(
      '400 digits',
    )
  })

  test(`limit: a header of ${MAX_NPY_HEADER_BYTES} bytes accepted, one more refused`, async () => {
    const data = new Uint8Array(15)
    expect((await openNpy(npyFile({ version: 2, length: MAX_NPY_HEADER_BYTES }, data))).rows).toBe(3)
    await expect(openNpy(npyFile({ version: 2, length: MAX_NPY_HEADER_BYTES + 1 }, data))).rejects.toThrow(
      'claims a header',
    )
    const lying = npyFile({ version: 2 }, data)
    new DataView(lying.bytes.buffer).setUint32(8, 0xffff_ffff, true)
    await expect(openNpy(lying)).rejects.toThrow('claims a header of 4294967295 bytes')
  })

  test.each([
    `{'descr': '|i1', 'fortran_order': False}`,
    `{'descr': '|i1', 'fortran_order': False, 'shape': (3, 5), 'more': True}`,
    `{'descr': '|i1', 'descr': '|i1', 'fortran_order': False, 'shape': (3, 5)}`,
    `{'descr': '|i1', 'fortran_order': 0, 'shape': (3, 5)}`,
    `{'descr': '|i1', 'fortran_order': False, 'shape': (3, 5)} + {}`,
    `{'descr': '|i1', 'fortran_order': False, 'shape': (3, -5)}`,
    `{'descr': '|i1', 'fortran_order': False, 'shape': (03, 5)}`,
    `{'descr': '|i1', 'fortran_order': False, 'shape': [3, 5]}`,
    `{'descr': '|i1', 'fortran_order': False, 'shape': (3 5)}`,
    `{'descr': '|i1', 'fortran_order': False, 'shape': (__import__('os'), 5)}`,
    `{'descr': '\\x7ci1', 'fortran_order': False, 'shape': (3, 5)}`,
    `{'descr': i1, 'fortran_order': False, 'shape': (3, 5)}`,
    `{'__proto__': '|i1', 'fortran_order': False, 'shape': (3, 5)}`,
    `{'descr': 'f4', 'fortran_order': False, 'shape': (3, 5)}`,
    `['descr']`,
    ``,
  ])('error: header %s', async (literal) => {
    await expect(openNpy(npyFile({ literal }, new Uint8Array(15)))).rejects.toThrow(NpyError)
  })

  test.each([
    `{"shape": (3, 5), "fortran_order": False, "descr": "|i1"}`,
    `{'descr':'i1','fortran_order':False,'shape':(3L,5L,),}`,
    `  {  'descr' : '<i1' , 'fortran_order' : False , 'shape' : ( 3 , 5 ) , }  `,
  ])('behaviour: header %s', async (literal) => {
    expect((await openNpy(npyFile({ literal }, new Uint8Array(15)))).layout).toEqual({
      form: 'matrix',
      dtype: 'i8',
      rows: 3,
      cols: 5,
    })
  })

  test('error: other magic, other versions', async () => {
    await expect(openNpy(bufferSource(utf8('PK not numpy at all')))).rejects.toThrow('does not begin as')
    for (const version of [0, 4])
      await expect(openNpy(npyFile({ version }, new Uint8Array(15)))).rejects.toThrow(`version ${version}.0`)
  })

  test('behaviour: matrices larger than a window are read with bounded reads, in either order', async () => {
    // 1.6 GB each, never held: the source makes its bytes up from the offset.
    for (const [shape, order] of [
      ['(1600, 1000000)', 'False'],
      ['(1000000, 1600)', 'True'],
      ['(300, 1000000)', 'True'],
    ] as const) {
      const [rows, cols] = shape.slice(1, -1).split(', ').map(Number) as [number, number]
      const source = madeUpSource(`{'descr': '|i1', 'fortran_order': ${order}, 'shape': ${shape}, }`, rows * cols)
      const matrix = await openNpy(source)
      const across = Math.ceil(cols / TILE)
      const index = across + 700 < partCount(matrix.layout) ? across + 700 : across + 1
      const tile = await matrix.readPart(index)
      const [row, col] = [TILE * Math.floor(index / across), TILE * (index % across)]
      const width = Math.min(TILE, cols - col)
      const at = (r: number, c: number): number =>
        order === 'True' ? (col + c) * rows + row + r : (row + r) * cols + col + c
      expect(tile[0]).toBe(at(0, 0) % 251)
      expect(tile[3 * width + 2]).toBe(at(3, 2) % 251)
      expect(source.longestRead).toBeLessThanOrEqual(NPY_WINDOW_BYTES)
    }
  })

  test('behaviour: neighbouring tiles share one read', async () => {
    const source = npyFile({ shape: '(600, 600)' }, new Uint8Array(360_000))
    const matrix = await openNpy(source)
    const before = source.reads
    await Promise.all(Array.from({ length: 9 }, (_, index) => matrix.readPart(index)))
    expect(source.reads - before).toBe(1)
  })

  test('error: a tile that is not there', async () => {
    const matrix = await openNpy(bufferSource(await vector('int8-c-v1')))
    await expect(matrix.readPart(1)).rejects.toThrow(RangeError)
  })
})

describe('writing .npy', () => {
  test.each([
    ['int8-c-v1', 'i8'],
    ['int32-c', 'i32'],
    ['float32-c', 'f32'],
  ] as const)('vector: the header of %s is as NumPy writes it', async (name, dtype) => {
    const header = encodeNpyHeader({ form: 'matrix', dtype, rows: 3, cols: 5 })
    expect(header).toEqual((await vector(name)).subarray(0, header.length))
  })

  test('behaviour: tiles in any order come back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('i8', 'i32', 'f32'),
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 1, max: 700 }),
        fc.nat(),
        async (dtype, rows, cols, seed) => {
          const layout: MatrixLayout = { form: 'matrix', dtype, rows, cols }
          const values = allocateMatrix(dtype, rows * cols).map((_, at) => (at * 7 + seed) % 120)
          const original = await openNpy(bufferSource(concat(encodeNpyHeader(layout), new Uint8Array(values.buffer))))
          const sink = memorySink()
          const writer = await createNpy(sink, layout)
          const tiles: { index: number; bytes: Uint8Array<ArrayBuffer> }[] = []
          for await (const tile of readTiles(original)) tiles.push(tile)
          tiles.sort((a, b) => ((a.index * 31 + seed) % 17) - ((b.index * 31 + seed) % 17))
          for (const { index, bytes } of tiles) await writer.writePart(index, bytes)
          await writer.finish()
          expect(await elementsOf(await openNpy(bufferSource(sink.bytes)))).toEqual([...values])
        },
      ),
      { numRuns: 25 },
    )
  })

  test('behaviour: rows of tiles past the buffer are written at once', async () => {
    const layout = { form: 'matrix', dtype: 'i32', rows: 512, cols: 40_000 } as const
    const writes: number[] = []
    const writer = await createNpy({ write: async (_, bytes) => void writes.push(bytes.length) }, layout)
    const across = Math.ceil(layout.cols / TILE)
    // A row of tiles is 40 MiB: the second does not fit beside the first.
    await writer.writePart(0, new Uint8Array(TILE * TILE * 4))
    expect(writes.length).toBe(1)
    await writer.writePart(across, new Uint8Array(TILE * TILE * 4))
    expect(writes.length).toBe(1 + TILE)
  })

  test('error: tiles missing, twice, of another size, or not there', async () => {
    const writer = await createNpy(memorySink(), { form: 'matrix', dtype: 'i8', rows: 300, cols: 3 })
    await writer.writePart(0, new Uint8Array(TILE * 3))
    await expect(writer.finish()).rejects.toThrow(NpyIncompleteError)
    await expect(writer.writePart(0, new Uint8Array(TILE * 3))).rejects.toThrow('before')
    await expect(writer.writePart(1, new Uint8Array(TILE * 3))).rejects.toThrow(NpyPartError)
    await expect(writer.writePart(2, new Uint8Array(1))).rejects.toThrow('none of number 2')
    await writer.writePart(1, new Uint8Array(44 * 3))
    await writer.finish()
  })
})

type CountingSource = ByteSource & { readonly bytes: Uint8Array<ArrayBuffer>; reads: number; longestRead: number }

function bufferSource(bytes: Uint8Array<ArrayBuffer>): CountingSource {
  const source = {
    bytes,
    sizeBytes: bytes.length,
    reads: 0,
    longestRead: 0,
    async read(offset: number, length: number) {
      source.reads++
      source.longestRead = Math.max(source.longestRead, length)
      return bytes.slice(offset, offset + length)
    },
  }
  return source
}

/** A file whose byte number i after the header is i mod 251. */
function madeUpSource(literal: string, length: number): ByteSource & { longestRead: number } {
  const header = fileHeader({ literal })
  const source = {
    sizeBytes: header.length + length,
    longestRead: 0,
    async read(offset: number, count: number) {
      source.longestRead = Math.max(source.longestRead, count)
      if (offset < header.length) return header.slice(offset, offset + count)
      const from = (offset - header.length) % 251
      return new Uint8Array(count).map((_, at) => (from + at) % 251)
    },
  }
  return source
}

type HeaderOptions = { version?: number; shape?: string; literal?: string; length?: number }

function fileHeader({ version = 1, shape = '(3, 5)', literal, length }: HeaderOptions): Uint8Array<ArrayBuffer> {
  const text = literal ?? `{'descr': '|i1', 'fortran_order': False, 'shape': ${shape}, }`
  const body = utf8(length === undefined ? `${text}\n` : `${text.padEnd(length - 1)}\n`)
  const size = new Uint8Array(version === 1 ? 2 : 4)
  if (version === 1) new DataView(size.buffer).setUint16(0, body.length, true)
  else new DataView(size.buffer).setUint32(0, body.length, true)
  return concat(Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0), size, body)
}

function npyFile(options: HeaderOptions, data: Uint8Array<ArrayBuffer>): CountingSource {
  return bufferSource(concat(fileHeader(options), data))
}

function memorySink(): { bytes: Uint8Array<ArrayBuffer>; write(offset: number, bytes: Uint8Array): Promise<void> } {
  const sink = {
    bytes: new Uint8Array(0),
    async write(offset: number, bytes: Uint8Array) {
      const length = Math.max(sink.bytes.length, offset + bytes.length)
      const grown = new Uint8Array(length)
      grown.set(sink.bytes)
      grown.set(bytes, offset)
      sink.bytes = grown
    },
  }
  return sink
}

async function vector(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(new URL(`${name}.npy`, FOLDER)))
}

async function elementsOf(matrix: Awaited<ReturnType<typeof openNpy>>): Promise<number[]> {
  const { layout } = matrix
  const whole = allocateMatrix(layout.dtype, layout.rows * layout.cols)
  for await (const { index, bytes } of readTiles(matrix)) writeTileBytes(whole, layout, index, bytes)
  expect(whole.byteLength).toBe(layout.rows * layout.cols * elementBytes(layout.dtype))
  return [...matrixOfBytes(layout.dtype, new Uint8Array(whole.buffer))]
}

function expectedElements(rows: number, cols: number, divisor: number): number[] {
  return Array.from(
    { length: rows * cols },
    (_, at) => (((31 * Math.floor(at / cols) + 17 * (at % cols)) % 251) - 125) / divisor,
  )
}
