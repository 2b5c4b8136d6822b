// One replica of a unit: a node, its lease, and the conversation on the lease's stream. It keeps what the node said and tells its
// session of every change; it decides nothing.
import type { Clock } from '#core/clock.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError, toErrorRecord } from '#core/errors.ts'
import type { Peer } from '#net/peer.ts'
import { ACCEPT_TIMEOUT_MS, HEARTBEAT_TIMEOUT_MS } from '#net/protocols/lease/constants.ts'
import { type CoordinatorLease, LeaseOrderError, openLease } from '#net/protocols/lease/handler.ts'
import type { FromCoordinator, FromNode, LeasePeer } from '#net/protocols/lease/messages.ts'
import { type Close, closeId } from '#verify/close.ts'
import { type Authority, verifyCommitment } from '#verify/commit.ts'
import { type Decline, verifyDecline } from '#verify/decline.ts'
import type { ClaimedProgress, SignedProgress } from '#verify/progress.ts'
import type { Commitment } from '#verify/commitment.ts'
import type { Reveal, Sighting } from '#verify/reveal.ts'
import { type Lease, leaseId } from '#work/lease.ts'
import type { Unit } from '#work/unit.ts'
import type { LiveNode } from '#coordinator/live-nodes.ts'
import { ProgressIntake } from './progress-intake.ts'

/** What a node said after a close. */
export type Revealed = {
  readonly close: Close
  readonly reveal: Reveal
  readonly sighting: Sighting
  readonly leaves: readonly Digest[]
}

/** How a replica ended: `declined` and `ended` (by us) cost the unit nothing, `lost` is counted. */
export type ReplicaEnd = { readonly how: 'declined' | 'lost' | 'ended'; readonly reason: string }

/** What a replica is made of. */
export type ReplicaParts = {
  readonly peer: Peer
  readonly clock: Clock
  readonly authority: Authority
  readonly live: LiveNode
  readonly lease: Lease
  readonly unit: Unit
  /** Most bytes that it may say of its result before it is done. */
  readonly maxProgressBytes: number
  readonly onChange: () => void
  /** Told of two different commitments that the node signed. */
  readonly onEquivocation: (pair: readonly [Commitment, Commitment]) => void
  /** Told of every piece that it says. */
  readonly onProgress: (claimed: ClaimedProgress) => void
}

/** A node's part in a unit. */
export class Replica {
  readonly live: LiveNode
  readonly lease: Lease
  readonly id: Digest
  /** When the offer was accepted, the commitment came and the reveal came. */
  acceptedMs: number | undefined
  committedMs: number | undefined
  revealedMs: number | undefined
  commitment: Commitment | undefined
  revealed: Revealed | undefined
  /** Its word that it does not take the lease. */
  decline: Decline | undefined
  end: ReplicaEnd | undefined
  readonly #parts: ReplicaParts
  readonly #abort = new AbortController()
  readonly #cancels: (() => void)[] = []
  #stream: CoordinatorLease | undefined
  #close: Close | undefined
  #intake: ProgressIntake | undefined
  #isComputing = true

  constructor(parts: ReplicaParts) {
    this.#parts = parts
    this.live = parts.live
    this.lease = parts.lease
    this.id = leaseId(parts.lease)
    parts.live.leases++
    parts.live.computing++
  }

  get node(): PublicKey {
    return this.live.node
  }

  /** What it said of its result so far, if it was asked. */
  get claimed(): ClaimedProgress | undefined {
    return this.#intake?.claimed
  }

  /** Asks the node to say what it has of its result as it goes on. */
  stream(): void {
    const { authority, clock, maxProgressBytes } = this.#parts
    if (this.#intake !== undefined) return
    this.#intake = new ProgressIntake(this.lease, { authority, clock, maxBytes: maxProgressBytes })
    this.say({ say: 'stream' })
  }

  /** Holds the conversation until the lease is over. */
  async run(peers: readonly LeasePeer[]): Promise<void> {
    const { peer, clock, lease, unit } = this.#parts
    const leftMs = lease.body.deadlineMs - clock.nowMs()
    this.#cancels.push(clock.after(leftMs, () => this.lose('the lease ran out')))
    try {
      const stream = await openLease(peer, this.node, { say: 'offer', lease, unit, peers }, this.#abort.signal)
      this.#stream = stream
      const answer = await stream.hear({ timeoutMs: ACCEPT_TIMEOUT_MS, signal: this.#abort.signal })
      if (answer.say === 'decline') return this.#takeDecline(answer.decline)
      if (answer.say !== 'accept') throw new LeaseOrderError(answer.say, '"accept" or "decline"')
      this.acceptedMs = clock.nowMs()
      this.live.declines = 0
      this.#parts.onChange()
      await this.#converse(stream)
    } catch (error) {
      if (error instanceof AppError && error.kind === 'hostile') this.#stream?.abort(error)
      this.#finish({ how: 'lost', reason: toErrorRecord(error).message })
    } finally {
      void this.#stream?.close().catch(() => undefined)
    }
  }

  /** Says something to the node, if it still listens. */
  say(message: FromCoordinator): void {
    if (message.say === 'closed') {
      this.#close = message.close
      this.revealed = undefined
    }
    this.#stream?.say(message).catch(() => undefined)
  }

  /** Calls `act` after `delayMs` unless the replica is over by then or the returned function was called. */
  after(delayMs: number, act: () => void): () => void {
    const cancel = this.#parts.clock.after(delayMs, act)
    this.#cancels.push(cancel)
    return cancel
  }

  /** Ends the lease because the node did not do what was due. */
  lose(reason: string): void {
    this.dismiss(
      { say: 'rejected', reason: `The lease is over: ${reason}.`.slice(0, 300), fault: null },
      'lost',
      reason,
    )
  }

  /** Says a last word and ends the lease; a `hostile` error is scored against the node. */
  dismiss(
    lastWord: Extract<FromCoordinator, { say: 'settled' | 'rejected' }>,
    how: ReplicaEnd['how'],
    reason: string,
    hostile?: AppError,
  ): void {
    if (this.end !== undefined) return
    const said = this.#stream?.say(lastWord).catch(() => undefined) ?? Promise.resolve()
    this.#finish({ how, reason })
    void this.#cut(said, reason, hostile)
  }

  async #cut(said: Promise<void>, reason: string, hostile: AppError | undefined): Promise<void> {
    await said
    if (hostile !== undefined) this.#stream?.abort(hostile)
    this.#abort.abort(new LeaseOverError(reason))
  }

  async #converse(stream: CoordinatorLease): Promise<void> {
    while (this.end === undefined) {
      const message = await stream.hear({ timeoutMs: HEARTBEAT_TIMEOUT_MS, signal: this.#abort.signal })
      if (this.end !== undefined) return
      if (message.say === 'failed') return this.#finish({ how: 'lost', reason: message.reason })
      if (message.say === 'committed') this.#take(message.commitment)
      else if (message.say === 'revealed') this.#takeReveal(message)
      else if (message.say === 'progress') this.#takeProgress(message.progress)
      else if (message.say !== 'alive') throw new LeaseOrderError(message.say, 'a commitment or a reveal')
    }
  }

  #takeDecline(decline: Decline): void {
    if (!verifyDecline(decline, this.lease)) throw new BadDeclineError()
    this.decline = decline
    this.#finish({ how: 'declined', reason: decline.body.reason })
  }

  #take(commitment: Commitment): void {
    const verdict = verifyCommitment(commitment, this.lease, this.#parts.authority)
    if (!verdict.ok) throw new BadCommitmentError(verdict.reason)
    if (this.commitment !== undefined) {
      this.#parts.onEquivocation([this.commitment, commitment])
      throw new LeaseOrderError('committed', 'one commitment')
    }
    this.commitment = commitment
    this.committedMs = this.#parts.clock.nowMs()
    this.#stopComputing()
    this.#parts.onChange()
  }

  #takeProgress(progress: SignedProgress): void {
    if (this.#intake === undefined) throw new LeaseOrderError('progress', 'nothing of the kind')
    this.#intake.take(progress)
    this.#parts.onProgress(this.#intake.claimed)
  }

  #takeReveal({ reveal, sighting, leaves }: Extract<FromNode, { say: 'revealed' }>): void {
    const close = this.#close
    if (close === undefined) throw new LeaseOrderError('revealed', 'patience until the close')
    // A reveal of an earlier round may cross the next close on its way.
    if (reveal.body.close !== closeId(close)) return
    this.revealed = { close, reveal, sighting, leaves }
    this.revealedMs = this.#parts.clock.nowMs()
    this.#parts.onChange()
  }

  #finish(end: ReplicaEnd): void {
    if (this.end !== undefined) return
    this.end = end
    for (const cancel of this.#cancels.splice(0)) cancel()
    this.#stopComputing()
    this.live.leases--
    this.#parts.onChange()
  }

  #stopComputing(): void {
    if (this.#isComputing) this.live.computing--
    this.#isComputing = false
  }
}

/** A node's commitment does not hold. */
export class BadCommitmentError extends AppError {
  override readonly name = 'coordinator.BadCommitment'
  constructor(reason: string) {
    super('hostile', reason)
  }
}

/** A node declined without signing for it. */
export class BadDeclineError extends AppError {
  override readonly name = 'coordinator.BadDecline'
  constructor() {
    super('hostile', 'The decline is not signed by the node that holds the lease.')
  }
}

/** The coordinator ended the lease. */
export class LeaseOverError extends AppError {
  override readonly name = 'coordinator.LeaseOver'
  constructor(reason: string) {
    super('unavailable', `The lease is over: ${reason}.`)
  }
}
