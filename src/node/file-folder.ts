// The port behind which a node keeps files between runs: OPFS in a page, a directory in Node, and memory where there is neither.
import { AppError } from '#core/errors.ts'

/** A file that is open. */
export interface FolderFile {
  sizeBytes(): Promise<number>
  /** Exactly `length` bytes from `offset`; rejects when they are not there. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  write(offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>
  close(): Promise<void>
}

/** A file as it lies there. */
export type FolderEntry = { readonly name: string; readonly sizeBytes: number; readonly writtenMs: number }

/** Files by name. What one run of a node has written the next finds, but for memory. */
export interface FileFolder {
  /** Bytes that may be kept here; longer files are refused, the longest unwritten make room. */
  readonly maxBytes: number
  list(): Promise<readonly FolderEntry[]>
  /** Opens a file to be written, made when it is not there. Nobody else writes to it meanwhile; who wants to waits until `signal`. */
  openWriter(name: string, signal?: AbortSignal): Promise<FolderFile>
  /** A file that nobody writes to any more. */
  openReader(name: string): Promise<Pick<FolderFile, 'read' | 'close'>>
  remove(name: string): Promise<void>
  /** Says that a file is in use, until the returned function is called: nobody deletes it on a person's word meanwhile. */
  hold(name: string): Promise<() => void>
}

/** Bytes that a node without a place to keep files holds in memory, beside the models that it has loaded. */
export const MAX_MEMORY_BYTES = 512 * 2 ** 20

/** Files in memory: they end with the node. */
export function memoryFolder(maxBytes = MAX_MEMORY_BYTES, now: () => number = () => performance.now()): FileFolder {
  type Kept = { pieces: Map<number, Uint8Array<ArrayBuffer>>; sizeBytes: number; writtenMs: number }
  const files = new Map<string, Kept>()
  const read = async (kept: Kept, offset: number, length: number) => {
    const bytes = new Uint8Array(length)
    let filled = 0
    for (const [start, piece] of kept.pieces) {
      const from = Math.max(offset, start)
      const to = Math.min(offset + length, start + piece.length)
      if (from >= to) continue
      bytes.set(piece.subarray(from - start, to - start), from - offset)
      filled += to - from
    }
    if (filled < length) throw new RangeError(`Bytes ${offset} to ${offset + length} were never written.`)
    return bytes
  }
  return {
    maxBytes,
    list: async () => [...files].map(([name, { sizeBytes, writtenMs }]) => ({ name, sizeBytes, writtenMs })),
    async openWriter(name) {
      const kept = files.get(name) ?? { pieces: new Map(), sizeBytes: 0, writtenMs: now() }
      files.set(name, kept)
      return {
        sizeBytes: async () => kept.sizeBytes,
        read: (offset, length) => read(kept, offset, length),
        async write(offset, bytes) {
          kept.pieces.delete(offset) // the latest piece is the last: it overrides those it overlaps
          kept.pieces.set(offset, bytes)
          kept.sizeBytes = Math.max(kept.sizeBytes, offset + bytes.length)
          kept.writtenMs = now()
        },
        close: async () => undefined,
      }
    },
    async openReader(name) {
      const kept = files.get(name)
      if (kept === undefined) throw new NoFileError(name)
      return { read: (offset, length) => read(kept, offset, length), close: async () => undefined }
    },
    async remove(name) {
      files.delete(name)
    },
    // Nobody but the node sees what is in its memory.
    hold: async () => () => {},
  }
}

/** A file that was kept is gone. */
export class NoFileError extends AppError {
  override readonly name = 'node.NoFile'
  constructor(name: string) {
    super('unavailable', `The file ${name} is not kept here any more.`)
  }
}
