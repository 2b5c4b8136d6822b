// The life of one unit from its first lease to its settlement: collect commitments, close, collect reveals, judge, take the result, settle.
// A replica that is lost or wrong is replaced, and all who stay are closed and reveal again together with the new one.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { AppError } from '#core/errors.ts'
import { REVEAL_TIMEOUT_MS } from '#net/protocols/reveal/constants.ts'
import { unitAuditRate } from '#verify/audit.ts'
import type { Close } from '#verify/close.ts'
import { signClose } from '#verify/commit.ts'
import type { Commitment } from '#verify/commitment.ts'
import type { FaultCause } from '#verify/faults.ts'
import type { Lease } from '#work/lease.ts'
import { priceAtto } from '#ledger/price.ts'
import { isMature } from '#verify/roster.ts'
import type { AuditOutcome } from '#coordinator/audit/audits.ts'
import type { DrawPlan, DrawnReplica, UnitDraws } from '#coordinator/draw/unit-draws.ts'
import { signingContext } from '#coordinator/grid.ts'
import type { LiveNode } from '#coordinator/live-nodes.ts'
import type { JobRecord } from '#coordinator/store/jobs.ts'
import type { UnitRecord } from '#coordinator/store/units.ts'
import { type RevealedReplica, revealedReplica } from './evidence.ts'
import { type Judgement, type Round, brokenClaims, judge, judgePart, recordFault } from './judgement.ts'
import { LeaseOverError, Replica } from './replica.ts'
import { ResultDelivery } from './result-delivery.ts'
import type { SessionParts } from './session-parts.ts'
import { type Interval, unitIntervals } from './stages.ts'

/** From the close to the last reveal: the peers' own limits, once for either side to begin. */
export const REVEAL_DEADLINE_MS = 2 * REVEAL_TIMEOUT_MS

/** What a node is told that was convicted by what it signed elsewhere. */
const EXPELLED_REASON = 'It signed two different commitments under one lease.'

/** A unanimous result. */
type Agreed = Extract<Judgement, { outcome: 'agreed' }>

/** Replicas that do not count, and what they differed over. */
type Rejected = Extract<Judgement, { outcome: 'rejected' }>

/** One leased unit. */
export class UnitSession {
  readonly job: JobRecord
  readonly record: UnitRecord
  readonly draws: UnitDraws
  readonly #parts: SessionParts
  readonly #excluded = new Set<PublicKey>()
  readonly #delivery: ResultDelivery
  readonly #startMs: number
  #replicas: Replica[] = []
  #attempt = 0
  #round = 0
  #close: Close | undefined
  #closedMs = 0
  #judgement: { close: Close; judgement: Judgement } | undefined
  readonly #convicted = new Map<Replica, Digest>()
  readonly #ended = new AbortController()
  #isOver = false
  #isStepping = false
  #isStale = false
  #stepping: Promise<void> = Promise.resolve()

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.job = parts.job
    this.record = parts.record
    this.draws = parts.draws
    this.#startMs = parts.grid.clock.nowMs()
    const { unit } = parts.record
    this.#delivery = new ResultDelivery({ ...parts, unit, onStored: () => this.#advance() })
  }

  /** Replicas that are wanted now. */
  get missing(): number {
    return this.#isOver ? 0 : Math.max(0, this.#parts.replication - this.#replicas.length)
  }

  /** The number of the last attempt. */
  get attempt(): number {
    return this.#attempt
  }

  /** Whether a replica of `node` may read content `id` now. */
  mayRead(node: PublicKey, id: Digest): boolean {
    const isInput = this.record.unit.inputs.some((input) => input.id === id)
    return isInput && this.#replicas.some((replica) => replica.node === node && replica.end === undefined)
  }

  /** What the holder of `lease` committed to, if it is one of ours and has. */
  commitmentUnder(lease: Digest): Commitment | undefined {
    return this.#replicas.find(({ id }) => id === lease)?.commitment
  }

  /** Drops the holder of `lease`, convicted by evidence `fault` from elsewhere. False when it is none of ours. */
  expel(lease: Digest, fault: Digest): boolean {
    const replica = this.#replicas.find(({ id }) => id === lease)
    if (replica === undefined || this.#isOver) return false
    this.#convicted.set(replica, fault)
    this.#advance()
    return true
  }

  /** Adds replicas under fresh leases of the attempt that `plan` drew. */
  recruit(recruits: readonly { live: LiveNode; lease: Lease }[], plan: DrawPlan, rosterLeaf: number): void {
    const { grid, peer, authority, kind } = this.#parts
    this.#attempt = plan.attempt
    const added = recruits.map(
      ({ live, lease }) =>
        new Replica({
          peer,
          clock: grid.clock,
          authority,
          live,
          lease,
          unit: this.record.unit,
          maxProgressBytes: kind.progress?.maxBytes(this.record.unit) ?? 0,
          onEquivocation: (pair) => this.#parts.onEquivocation(lease, pair),
          onProgress: (claimed) => grid.events.emitProgress(this.job.id, claimed),
          onChange: () => {
            this.stream()
            this.#advance()
            this.#parts.wake()
          },
        }),
    )
    const asPeer = ({ node, lease }: Replica) => ({ node, lease, addresses: [] })
    for (const replica of this.#replicas) replica.say({ say: 'peers', peers: added.map(asPeer) })
    this.#replicas.push(...added)
    this.draws.add(plan, rosterLeaf, () => added.map((replica) => this.#asDrawn(replica)))
    for (const replica of added)
      void replica.run(this.#replicas.filter((other) => other !== replica && other.end === undefined).map(asPeer))
  }

  /** One that was lost after it revealed is still a replica: it is absent only when the unit goes on without it. */
  #asDrawn(replica: Replica): DrawnReplica {
    const { node, lease, decline, end } = replica
    const isGone = (end?.how === 'declined' || end?.how === 'lost') && !this.#replicas.includes(replica)
    return { lease, decline: decline ?? null, isAbsent: isGone && !this.#excluded.has(node) }
  }

  /** Gives the unit back to the queue: it was drawn too often. */
  async giveBack(): Promise<void> {
    if (!this.#isOver) await this.#release('too many nodes were drawn and gave no result')
  }

  /** Has one replica say what it has of the result, another one when that is lost, as long as somebody follows the job. */
  stream(): void {
    const { grid, kind } = this.#parts
    if (this.#isOver || kind.progress === undefined || !grid.events.isFollowed(this.job.id)) return
    const present = this.#replicas.filter(({ acceptedMs, end }) => acceptedMs !== undefined && end === undefined)
    if (present.some(({ claimed }) => claimed !== undefined)) return
    present.toSorted((a, b) => b.live.ratedMops - a.live.ratedMops)[0]?.stream()
  }

  /** Tells a new follower what is known of the result. */
  retell(): void {
    for (const { claimed } of this.#replicas)
      if (claimed?.latest !== undefined) this.#parts.grid.events.emitProgress(this.job.id, claimed)
  }

  /** Ends the session because the job has ended; the nodes are told why. */
  cancel(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#dismissAll(reason)
    void this.#parts.onOver('ended').catch(this.#parts.grid.report)
  }

  /** Ends every lease and waits for the step at hand: the coordinator stops, and what is not settled goes on after the next start. */
  async abandon(): Promise<void> {
    this.#isOver = true
    this.#dismissAll('The coordinator stops.')
    await this.#stepping
  }

  #dismissAll(reason: string): void {
    this.#ended.abort(new LeaseOverError(reason))
    for (const replica of this.#replicas)
      replica.dismiss({ say: 'rejected', reason: reason.slice(0, 300), fault: null }, 'ended', reason)
    this.#delivery.stop()
  }

  /** Runs steps until nothing changes; a change during a step makes another one. */
  #advance(): void {
    this.#isStale = true
    if (this.#isStepping) return
    this.#isStepping = true
    this.#stepping = this.#stepWhileStale().catch(this.#parts.grid.report)
  }

  async #stepWhileStale(): Promise<void> {
    try {
      while (this.#isStale && !this.#isOver) {
        this.#isStale = false
        await this.#step()
      }
    } catch (error) {
      await this.#break(error)
    } finally {
      this.#isStepping = false
    }
  }

  /** Something that should not happen: the unit goes back to the queue rather than hang. */
  async #break(error: unknown): Promise<void> {
    const { grid, onOver } = this.#parts
    grid.report(error)
    if (this.#isOver) return
    this.#isOver = true
    this.#dismissAll('Something went wrong at the coordinator.')
    await onOver('broken')
  }

  async #step(): Promise<void> {
    for (const [replica, fault] of this.#convicted) await this.#drop(replica, EXPELLED_REASON, 'equivocation', fault)
    this.#convicted.clear()
    await this.#dropEnded()
    if (this.#isOver) return
    if (this.#replicas.length === 0) return this.#release('no replica is left')
    if (this.missing > 0) return this.#parts.wake()
    if (this.#replicas.some(({ commitment }) => commitment === undefined)) return
    if (!this.#isClosed()) return this.#closeRound()
    const revealed = this.#replicas.map(revealedReplica).filter((one) => one !== null)
    if (revealed.length < this.#replicas.length) return
    await this.#conclude(revealed)
  }

  /** A replica that left after it revealed still counts, as long as nobody has to reveal again. */
  async #dropEnded(): Promise<void> {
    const ended = this.#replicas.filter(({ end }) => end !== undefined)
    if (ended.length === 0) return
    if (this.missing === 0 && ended.every(({ revealed }) => revealed !== undefined)) return
    this.#replicas = this.#replicas.filter(({ end }) => end === undefined)
    for (const replica of ended) {
      const isListed = this.#close?.body.entries.some(({ lease }) => lease === replica.id) === true
      if (isListed && replica.revealed === undefined) this.#parts.onFault(replica.live, 'unrevealed', null)
      await this.#parts.onLost(replica)
    }
  }

  #isClosed(): boolean {
    const entries = this.#close?.body.entries ?? []
    return (
      entries.length === this.#replicas.length &&
      this.#replicas.every(({ id }) => entries.some((entry) => entry.lease === id))
    )
  }

  async #closeRound(): Promise<void> {
    const { grid } = this.#parts
    const at = {
      unit: this.record.id,
      admissionLeaf: this.job.admissionLeaf,
      attempt: this.#attempt,
      round: ++this.#round,
      epoch: (await grid.draws.secrets.current()).epoch,
    }
    const committed = this.#replicas.flatMap(({ lease, commitment }) =>
      commitment === undefined ? [] : [{ lease, commitment }],
    )
    const close = await signClose(grid.signer, signingContext(grid), at, committed)
    this.#close = close
    this.#closedMs = grid.clock.nowMs()
    for (const replica of this.#replicas) {
      replica.say({ say: 'closed', close })
      replica.after(REVEAL_DEADLINE_MS, () => {
        if (this.#close === close && replica.revealed === undefined) replica.lose('it committed and did not reveal')
      })
    }
  }

  async #conclude(revealed: readonly RevealedReplica[]): Promise<void> {
    const { grid, kind } = this.#parts
    const { unit } = this.record
    const close = this.#close
    if (close === undefined) return
    if (kind.comparison(unit) === 'tolerant')
      for (const one of revealed) if (!(await this.#delivery.isHere(one))) return this.#askFor(one)
    if (this.#judgement?.close !== close)
      this.#judgement = { close, judgement: await judge(grid, this.#roundOf(close, revealed)) }
    const { judgement } = this.#judgement
    if (this.#isOver) return
    if (judgement.outcome === 'rejected') return this.#reject(judgement)
    for (const one of judgement.replicas)
      if (await this.#delivery.isHere(one)) {
        const broken = await brokenClaims(grid, { kind, unit, ...judgement })
        if (broken.length > 0) return this.#reject({ rejections: broken })
        return this.#auditAndSettle(close, judgement)
      }
    const giver = judgement.replicas.find(({ replica }) => replica.end === undefined)
    if (giver === undefined) return this.#release('every replica left before it delivered')
    await this.#askFor(giver)
  }

  #roundOf(close: Close, replicas: readonly RevealedReplica[]): Round {
    const { kind, authority, askThird } = this.#parts
    const { unit } = this.record
    const ask = (part: number) => askThird({ unit, close, part, draws: this.draws })
    return { kind, unit, replicas, authority, close, auditPpm: this.#auditPpm(replicas), askThird: ask }
  }

  #auditPpm(replicas: readonly RevealedReplica[]): number {
    const drawn = this.draws.drawnAs(replicas.map(({ replica }) => replica.lease))
    const rated = drawn.map(({ lease, entry }) => ({ role: lease.body.role, entry }))
    return unitAuditRate(rated, priceAtto(this.record.operations, this.job.job.body.replication))
  }

  async #reject({ rejections, dispute }: Pick<Rejected, 'rejections' | 'dispute'>): Promise<void> {
    const { grid, onDispute } = this.#parts
    if (dispute !== undefined) await onDispute(dispute)
    for (const { of, reason, cause, fault, hostile } of rejections) {
      const proof = fault === null ? null : await recordFault(grid, this.job, fault)
      await this.#drop(of.replica, reason, cause, proof, hostile)
    }
    this.#isStale = true
  }

  /** Ends a replica that does not count, and tells those who follow the job when there is evidence. */
  async #drop(
    replica: Replica,
    reason: string,
    cause: FaultCause,
    fault: Digest | null,
    hostile?: AppError,
  ): Promise<void> {
    const { grid, onFault, onLost } = this.#parts
    this.#excluded.add(replica.node)
    replica.dismiss({ say: 'rejected', reason: reason.slice(0, 300), fault }, 'lost', reason, hostile)
    this.#replicas = this.#replicas.filter((other) => other !== replica)
    onFault(replica.live, cause, fault)
    if (fault !== null)
      grid.events.emit(this.job.id, {
        event: 'dispute',
        data: { unit: this.record.id, node: replica.node, proof: fault },
      })
    await onLost(replica)
  }

  /** A replica that is gone leaves the unit without its result. */
  async #askFor(one: RevealedReplica): Promise<void> {
    if (!(await this.#delivery.ask(one))) await this.#release('a replica left before it delivered')
  }

  async #auditAndSettle(close: Close, agreed: Agreed): Promise<void> {
    const { grid, kind, audits, onFault } = this.#parts
    const { unit } = this.record
    const { root, leaves, replicas } = agreed
    const ppm = this.#auditPpm(replicas)
    const drawn = this.draws.drawnAs(replicas.map(({ replica }) => replica.lease))
    const result = { kind, unit, job: this.job.id, close, root, leaves, replicas: drawn.map(({ entry }) => entry), ppm }
    const hearing = {
      judge: (part: number) => judgePart(grid, this.#roundOf(close, replicas), part),
      onSlander: (auditor: LiveNode) => onFault(auditor, 'wrong-statement', null),
    }
    const audit = await audits.audit(result, hearing, this.#ended.signal)
    if (this.#isOver) return
    if (audit.outcome === 'wrong') return this.#reject(audit.found)
    const vouching = drawn.filter(({ lease, entry }) => lease.body.role === 'checker' && isMature(entry))
    await this.#settle(
      agreed,
      audit,
      vouching.map(({ entry }) => entry.node),
    )
  }

  async #settle(
    { root, leaves, replicas }: Agreed,
    audit: AuditOutcome,
    vouching: readonly PublicKey[],
  ): Promise<void> {
    const { kind } = this.#parts
    const agreement = {
      job: this.job,
      record: this.record,
      kind,
      replicas,
      root,
      leaves,
      attempt: this.#attempt,
      draws: this.draws.records(),
      audit,
      vouching,
    }
    const settled = await this.#parts.settle(agreement, this.#intervals())
    this.#isOver = true
    if (settled === null) this.#dismissAll('The job does not run any more.')
    else
      for (const { replica } of replicas)
        replica.dismiss(
          {
            say: 'settled',
            receipt: settled.receipt,
            promise: settled.promise,
            reason: settled.reason.slice(0, 300),
          },
          'ended',
          'it is settled',
        )
    this.#delivery.stop()
    await this.#parts.onOver(settled === null ? 'ended' : 'settled')
  }

  async #release(reason: string): Promise<void> {
    this.#isOver = true
    for (const replica of this.#replicas) if (replica.end !== undefined) await this.#parts.onLost(replica)
    this.#dismissAll(`The unit was taken back: ${reason}.`)
    await this.#parts.onOver('released')
  }

  /** When the unit was in which stage. */
  #intervals(): Interval[] {
    const { grid, deliveries } = this.#parts
    return unitIntervals(this.#replicas, {
      startMs: this.#startMs,
      servedMs: deliveries.lastServedMs(this.record.unit.inputs.map(({ id }) => id)),
      closedMs: this.#closedMs,
      nowMs: grid.clock.nowMs(),
    })
  }
}
