// One lease's life on a node, from the offer to the settlement: fetch, compute, commit, check the close, reveal, judge the peers, deliver.
import type { Clock } from '#core/clock.ts'
import type { ContentLayout } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { AppError, type ErrorRecord, toErrorRecord } from '#core/errors.ts'
import { type SigningContext, signMessage } from '#core/signed.ts'
import type { Split } from '#identity/split.ts'
import { type ReceiptEntry, entryLeaf } from '#ledger/entry.ts'
import { paidUnder } from '#ledger/payments.ts'
import { type ReceiptPromise, isReceiptPromise } from '#ledger/receipt-promise.ts'
import { HEARTBEAT_MS } from '#net/protocols/lease/constants.ts'
import { LeaseOrderError, type NodeLease, type Offer } from '#net/protocols/lease/handler.ts'
import type { LeasePeer } from '#net/protocols/lease/messages.ts'
import { type Close, closeId } from '#verify/close.ts'
import { type Authority, verifyLease } from '#verify/commit.ts'
import { type Commitment, possessionKey } from '#verify/commitment.ts'
import { type Reveal, SIGHTING_TYPE, type Seen, type Sighting, type SightingBody } from '#verify/reveal.ts'
import type { Kind } from '#work/kind.ts'
import { type Lease, leaseId } from '#work/lease.ts'
import { type Unit, unitId } from '#work/unit.ts'
import type { Equivocation } from '#verify/equivocation.ts'
import type { Desk, Exchange, Handed, Shown } from './exchange.ts'
import type { InputParts, UnitResult, WorkerApi } from './worker-api.ts'
import { closeProblem, isEquivocating, judge } from './judge.ts'
import { ProgressTeller } from './progress-teller.ts'
import type { UnitRecord } from './state.ts'

/** The part of a worker that a lease uses. */
export type UnitComputer = Pick<WorkerApi, 'run' | 'possession' | 'release'>

/** What a lease runs with. */
export type LeaseParts = {
  readonly signer: Signer
  readonly coordinator: PublicKey
  readonly clock: Clock
  readonly worker: UnitComputer
  readonly exchange: Exchange
  readonly findKind: (unit: Unit) => Kind
  /** Network and checkpoint that signatures carry now. */
  readonly signing: () => SigningContext
  /** Accounts that may be paid for this node. */
  readonly payees: () => readonly PublicKey[]
  /** What of this node's credit goes to a site by its own word. */
  readonly split: Split | null
  /** The parts of the unit's inputs that its kind needs. */
  readonly fetchInputs: (unit: Unit, kind: Kind, signal: AbortSignal) => Promise<InputParts>
  /** Hands the result under a lease to the coordinator. */
  readonly deliver: (lease: Digest, content: Content, signal: AbortSignal) => Promise<void>
  /** Keeps proof that the coordinator contradicted itself. */
  readonly onEquivocation: (pair: Equivocation) => void
  /** Tells the coordinator of a commitment that a peer handed over and the close does not list. */
  readonly accuse: (handed: Handed, signal: AbortSignal) => Promise<void>
  /** Told of every change of the unit's record. */
  readonly report: (record: UnitRecord) => void
}

/** A content with all its parts. */
export type Content = {
  readonly layout: ContentLayout
  readonly leaves: readonly Digest[]
  readonly parts: readonly Uint8Array<ArrayBuffer>[]
}

/**
 * What a finished lease came to. `operations` and `busyMs` tell the rate; `failure` is why this node could not do its part; `isFaulted` says that
 * its result was proven wrong; `settled` is what the coordinator promised when it settled it.
 */
export type LeaseOutcome = {
  readonly record: UnitRecord
  readonly operations: bigint
  readonly busyMs: number
  readonly failure: ErrorRecord | null
  readonly isFaulted: boolean
  readonly settled: Settled | null
}

/** A receipt, and the coordinator's promise that it is in the log. */
export type Settled = { readonly receipt: ReceiptEntry; readonly promise: ReceiptPromise }

/** Why `offer` cannot be taken, or undefined when it is in order. */
export function offerProblem(offer: Offer, parts: Omit<LeaseParts, 'report'>): string | undefined {
  const { lease, unit, peers } = offer
  if (!verifyLease(lease, authorityOf(parts)).ok) return 'the lease is not signed by the coordinator'
  if (lease.body.node !== parts.signer.publicKey) return 'the lease is for another node'
  if (lease.body.unit !== unitId(unit)) return 'the lease is for another unit'
  if (lease.body.deadlineMs <= parts.clock.nowMs()) return 'the lease is over already'
  if (!peers.every((peer) => isPeerOf(peer, lease, parts))) return 'a peer has no lease for this unit'
  try {
    parts.findKind(unit).assertUnit(unit)
  } catch (error) {
    return error instanceof AppError ? error.message : String(error)
  }
  return undefined
}

/** Serves an accepted lease until it is settled, rejected or over, or until `signal` aborts: then the unit is handed back with its reason. */
export async function runLease(
  offer: Offer,
  stream: NodeLease,
  parts: LeaseParts,
  signal: AbortSignal,
): Promise<LeaseOutcome> {
  return new LeaseRun(offer, stream, parts, signal).run()
}

class LeaseRun {
  readonly #offer: Offer
  readonly #id: Digest
  readonly #kind: Kind
  readonly #stream: NodeLease
  readonly #parts: LeaseParts
  readonly #over = new AbortController()
  readonly #signal: AbortSignal
  readonly #desk: Desk
  readonly #teller: ProgressTeller
  readonly #closes = new Map<number, Close>()
  #record: UnitRecord
  #result: UnitResult | undefined
  #commitment: Commitment | undefined
  #failure: ErrorRecord | null = null
  #isFaulted = false
  #settled: Settled | null = null

  constructor(offer: Offer, stream: NodeLease, parts: LeaseParts, signal: AbortSignal) {
    this.#offer = offer
    this.#id = leaseId(offer.lease)
    this.#kind = parts.findKind(offer.unit)
    this.#stream = stream
    this.#parts = parts
    this.#signal = AbortSignal.any([signal, stream.ended, this.#over.signal])
    this.#desk = parts.exchange.join(offer.lease)
    this.#teller = new ProgressTeller({
      ...parts,
      lease: offer.lease,
      say: (progress) => stream.say({ say: 'progress', progress }),
      signal: this.#signal,
    })
    this.#record = {
      unit: offer.lease.body.unit,
      what: this.#kind.describe(offer.unit),
      startedMs: parts.clock.nowMs(),
      finishedMs: null,
      outcome: 'computing',
      credited: null,
      reason: 'Computing.',
      certificate: null,
      peers: [],
    }
  }

  async run(): Promise<LeaseOutcome> {
    const stopHeartbeat = this.#beatHeart()
    const cancelDeadline = this.#watchDeadline()
    try {
      this.#report({})
      await this.#stream.say({ say: 'accept' })
      this.#desk.addPeers(this.#offer.peers)
      const working = this.#computeAndCommit()
      working.catch((error: unknown) => this.#over.abort(error))
      await this.#converse(working)
    } catch (error) {
      await this.#handBack(error)
    } finally {
      stopHeartbeat()
      cancelDeadline()
      this.#desk.leave()
      await this.#parts.worker.release(this.#id).catch(() => undefined)
    }
    return {
      record: this.#record,
      operations: this.#result === undefined ? 0n : this.#kind.operations(this.#offer.unit),
      busyMs: this.#result?.busyMs ?? 0,
      failure: this.#failure,
      isFaulted: this.#isFaulted,
      settled: this.#settled,
    }
  }

  async #computeAndCommit(): Promise<void> {
    const { unit } = this.#offer
    const inputs = await this.#parts.fetchInputs(unit, this.#kind, this.#signal)
    this.#signal.throwIfAborted()
    const result = await this.#compute(unit, inputs)
    const tag = await this.#parts.worker.possession(this.#id, possessionKey(this.#id))
    this.#signal.throwIfAborted()
    const commitment = await this.#desk.commit({ root: result.root, tag })
    this.#result = result
    this.#commitment = commitment
    this.#report({ outcome: 'committed', reason: 'Computed; waiting for the other replicas.' })
    await this.#stream.say({ say: 'committed', commitment })
  }

  async #compute(unit: Unit, inputs: InputParts): Promise<UnitResult> {
    try {
      const onProgress = this.#kind.progress === undefined ? undefined : (bytes: Uint8Array) => this.#teller.add(bytes)
      return await this.#parts.worker.run(this.#id, unit, inputs, onProgress)
    } catch (error) {
      const failure = toErrorRecord(error)
      if (!this.#signal.aborted && !this.#isOfUnit(failure)) this.#failure = failure
      throw error
    }
  }

  /** Whether a failure tells nothing about the device: the unit cannot be computed by anyone, or its model is too large for this one. */
  #isOfUnit({ kind }: ErrorRecord): boolean {
    const hasModel = (this.#kind.files?.(this.#offer.unit) ?? []).length > 0
    return kind === 'input' || (kind === 'capacity' && hasModel)
  }

  /** Hears the coordinator until the lease is settled. Checking one round and hearing go on side by side. */
  async #converse(committed: Promise<void>): Promise<void> {
    for (;;) {
      const message = await this.#stream.hear({ signal: this.#signal })
      switch (message.say) {
        case 'peers':
          this.#desk.addPeers(message.peers.filter((peer) => isPeerOf(peer, this.#offer.lease, this.#parts)))
          break
        case 'stream':
          this.#teller.start()
          break
        case 'closed':
          await committed
          this.#open(message.close).catch((error: unknown) => this.#over.abort(error))
          break
        case 'deliver':
          await committed
          this.#deliver().catch((error: unknown) => this.#over.abort(error))
          break
        case 'settled':
          this.#settle(message, message.reason)
          return
        case 'rejected':
          this.#isFaulted = message.fault !== null
          this.#finish({ outcome: 'rejected', credited: '0', reason: message.reason })
          return
        case 'offer':
          throw new LeaseOrderError('offer', 'anything but a second offer')
      }
    }
  }

  #settle({ receipt, promise }: Settled, reason: string): void {
    const isPromised = isReceiptPromise(promise, authorityOf(this.#parts)) && promise.body.leaf === entryLeaf(receipt)
    const { signer, payees, split } = this.#parts
    const paid = paidUnder(receipt.payments, signer.publicKey, split)
    if (!isPromised || paid === null || !payees().includes(paid.account)) {
      const reason = 'The coordinator promised no receipt that pays this node for it.'
      this.#finish({ outcome: 'rejected', credited: '0', reason })
      return
    }
    this.#settled = { receipt, promise }
    const { certificate } = receipt
    this.#finish({ outcome: 'agreed', credited: paid.own.toString(), reason, certificate })
  }

  /** Checks the close, exchanges reveals, judges the peers and tells the coordinator what was seen. */
  async #open(close: Close): Promise<void> {
    const { result, commitment } = this.#committed()
    this.#assertClose(close, commitment)
    this.#closes.set(close.body.round, close)
    this.#report({ outcome: 'checking', reason: 'Checking the other replicas.' })
    const { reveal, shown } = await this.#desk.reveal(close)
    const seen = await Promise.all(shown.map((peer) => this.#judge(peer, close, result.root)))
    const accused = shown.flatMap((peer) => (isEquivocating(peer) ? [peer.handed] : []))
    await Promise.allSettled(accused.map((handed) => this.#parts.accuse(handed, this.#signal)))
    this.#report({ peers: seen.map(({ node, transport }) => ({ node, transport })) })
    await this.#sayRevealed(reveal, close, seen, result.leaves)
  }

  async #judge(shown: Shown, close: Close, root: Digest): Promise<Seen> {
    const tag = await this.#parts.worker.possession(this.#id, possessionKey(shown.entry.lease))
    return judge(shown, { authority: authorityOf(this.#parts), close, root, tag })
  }

  async #sayRevealed(reveal: Reveal, close: Close, seen: readonly Seen[], leaves: readonly Digest[]): Promise<void> {
    const body: SightingBody = { lease: this.#id, close: closeId(close), seen }
    const sighting: Sighting = await signMessage(this.#parts.signer, SIGHTING_TYPE, this.#parts.signing(), body)
    await this.#stream.say({ say: 'revealed', reveal, leaves, sighting })
  }

  async #deliver(): Promise<void> {
    const { result } = this.#committed()
    const layout = this.#kind.resultLayout(this.#offer.unit)
    await this.#parts.deliver(this.#id, { layout, leaves: result.leaves, parts: result.parts }, this.#signal)
  }

  #assertClose(close: Close, commitment: Commitment): void {
    for (const known of this.#closes.values()) this.#parts.onEquivocation({ about: 'close', messages: [known, close] })
    const problem = closeProblem(close, {
      authority: authorityOf(this.#parts),
      lease: this.#offer.lease,
      commitment,
      known: this.#closes.get(close.body.round),
    })
    if (problem !== undefined) throw new CloseError(problem)
  }

  #committed(): { result: UnitResult; commitment: Commitment } {
    if (this.#result === undefined || this.#commitment === undefined) throw new LeaseOrderError('closed', 'patience')
    return { result: this.#result, commitment: this.#commitment }
  }

  /** Says why the unit comes back, if anyone still listens. */
  async #handBack(thrown: unknown): Promise<void> {
    const cause = this.#over.signal.aborted ? (this.#over.signal.reason as unknown) : thrown
    const { message } = toErrorRecord(cause)
    this.#finish({ outcome: 'lost', credited: '0', reason: message })
    if (this.#stream.ended.aborted) return
    await this.#stream.say({ say: 'failed', reason: message.slice(0, 300) }).catch(() => undefined)
  }

  #beatHeart(): () => void {
    const { clock } = this.#parts
    let cancel = () => {}
    const arm = () => {
      cancel = clock.after(HEARTBEAT_MS, () => {
        if (this.#signal.aborted) return
        this.#stream.say({ say: 'alive' }).catch(() => undefined)
        arm()
      })
    }
    arm()
    return () => cancel()
  }

  #watchDeadline(): () => void {
    const { clock } = this.#parts
    const leftMs = this.#offer.lease.body.deadlineMs - clock.nowMs()
    return clock.after(leftMs, () => this.#over.abort(new DeadlineError()))
  }

  #finish(change: Partial<UnitRecord>): void {
    this.#report({ ...change, finishedMs: this.#parts.clock.nowMs() })
  }

  #report(change: Partial<UnitRecord>): void {
    this.#record = { ...this.#record, ...change }
    this.#parts.report(this.#record)
  }
}

function authorityOf({ coordinator, signing }: Pick<LeaseParts, 'coordinator' | 'signing'>): Authority {
  return { network: signing().network, coordinator }
}

function isPeerOf({ node, lease }: LeasePeer, own: Lease, parts: Pick<LeaseParts, 'coordinator' | 'signing'>): boolean {
  const { body } = lease
  return (
    body.node === node &&
    body.unit === own.body.unit &&
    body.admissionLeaf === own.body.admissionLeaf &&
    verifyLease(lease, authorityOf(parts)).ok
  )
}

/** The coordinator's close cannot be accepted, so nothing is revealed. */
export class CloseError extends AppError {
  override readonly name = 'node.Close'
  constructor(problem: string) {
    super('hostile', `Nothing is revealed. ${problem}`)
  }
}

/** The lease's deadline passed. */
export class DeadlineError extends AppError {
  override readonly name = 'node.Deadline'
  constructor() {
    super('unavailable', 'The lease ran out before the unit was settled.')
  }
}
