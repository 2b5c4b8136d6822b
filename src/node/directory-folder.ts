// Files of a node in a directory of the file system, shared by all nodes that are given the same one: they write the same bytes.
import { constants } from 'node:fs'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { type FileFolder, NoFileError } from './file-folder.ts'

/** Bytes kept on a disk: a handful of large models. */
const MAX_DIRECTORY_BYTES = 32 * 2 ** 30

/** Files in `path`, which is made when it is not there. */
export function directoryFolder(path: string, maxBytes = MAX_DIRECTORY_BYTES): FileFolder {
  return {
    maxBytes,
    async list() {
      const names = await readdir(path).catch(() => [])
      const entries = await Promise.all(
        names.map(async (name) => {
          const info = await stat(join(path, name)).catch(() => null)
          return info?.isFile() === true ? { name, sizeBytes: info.size, writtenMs: info.mtimeMs } : null
        }),
      )
      return entries.filter((entry) => entry !== null)
    },
    async openWriter(name) {
      await mkdir(path, { recursive: true, mode: 0o700 })
      const file = await open(join(path, name), constants.O_RDWR | constants.O_CREAT, 0o600)
      return {
        sizeBytes: async () => (await file.stat()).size,
        read: (offset, length) => readExactly(file, offset, length),
        async write(offset, bytes) {
          for (let at = 0; at < bytes.length;)
            at += (await file.write(bytes, at, bytes.length - at, offset + at)).bytesWritten
        },
        close: () => file.close(),
      }
    },
    async openReader(name) {
      const file = await open(join(path, name)).catch(() => null)
      if (file === null) throw new NoFileError(name)
      return { read: (offset, length) => readExactly(file, offset, length), close: () => file.close() }
    },
    remove: (name) => rm(join(path, name), { force: true }),
    // Whoever deletes files of a directory does so by other means.
    hold: async () => () => {},
  }
}

async function readExactly(file: FileHandle, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(bytes, at, length - at, offset + at)
    if (bytesRead === 0) throw new RangeError(`The file ends before byte ${offset + length}.`)
    at += bytesRead
  }
  return bytes
}
