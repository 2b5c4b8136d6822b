// Matrices in .npy files: read at any offset without holding them, written to a temporary neighbour that takes the name at the end.
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { equals } from '#core/bytes.ts'
import type { ContentLayout } from '#core/content.ts'
import { AppError } from '#core/errors.ts'
import type { ContentSink, ContentSource } from '#sdk/index.ts'
import { encodeNpyHeader } from '#work/npy-header.ts'
import type { ByteSource } from '#core/byte-source.ts'
import { openNpy } from '#work/npy.ts'
import { type NpyWriter, createNpy } from '#work/npy-writer.ts'

/** Matrices in open files. */
export type MatrixFiles = { readonly sources: readonly ContentSource[]; readonly close: () => Promise<void> }

/** Opens .npy files to read. Every error names its file. */
export async function openMatrixFiles(paths: readonly string[]): Promise<MatrixFiles> {
  const files: FileHandle[] = []
  const close = async (): Promise<void> => {
    await Promise.all(files.map((file) => file.close()))
  }
  try {
    const sources: ContentSource[] = []
    for (const path of paths) {
      const file = await open(path, 'r')
      files.push(file)
      sources.push(await naming(path, async () => sourceOf(path, await openNpy(await byteSource(path, file)))))
    }
    return { sources, close }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * Opens a result to be checked: besides being a matrix it must have the one header that this command line and NumPy write, so that a
 * change of any byte of the file is noticed. Throws {@link ResultFormError}, when it is read too.
 */
export async function openResultFile(path: string): Promise<MatrixFiles> {
  const opened = await openMatrixFiles([path]).catch(refuseForm)
  try {
    const sources = opened.sources.map((source) => ({
      layout: source.layout,
      readPart: (index: number) => source.readPart(index).catch(refuseForm),
    }))
    for (const { layout } of sources) await assertCanonicalHeader(path, layout)
    return { ...opened, sources }
  } catch (error) {
    await opened.close()
    throw error
  }
}

async function assertCanonicalHeader(path: string, layout: ContentLayout): Promise<void> {
  const canonical = layout.form === 'matrix' ? encodeNpyHeader(layout) : new Uint8Array(0)
  const file = await open(path, 'r')
  try {
    const header = await (await byteSource(path, file)).read(0, canonical.length).catch(refuseForm)
    if (!equals(header, canonical))
      throw new ResultFormError(`${path}: The header is not the one that a result is written with.`)
  } finally {
    await file.close()
  }
}

function refuseForm(error: unknown): never {
  throw error instanceof MatrixFileError ? new ResultFormError(error.message) : error
}

/** A .npy file in the making. It takes its name with `commit`; `close` without it leaves nothing behind. */
export type MatrixOutput = {
  open(layout: ContentLayout): Promise<ContentSink>
  commit(): Promise<void>
  close(): Promise<void>
}

/** A file to be written at `path`. Nothing is created before `open`. */
export function createMatrixFile(path: string): MatrixOutput {
  const temporary = `${path}.${process.pid}.part`
  let file: FileHandle | undefined
  let writer: NpyWriter | undefined
  return {
    async open(layout) {
      if (layout.form !== 'matrix') throw new MatrixFileError(path, 'The result is no matrix.')
      const handle = await open(temporary, 'w')
      file = handle
      writer = await createNpy({ write: async (offset, bytes) => writeAll(handle, offset, bytes) }, layout)
      return writer
    },
    async commit() {
      await writer?.finish()
      await file?.sync()
      await file?.close()
      file = undefined
      await rename(temporary, path)
    },
    async close() {
      if (file === undefined) return
      await file.close()
      await rm(temporary, { force: true })
    },
  }
}

async function byteSource(path: string, file: FileHandle): Promise<ByteSource> {
  const info = await file.stat()
  if (!info.isFile()) throw new MatrixFileError(path, 'It is no file.')
  return {
    sizeBytes: info.size,
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length;) {
        const { bytesRead } = await file.read(bytes, at, length - at, offset + at)
        if (bytesRead === 0) throw new MatrixFileError(path, 'The file ended while it was read.')
        at += bytesRead
      }
      return bytes
    },
  }
}

async function writeAll(file: FileHandle, offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, offset + at)
    at += bytesWritten
  }
}

function sourceOf(path: string, source: ContentSource): ContentSource {
  return { layout: source.layout, readPart: (index) => naming(path, () => source.readPart(index)) }
}

async function naming<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof AppError && error.name === 'work.Npy') throw new MatrixFileError(path, error.message)
    throw error
  }
}

/** A file is no matrix that can be read. */
export class MatrixFileError extends AppError {
  override readonly name = 'cli.MatrixFile'
  constructor(path: string, problem: string) {
    super('input', `${path}: ${problem}`)
  }
}

/** A file is not the result it is said to be: no matrix, or not in the form that results are written in. */
export class ResultFormError extends AppError {
  override readonly name = 'cli.ResultForm'
  constructor(message: string) {
    super('input', message)
  }
}
