// Entries that one transaction appends: indexes are known as they come, everything is written together at its end.
import { leafDigest } from '#core/merkle.ts'
import { type LogEntry, encodeEntry } from '#ledger/entry.ts'
import { type Appended, type NodeReader, appendLeaves } from '#ledger/log-tree.ts'
import { MAX_ENTRY_BYTES, tileGrowths } from '#ledger/tiles.ts'
import { AppError } from '#core/errors.ts'
import { growTiles, insertLogEntries, lockLogSize, writeLogSize } from '#coordinator/store/log.ts'
import type { Db } from '#coordinator/store/schema.ts'

/** The entries of one transaction. */
export class AppendBatch {
  readonly #tx: Db
  readonly #entries: Uint8Array[] = []
  #base: Promise<number> | undefined

  constructor(tx: Db) {
    this.#tx = tx
  }

  /** Takes the next index for `entry`; other transactions that append wait from the first one on. */
  async append(entry: LogEntry): Promise<number> {
    const bytes = encodeEntry(entry)
    if (bytes.length > MAX_ENTRY_BYTES) throw new EntryTooLongError(bytes.length)
    this.#base ??= lockLogSize(this.#tx)
    return (await this.#base) + this.#entries.push(bytes) - 1
  }

  /** Writes entries, tiles and size. Undefined when nothing was appended. */
  async write(reader: NodeReader, nowMs: number): Promise<Appended | undefined> {
    if (this.#base === undefined || this.#entries.length === 0) return undefined
    const size = await this.#base
    const leaves = this.#entries.map((entry) => leafDigest(entry))
    const appended = await appendLeaves(reader, size, leaves)
    await growTiles(this.#tx, tileGrowths(appended.nodes))
    await insertLogEntries(this.#tx, size, this.#entries, nowMs)
    await writeLogSize(this.#tx, appended.checkpoint.size)
    return appended
  }
}

/** An entry does not fit a bundle. */
export class EntryTooLongError extends AppError {
  override readonly name = 'coordinator.EntryTooLong'
  constructor(sizeBytes: number) {
    super('bug', `A log entry has ${sizeBytes} bytes, more than ${MAX_ENTRY_BYTES}.`)
  }
}
