// The transparency log: entries are appended in the transactions that they record, and a checkpoint is signed only after its size and
// root are durable. What was signed for a size is never signed again for another root.
import { type Digest } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import type { Clock } from '#core/clock.ts'
import type { Checkpoint } from '#core/signed.ts'
import { type SignedCheckpoint, signCheckpoint } from '#ledger/checkpoint.ts'
import { type LogEntry, entryLeaf } from '#ledger/entry.ts'
import { LogRangeError, appendLeaves, consistencyPath, inclusionPath, rootAt } from '#ledger/log-tree.ts'
import {
  insertCheckpoint,
  insertLogEntry,
  insertLogNodes,
  latestCheckpoint,
  logNodeReader,
  readLogSize,
  takeLogIndex,
} from '#coordinator/store/log.ts'
import type { Db } from '#coordinator/store/schema.ts'
import type { Store } from '#coordinator/store/store.ts'

/** Appends an entry within the transaction at hand; returns its index. */
export type Append = (entry: LogEntry) => Promise<number>

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
    log.#checkpoint = { size, root: await rootAt(logNodeReader(db), size) }
    const known = await latestCheckpoint(db)
    if (known !== null) log.#signed = JSON.parse(known.signed) as SignedCheckpoint
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
    this.#signing = this.#signing.catch(() => undefined).then(() => this.#signLatest())
    await this.#signing
    if (this.#signed === undefined) return signCheckpoint(this.#parts.signer, this.#parts.network, this.#checkpoint)
    return this.#signed
  }

  /** Runs `work` in one transaction of the store in which entries can be appended. */
  async transaction<T>(work: (tx: Db, append: Append) => Promise<T>): Promise<T> {
    const { store, clock, report } = this.#parts
    let last: Checkpoint | undefined
    const result = await store.transaction((tx) => {
      last = undefined
      return work(tx, async (entry) => {
        const index = await takeLogIndex(tx)
        const leaf = entryLeaf(entry)
        const { nodes, checkpoint } = await appendLeaves(logNodeReader(tx), index, [leaf])
        await insertLogNodes(tx, nodes)
        await insertLogEntry(tx, index, leaf, entry, clock.nowMs())
        last = checkpoint
        return index
      })
    })
    if (last !== undefined && last.size > this.#checkpoint.size) this.#checkpoint = last
    if (last !== undefined) this.signed().catch(report)
    return result
  }

  /** Audit path of entry `index` in the tree of `size` leaves. Throws LogRangeError past what is durable. */
  async inclusion(index: number, size: number): Promise<Digest[]> {
    this.#assertSize(size)
    return inclusionPath(this.#reader(), index, size)
  }

  /** Proof that the tree of `to` leaves extends the one of `from`. Throws LogRangeError past what is durable. */
  async consistency(from: number, to: number): Promise<Digest[]> {
    this.#assertSize(to)
    return consistencyPath(this.#reader(), from, to)
  }

  /** Waits until nothing is being signed. */
  async close(): Promise<void> {
    await this.#signing.catch(() => undefined)
  }

  #assertSize(size: number): void {
    if (size > this.#checkpoint.size) throw new LogRangeError('size', size, this.#checkpoint.size)
  }

  #reader() {
    return logNodeReader(this.#parts.store.db)
  }

  async #signLatest(): Promise<void> {
    const { store, signer, network } = this.#parts
    const checkpoint = this.#checkpoint
    if (this.#signed?.body.size === checkpoint.size) return
    const signed = await signCheckpoint(signer, network, checkpoint)
    await insertCheckpoint(store.db, { ...checkpoint, signed: JSON.stringify(signed) })
    this.#signed = signed
  }
}
