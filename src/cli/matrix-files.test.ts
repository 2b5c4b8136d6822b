import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '#core/random.ts'
import { type Matrix, matrixSource } from '#sdk/index.ts'
import { partCount } from '#core/content.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MatrixFileError, ResultFormError, createMatrixFile, openMatrixFiles, openResultFile } from './matrix-files.ts'

const random = seededRandom('matrix files')

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'commonwatt-files-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe('matrix files', () => {
  test.for([
    ['int8', new Int8Array(random.bytes(300 * 270).buffer)],
    ['int32', new Int32Array(random.bytes(4 * 300 * 270).buffer)],
    ['float32', new Float32Array(300 * 270).map((_, index) => index / 7)],
  ] as const)('default: %s is written and read back part by part', async ([, data]) => {
    const matrix = { rows: 300, cols: 270, data }
    const path = await write(matrix)
    const { sources, close } = await openMatrixFiles([path])
    const expected = matrixSource(matrix)
    for (let index = 0; index < partCount(expected.layout); index++)
      expect(await sources[0]?.readPart(index)).toEqual(await expected.readPart(index))
    await close()
    await (await openResultFile(path)).close()
  })

  test('behaviour: the file appears whole or not at all, and nothing else stays', async () => {
    const path = join(folder, 'C.npy')
    const output = createMatrixFile(path)
    await output.open({ form: 'matrix', dtype: 'i8', rows: 2, cols: 2 })
    expect(await readdir(folder)).toHaveLength(1)
    await expect(stat(path)).rejects.toThrow('ENOENT')
    await output.close()
    expect(await readdir(folder)).toEqual([])
  })

  test('behaviour: an existing file is replaced only by a whole one', async () => {
    const path = await write({ rows: 1, cols: 2, data: Int8Array.of(1, 2) })
    const before = await readFile(path)
    const output = createMatrixFile(path)
    await output.open({ form: 'matrix', dtype: 'i8', rows: 1, cols: 1 })
    await expect(output.commit()).rejects.toThrow('incomplete')
    await output.close()
    expect(await readFile(path)).toEqual(before)
    expect(await readdir(folder)).toEqual(['C.npy'])
  })

  test('error: MatrixFile names the file and what is wrong with it', async () => {
    const path = join(folder, 'broken.npy')
    await writeFile(path, 'no matrix')
    await expect(openMatrixFiles([path])).rejects.toThrow(MatrixFileError)
    await expect(openMatrixFiles([path])).rejects.toThrow(`${path}: The .npy file does not begin as a .npy file does.`)
    await expect(openMatrixFiles([folder])).rejects.toThrow(/no file|folder|EISDIR/)
  })
})

describe('openResultFile', () => {
  test('behaviour: no byte before the elements can change unnoticed', async () => {
    const path = await write({ rows: 3, cols: 11, data: new Int32Array(33) })
    const original = await readFile(path)
    const first = original.length - 4 * 33
    for (let at = 0; at < first; at++)
      for (const bit of [1, 0x20]) {
        const changed = Buffer.from(original)
        changed[at] = (changed[at] ?? 0) ^ bit
        await writeFile(path, changed)
        await expect(openResultFile(path), `byte ${at}`).rejects.toThrow(ResultFormError)
      }
  })

  test('error: ResultForm for a file that is shorter or longer', async () => {
    const path = await write({ rows: 1, cols: 4, data: new Int32Array(4) })
    const original = await readFile(path)
    for (const length of [0, 5, 64, original.length - 1]) {
      await writeFile(path, original.subarray(0, length))
      await expect(openResultFile(path)).rejects.toThrow(ResultFormError)
    }
    await writeFile(path, Buffer.concat([original, Buffer.alloc(1)]))
    await expect(openResultFile(path)).rejects.toThrow(ResultFormError)
  })
})

async function write(matrix: Matrix): Promise<string> {
  const path = join(folder, 'C.npy')
  const source = matrixSource(matrix)
  const output = createMatrixFile(path)
  const sink = await output.open(source.layout)
  for (let index = 0; index < partCount(source.layout); index++)
    await sink.writePart(index, await source.readPart(index))
  await output.commit()
  await output.close()
  return path
}
