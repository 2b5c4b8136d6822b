// The transparency log: entries are appended in the transactions that they record, and a checkpoint is signed only after its size and
// root are durable. What was signed for a size is never signed again for another root.
import type { Digest } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import type { Clock } from '#core/clock.ts'
import type { Checkpoint } from '#core/signed.ts'
import { type CheckpointNote, signCheckpoint } from '#ledger/checkpoint.ts'
import type { LogEntry } from '#ledger/entry.ts'
import {
  LogRangeError,
  type NodeKey,
  type NodeReader,
  type TreeNode,
  consistencyPath,
  inclusionPath,
  rootAt,
} from '#ledger/log-tree.ts'
import { tileNodes } from '#ledger/tiles.ts'
import { insertCheckpoint, latestCheckpoint, logTiles, readCheckpoint, readLogSize } from '#coordinator/store/log.ts'
import type { Db } from '#coordinator/store/schema.ts'
import type { Store } from '#coordinator/store/store.ts'
import { AppendBatch } from './append-batch.ts'

/** Appends an entry within the transaction at hand; returns its index. */
export type Append = (entry: LogEntry) => Promise<number>

/** A checkpoint and the signed note that says it. */
export type SignedCheckpoint = { readonly checkpoint: Checkpoint; readonly note: CheckpointNote }

/** What a log is made of. */
export type LogParts = {
  readonly store: Store
  readonly signer: Signer
  readonly network: Digest
  readonly clock: Clock
  readonly report: (error: unknown) => void
}

/** The coordinator's log. Open it once; all that appends goes through its `transaction`. */
export class TransparencyLog {
  readonly #parts: LogParts
  #checkpoint: Checkpoint = { size: 0, root: EMPTY_ROOT }
  /** Peaks of the durable tree: what the next appending reads, kept at hand. Complete subtrees never change. */
  #peaks = new Map<string, Digest>()
  #signed: SignedCheckpoint | undefined
  #signing: Promise<void> = Promise.resolve()

  private constructor(parts: LogParts) {
    this.#parts = parts
  }

  /** The log in the store, with a signed checkpoint of all that is durable. An empty one begins with `first`. */
  static async open(parts: LogParts, first: LogEntry): Promise<TransparencyLog> {
    const log = new TransparencyLog(parts)
    const { db } = parts.store
    const size = await readLogSize(db)
    log.#checkpoint = { size, root: await rootAt(log.#reader(db), size) }
    const known = await latestCheckpoint(db)
    if (known !== null && known.size > size) throw new LogShortError(size, known.size)
    if (known !== null && (await rootAt(log.#reader(db), known.size)) !== known.root)
      throw new LogChangedError(known.size)
    if (size === 0) await log.transaction((_, append) => append(first))
    await log.signed()
    return log
  }

  /** Size and root of all that is durable. */
  get checkpoint(): Checkpoint {
    return this.#checkpoint
  }

  /** The signed checkpoint of what was durable when this was called, or of more. */
  async signed(): Promise<SignedCheckpoint> {
    const signing = this.#signing.catch(() => undefined).then(() => this.#signLatest())
    this.#signing = signing.then(() => undefined)
    return signing
  }

  /** Runs `work` in one transaction of the store in which entries can be appended. */
  async transaction<T>(work: (tx: Db, append: Append) => Promise<T>): Promise<T> {
    const { store, clock, report } = this.#parts
    const { result, appended } = await store.transaction(async (tx) => {
      const batch = new AppendBatch(tx)
      const result = await work(tx, (entry) => batch.append(entry))
      return { result, appended: await batch.write(this.#reader(tx), clock.nowMs()) }
    })
    if (appended !== undefined && appended.checkpoint.size > this.#checkpoint.size) {
      this.#checkpoint = appended.checkpoint
      this.#peaks = new Map(appended.peaks.map((node: TreeNode) => [nameOf(node), node.digest]))
      this.signed().catch(report)
    }
    return result
  }

  /** Audit path of entry `index` in the tree of `size` leaves. Throws LogRangeError past what is durable. */
  async inclusion(index: number, size: number): Promise<Digest[]> {
    this.#assertSize(size)
    return inclusionPath(this.#reader(this.#parts.store.db), index, size)
  }

  /** Proof that the tree of `to` leaves extends the one of `from`. Throws LogRangeError past what is durable. */
  async consistency(from: number, to: number): Promise<Digest[]> {
    this.#assertSize(to)
    return consistencyPath(this.#reader(this.#parts.store.db), from, to)
  }

  /** Waits until nothing is being signed. */
  async close(): Promise<void> {
    await this.#signing.catch(() => undefined)
  }

  #assertSize(size: number): void {
    if (size > this.#checkpoint.size) throw new LogRangeError('size', size, this.#checkpoint.size)
  }

  #reader(db: Db): NodeReader {
    const peaks = this.#peaks
    const tiles = tileNodes(logTiles(db))
    return {
      async read(keys) {
        const known = keys.map((key) => peaks.get(nameOf(key)))
        const missing = keys.filter((_, at) => known[at] === undefined)
        const read = missing.length === 0 ? [] : await tiles.read(missing)
        let at = 0
        return known.flatMap((digest) => digest ?? read[at++] ?? [])
      },
    }
  }

  async #signLatest(): Promise<SignedCheckpoint> {
    const { store, signer, network } = this.#parts
    const checkpoint = this.#checkpoint
    if (this.#signed?.checkpoint.size === checkpoint.size) return this.#signed
    const note = await signCheckpoint(signer, network, checkpoint)
    await insertCheckpoint(store.db, { ...checkpoint, note })
    // Whoever signed first for a size is the one to repeat: the row stays, and says the same root or the log is broken.
    const kept = await readCheckpoint(store.db, checkpoint.size)
    if (kept?.root !== checkpoint.root) throw new LogChangedError(checkpoint.size)
    this.#signed = { checkpoint, note }
    return this.#signed
  }
}

function nameOf({ level, index }: NodeKey): string {
  return `${level}/${index}`
}

/** A larger log was signed than the store holds. */
export class LogShortError extends AppError {
  override readonly name = 'coordinator.LogShort'
  constructor(size: number, signed: number) {
    super('bug', `The store holds ${size} log entries, but a checkpoint of ${signed} was signed: the store is damaged.`)
  }
}

/** The log in the store is not the one that was signed. */
export class LogChangedError extends AppError {
  override readonly name = 'coordinator.LogChanged'
  constructor(size: number) {
    super('bug', `The first ${size} log entries are not those that a signed checkpoint names: the store is damaged.`)
  }
}
