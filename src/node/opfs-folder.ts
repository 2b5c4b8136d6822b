// Files of a node in the browser's private file system, shared by all tabs and workers of the origin. Runs in a dedicated worker: only
// there can such a file be written at any offset. A lock by the file's name lets one tab fetch a model while the others wait for it.
import { type FileFolder, type FolderFile, NoFileError } from './file-folder.ts'

/** The folder's name in the origin's file system. */
export const DIRECTORY = 'commonwatt-models'

/** The lock of whoever writes a file. */
export function writeLock(name: string): string {
  return `${DIRECTORY}/${name}`
}

/** The lock that all share who compute with a file. */
export function usedLock(name: string): string {
  return `${DIRECTORY}/${name}/used`
}

/** Bytes kept on a person's disk at most; less where the browser gives less. */
const MAX_OPFS_BYTES = 8 * 2 ** 30

/** Share of what the browser would give us that is used: other parts of the page keep files too. */
const QUOTA_SHARE = 0.5

/** Tries to read a file that another tab touched meanwhile. */
const MAX_READS = 3

/** A file open for writing, as workers have it. */
type SyncAccessHandle = {
  read(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number
  write(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number
  getSize(): number
  flush(): void
  close(): void
}
type WritableHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccessHandle> }

/** The origin's folder, or null where the browser has none or does not let us: in some private windows and frames. */
export async function opfsFolder(): Promise<FileFolder | null> {
  try {
    const root = await navigator.storage.getDirectory()
    const directory = await root.getDirectoryHandle(DIRECTORY, { create: true })
    if (!('createSyncAccessHandle' in FileSystemFileHandle.prototype)) return null
    const { quota = 0 } = await navigator.storage.estimate()
    return folderOf(directory, Math.min(MAX_OPFS_BYTES, Math.floor(quota * QUOTA_SHARE)))
  } catch {
    return null
  }
}

function folderOf(directory: FileSystemDirectoryHandle, maxBytes: number): FileFolder {
  return {
    maxBytes,
    async list() {
      const entries = []
      for await (const [name, handle] of directory.entries()) {
        if (!(handle instanceof FileSystemFileHandle)) continue
        const { size, lastModified } = await handle.getFile()
        entries.push({ name, sizeBytes: size, writtenMs: lastModified })
      }
      return entries
    },
    async openWriter(name, signal) {
      const release = await lockOf(writeLock(name), signal === undefined ? {} : { signal })
      try {
        const file = (await directory.getFileHandle(name, { create: true })) as WritableHandle
        return writerOf(await file.createSyncAccessHandle(), release)
      } catch (error) {
        release()
        throw error
      }
    },
    async openReader(name) {
      const handle = await directory.getFileHandle(name).catch(() => null)
      if (handle === null) throw new NoFileError(name)
      return { read: (offset, length) => readFrom(handle, offset, length), close: async () => undefined }
    },
    async remove(name) {
      // A file that another tab writes stays; so does one that is gone already.
      await directory.removeEntry(name).catch(() => undefined)
    },
    hold: (name) => lockOf(usedLock(name), { mode: 'shared' }),
  }
}

function writerOf(handle: SyncAccessHandle, release: () => void): FolderFile {
  return {
    sizeBytes: async () => handle.getSize(),
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      if (handle.read(bytes, { at: offset }) !== length)
        throw new RangeError(`The file ends before byte ${offset + length}.`)
      return bytes
    },
    async write(offset, bytes) {
      handle.write(bytes, { at: offset })
    },
    async close() {
      try {
        handle.flush()
        handle.close()
      } finally {
        release()
      }
    },
  }
}

/** A file object is a snapshot that a write in another tab invalidates: a fresh one is taken then. */
async function readFrom(
  handle: FileSystemFileHandle,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  for (let tries = 1; ; tries++)
    try {
      const file = await handle.getFile()
      const bytes = new Uint8Array(await file.slice(offset, offset + length).arrayBuffer())
      if (bytes.length !== length) throw new RangeError(`The file ends before byte ${offset + length}.`)
      return bytes
    } catch (error) {
      if (tries >= MAX_READS || error instanceof RangeError) throw error
    }
}

/** Holds `lock` until the returned function is called, or until this worker ends. */
async function lockOf(lock: string, options: LockOptions): Promise<() => void> {
  const held = Promise.withResolvers<() => void>()
  navigator.locks.request(lock, options, () => new Promise<void>((resolve) => held.resolve(resolve))).catch(held.reject)
  return held.promise
}
