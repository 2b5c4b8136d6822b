// Model files on this machine: an exact model file as it is, or a Hugging Face folder or GGUF file that is converted.
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { type ByteSource, partsSource } from '#core/byte-source.ts'
import { AppError } from '#core/errors.ts'
import { openFolderModel } from '#model/convert/folder.ts'
import { openGgufModel } from '#model/convert/gguf.ts'
import type { ConvertOptions } from '#model/convert/model.ts'
import { type ModelSource, convertSource } from '#model/convert/source.ts'
import { exactModelParts, readModelHeader } from '#model/exact-file.ts'
import { isGguf } from '#model/formats/gguf.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'

/** An open model; closing it closes its files. */
export type OpenModel = { readonly source: ByteSource; close(): Promise<void> }

/** Opens the model at `path`: a file of an exact model, or a folder or GGUF file that is converted under `name`. */
export async function openModelFile(path: string, name?: string, options: ConvertOptions = {}): Promise<OpenModel> {
  const info = await stat(path).catch(() => null)
  if (info === null) throw new NoModelFileError(path)
  const files: FileHandle[] = []
  const close = () => closeAll(files)
  let found: ModelSource
  const called = name ?? basename(resolve(path)).replace(/\.gguf$/i, '')
  try {
    if (info.isDirectory()) {
      const folder = { names: await readdir(path), open: (file: string) => openFile(join(path, file), files) }
      found = await openFolderModel(folder)
    } else {
      const source = await openFile(path, files)
      if (!(await isGguf(source))) {
        await readModelHeader(source)
        return { source, close }
      }
      found = await openGgufModel(source, basename(path))
    }
    return await converted(found, called, options, close)
  } catch (error) {
    await close()
    throw error
  }
}

/** Exact model files in `folder`, or none when there is no such folder. */
export async function modelFilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => name.endsWith('.safetensors'))
    .sort()
    .map((name) => join(folder, name))
}

/** The model that `found` becomes. Its own files are closed: everything is in memory. */
async function converted(
  found: ModelSource,
  name: string,
  options: ConvertOptions,
  close: () => Promise<void>,
): Promise<OpenModel> {
  const backend = openWasmLanguageBackend(await loadKernels())
  const source = partsSource(exactModelParts(await convertSource(found, name, { backend, ...options })))
  await close()
  return { source, close: async () => undefined }
}

async function openFile(path: string, files: FileHandle[]): Promise<ByteSource> {
  const file = await open(path)
  files.push(file)
  const { size: sizeBytes } = await file.stat()
  return {
    sizeBytes,
    async read(offset, length) {
      if (offset < 0 || offset + length > sizeBytes) throw new ShortFileError(path, sizeBytes, offset + length)
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length;) {
        const { bytesRead } = await file.read(bytes, at, length - at, offset + at)
        if (bytesRead === 0) throw new ShortFileError(path, offset + at, offset + length)
        at += bytesRead
      }
      return bytes
    },
  }
}

async function closeAll(files: readonly FileHandle[]): Promise<void> {
  await Promise.all(files.map((file) => file.close()))
}

/** There is nothing at a path. */
export class NoModelFileError extends AppError {
  override readonly name = 'cli.NoModelFile'
  constructor(path: string) {
    super('input', `There is no model at ${path}: name an exact model file, a GGUF file or a Hugging Face folder.`)
  }
}

/** A file has fewer bytes than are to be read. */
export class ShortFileError extends AppError {
  override readonly name = 'cli.ShortFile'
  constructor(path: string, sizeBytes: number, wanted: number) {
    super('input', `${path} ends after ${sizeBytes} bytes where ${wanted} are needed.`)
  }
}
