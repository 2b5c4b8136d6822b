// A node checks what it was paid for: when the secret of a lease's epoch is revealed it looks for its receipt in the log, holds the unit's certificate
// against the rules of the draw, and keeps the proof when the coordinator broke a promise or certified another draw. Leases wait in memory, bounded; a coordinator that gives no answer for an hour
// is not convicted by that, and its draws count as unchecked.
import type { Clock } from '#core/clock.ts'
import type { Digest } from '#core/digest.ts'
import { AppError, toErrorRecord } from '#core/errors.ts'
import { verifyMerkleProof } from '#core/merkle.ts'
import { type Checkpoint, verifyMessage } from '#core/signed.ts'
import { type Beacon, verifyBeacon } from '#ledger/beacon.ts'
import { openCheckpoint } from '#ledger/checkpoint.ts'
import { entryLeaf } from '#ledger/entry.ts'
import { type DrawLie, falseDraw, findDrawLie } from '#ledger/false-draw.ts'
import { falseReceipt } from '#ledger/false-receipt.ts'
import type { ReceiptPromise } from '#ledger/receipt-promise.ts'
import { CERTIFICATE_TYPE, type Certificate, certificateId } from '#verify/certificate.ts'
import type { Authority } from '#verify/commit.ts'
import type { SecretChain } from '#verify/epoch-secret.ts'
import { type Roster, rosterRoot } from '#verify/roster.ts'
import { type Lease, leaseId } from '#work/lease.ts'
import type { DrawSource } from './draw-source.ts'
import type { NewEvidence } from './evidence-store.ts'
import type { Settled } from './lease-run.ts'

/** Leases that wait for their epochs: more than a node finishes in a minute. The oldest gives way. */
export const MAX_WAITING = 256

/** Time after which a lease is let go unchecked. */
export const MAX_WAIT_MS = 3_600_000

/** How long to wait for a secret while it is not known how long an epoch is; doubled up to the longest. */
export const FIRST_LOOK_MS = 1_000
const LONGEST_LOOK_MS = 60_000

/** What checks are made with. */
export type DrawCheckParts = {
  readonly clock: Clock
  readonly authority: () => Authority
  readonly source: DrawSource
  readonly keep: (evidence: NewEvidence) => Promise<void>
  /** Told of the checkpoints that come with beacons. */
  readonly onCheckpoint: (checkpoint: Checkpoint) => void
  /** Told what each lease came to. */
  readonly onChecked: (check: DrawCheck) => void
}

/** What came of one lease. `lie` is what was kept as evidence, `unchecked` why nothing can be said. */
export type DrawCheck = {
  readonly lease: Lease
  readonly lie: DrawLie['shows'] | 'receipt' | null
  readonly unchecked: string | null
}

type Waiting = Settled & { readonly lease: Lease; readonly sinceMs: number }

/** Checks the draws of one node's leases. Close it. */
export class DrawChecks {
  readonly #parts: DrawCheckParts
  readonly #waiting = new Map<Digest, Waiting>()
  #chain: Pick<SecretChain, 'periodMs'> | undefined
  #pauseMs = FIRST_LOOK_MS
  #cancel: (() => void) | undefined
  #isClosed = false

  constructor(parts: DrawCheckParts) {
    this.#parts = parts
  }

  /** Leases that wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Takes a lease that was settled. */
  add(lease: Lease, settled: Settled): void {
    if (this.#isClosed) return
    const [oldest] = this.#waiting.keys()
    if (this.#waiting.size >= MAX_WAITING && oldest !== undefined)
      this.#end(oldest, { lie: null, unchecked: `More than ${MAX_WAITING} leases wait.` })
    this.#waiting.set(leaseId(lease), { ...settled, lease, sinceMs: this.#parts.clock.nowMs() })
    this.#schedule()
  }

  /** Checks nothing more. */
  close(): void {
    this.#isClosed = true
    this.#cancel?.()
    this.#waiting.clear()
  }

  #schedule(): void {
    if (this.#isClosed || this.#cancel !== undefined || this.#waiting.size === 0) return
    this.#cancel = this.#parts.clock.after(this.#nextLookMs(), () => {
      void this.#look().finally(() => {
        this.#cancel = undefined
        this.#schedule()
      })
    })
  }

  /** When the first epoch that something waits for is over, where epochs' length is known; else in growing steps. */
  #nextLookMs(): number {
    const pauseMs = this.#pauseMs
    if (this.#chain === undefined) return pauseMs
    const first = Math.min(...[...this.#waiting.values()].map(({ lease }) => lease.body.epoch))
    const leftMs = (first + 1) * this.#chain.periodMs - this.#parts.clock.nowMs()
    return Math.min(Math.max(leftMs, pauseMs), Math.max(this.#chain.periodMs, LONGEST_LOOK_MS))
  }

  async #look(): Promise<void> {
    const ready = new Map<number, Beacon | null>()
    let isAnyDone = false
    for (const [id, each] of this.#waiting) {
      if (this.#isClosed) return
      const check = await this.#checkOne(each, ready)
      if (check === undefined && this.#parts.clock.nowMs() - each.sinceMs < MAX_WAIT_MS) continue
      isAnyDone = true
      this.#end(id, check ?? { lie: null, unchecked: 'The coordinator gave no answer.' })
    }
    this.#pauseMs = isAnyDone ? FIRST_LOOK_MS : Math.min(2 * this.#pauseMs, LONGEST_LOOK_MS)
  }

  #end(id: Digest, check: Omit<DrawCheck, 'lease'>): void {
    const ended = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (ended !== undefined && !this.#isClosed) this.#parts.onChecked({ lease: ended.lease, ...check })
  }

  /** Undefined while it cannot be said yet. */
  async #checkOne(
    { lease, receipt, promise }: Waiting,
    beacons: Map<number, Beacon | null>,
  ): Promise<Omit<DrawCheck, 'lease'> | undefined> {
    try {
      if ((await this.#beacon(lease.body.epoch, beacons)) === null) return undefined
      if (await this.#isBroken(promise)) return { lie: 'receipt', unchecked: null }
      const certificate = await this.#certificate(receipt.certificate, lease)
      const revealed: Beacon[] = []
      for (const { epoch } of certificate.body.draws) {
        const beacon = await this.#beacon(epoch, beacons)
        if (beacon === null) return undefined
        revealed.push(beacon)
      }
      const lie = (await this.#misplaced(certificate, lease)) ?? (await this.#drawLie(certificate, revealed))
      if (lie !== undefined)
        await this.#keep(
          'The coordinator certified a unit of yours whose checkers were not drawn by the rules.',
          falseDraw(certificate, lie),
        )
      return { lie: lie?.shows ?? null, unchecked: null }
    } catch (error) {
      const { kind, message } = toErrorRecord(error)
      return kind === 'unavailable' ? undefined : { lie: null, unchecked: message }
    }
  }

  async #beacon(epoch: number, known: Map<number, Beacon | null>): Promise<Beacon | null> {
    const { source, authority, onCheckpoint } = this.#parts
    const before = known.get(epoch)
    if (before !== undefined) return before
    const beacon = await source.beacon(epoch)
    if (beacon !== null) {
      const verdict = verifyBeacon(beacon, authority())
      if (!verdict.ok) throw new DrawAnswerError(verdict.reason)
      if (beacon.chain.entry.first > epoch || beacon.secret.entry.epoch < epoch)
        throw new DrawAnswerError(`The beacon is not of epoch ${epoch}.`)
      const checkpoint = openCheckpoint(beacon.checkpoint, authority())
      if (checkpoint !== undefined) onCheckpoint(checkpoint)
      this.#chain = beacon.chain.entry
    }
    known.set(epoch, beacon)
    return beacon
  }

  /** Whether the log has something else where the receipt was promised: the proof of that is kept. */
  async #isBroken(promise: ReceiptPromise): Promise<boolean> {
    const { logIndex } = promise.body
    const { size, root } = promise.checkpoint
    const { entry, path } = await this.#parts.source.logEntry(logIndex, size)
    const leaf = entryLeaf(entry)
    if (!verifyMerkleProof(leaf, logIndex, size, path, root))
      throw new DrawAnswerError(`Entry ${logIndex} is not in the log that the promise of the receipt names.`)
    if (leaf === promise.body.leaf) return false
    await this.#keep(
      'The coordinator promised you a receipt and has something else in its place in the log.',
      falseReceipt(promise, leaf, path),
    )
    return true
  }

  /** The certificate that the node was told of, signed, with its own lease in it. */
  async #certificate(id: Digest, lease: Lease): Promise<Certificate> {
    const { source, authority } = this.#parts
    const { network, coordinator } = authority()
    const certificate = await source.certificate(id)
    const isIt = certificateId(certificate) === id && certificate.signer === coordinator
    if (!isIt || !verifyMessage(certificate, CERTIFICATE_TYPE, network))
      throw new DrawAnswerError(`What was given as certificate ${id} is another document.`)
    if (!certificate.body.replicas.some((replica) => leaseId(replica.lease) === leaseId(lease)))
      throw new DrawAnswerError(`Certificate ${id} does not hold the lease that was settled with it.`)
    return certificate
  }

  /** The roster's place in the log, as the node's own lease names the log. */
  async #misplaced({ body }: Certificate, lease: Lease): Promise<DrawLie | undefined> {
    const { attempt, rosterRoot: root } = lease.body
    const record = body.draws.find((draw) => draw.attempt === attempt)
    const { size, root: logRoot } = lease.checkpoint
    // What a certificate alone shows is shown by it: see findDrawLie.
    if (record === undefined || record.rosterRoot !== root || record.rosterLeaf >= size) return undefined
    const entry = await this.#parts.source.logEntry(record.rosterLeaf, size)
    const isIn =
      entry.index === record.rosterLeaf &&
      verifyMerkleProof(entryLeaf(entry.entry), entry.index, size, entry.path, logRoot)
    if (!isIn) throw new DrawAnswerError(`Entry ${record.rosterLeaf} is not in the log that the lease names.`)
    const isRoster = entry.entry.type === 'roster' && entry.entry.root === root
    return isRoster ? undefined : { shows: 'place', attempt, entry }
  }

  async #drawLie(certificate: Certificate, beacons: readonly Beacon[]): Promise<DrawLie | undefined> {
    const rosters = new Map<Digest, Roster>()
    for (const { rosterRoot: root } of certificate.body.draws) {
      if (rosters.has(root)) continue
      const roster = await this.#parts.source.roster(root)
      if (rosterRoot(roster) !== root) throw new DrawAnswerError(`What was given as roster ${root} is another one.`)
      rosters.set(root, roster)
    }
    return findDrawLie(certificate, this.#parts.authority(), rosters, beacons)
  }

  async #keep(says: string, document: NewEvidence['document']): Promise<void> {
    const { authority, clock, keep } = this.#parts
    await keep({ against: authority().coordinator, says, atMs: clock.nowMs(), document })
  }
}

/** The coordinator answered with something that is not what was asked for; unsigned, so it convicts nobody. */
export class DrawAnswerError extends AppError {
  override readonly name = 'node.DrawAnswer'
  constructor(reason: string) {
    super('hostile', `A draw cannot be checked: ${reason}`)
  }
}
