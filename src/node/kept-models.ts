// The model files of this browser as a page shows them: listed with their sizes, and deleted on a person's word, but never under a unit
// that computes with one. It runs in the page; opfs-folder.ts, in the worker, brings them.
import type { Digest } from '#core/digest.ts'
import { DIRECTORY, usedLock, writeLock } from './opfs-folder.ts'

/** A content id. The schema would bring the cryptography of a node into a page that only lists files. */
const IS_ID = /^[0-9a-f]{64}$/

/** A model file that is kept here, whole or in part. */
export type KeptModel = {
  readonly id: Digest
  readonly sizeBytes: number
  /** When it was last used, or came. */
  readonly usedMs: number
  /** Whether a unit computes with it, or it is being brought. */
  readonly isInUse: boolean
}

/** What this browser stores for us, and how much it would, as far as it tells. */
export type StorageUse = { readonly usedBytes: number; readonly maxBytes: number }

/** The kept models as a page sees them. */
export interface KeptModels {
  /** All of them, the last used first. */
  list(): Promise<readonly KeptModel[]>
  /** Deletes one; false when it is in use. One that is gone already is deleted. */
  remove(id: Digest): Promise<boolean>
  storage(): Promise<StorageUse | null>
}

/** Those of this origin; none where the browser has no such place, or does not let us. */
export function keptModels(): KeptModels {
  return {
    async list() {
      const directory = await openDirectory()
      if (directory === null) return []
      const locked = await lockedNames()
      const models: KeptModel[] = []
      for await (const [name, handle] of directory.entries()) {
        if (!(handle instanceof FileSystemFileHandle) || !IS_ID.test(name)) continue
        const file = await handle.getFile().catch(() => null)
        if (file === null) continue
        const isInUse = locked.has(usedLock(name)) || locked.has(writeLock(name))
        models.push({ id: name as Digest, sizeBytes: file.size, usedMs: file.lastModified, isInUse })
      }
      return models.toSorted((a, b) => b.usedMs - a.usedMs)
    },
    remove(id) {
      return ifFree(usedLock(id), () =>
        ifFree(writeLock(id), async () => {
          await (await openDirectory())?.removeEntry(id).catch((error: unknown) => {
            if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error
          })
          return true
        }),
      )
    },
    async storage() {
      const { usage, quota } = await navigator.storage.estimate().catch(() => ({ usage: undefined, quota: undefined }))
      return usage === undefined || quota === undefined ? null : { usedBytes: usage, maxBytes: quota }
    },
  }
}

async function openDirectory(): Promise<FileSystemDirectoryHandle | null> {
  try {
    return await (await navigator.storage.getDirectory()).getDirectoryHandle(DIRECTORY)
  } catch {
    return null
  }
}

async function lockedNames(): Promise<ReadonlySet<string>> {
  const { held = [] } = await navigator.locks.query()
  return new Set(held.flatMap(({ name }) => name ?? []))
}

/** Does `work` while nobody holds `lock`; false at once when somebody does. */
async function ifFree(lock: string, work: () => Promise<boolean>): Promise<boolean> {
  return navigator.locks.request(lock, { ifAvailable: true }, async (free) => (free === null ? false : work()))
}
