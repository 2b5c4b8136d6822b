// The matchmaker: gives pending units to free nodes, replaces replicas that are lost, ends jobs whose time or attempts are used up.
// The queue is in the store; who is here and what each unit is going through is in memory and begins anew after a restart.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { signMessage } from '#core/signed.ts'
import type { Peer } from '#net/peer.ts'
import type { Authority } from '#verify/commit.ts'
import type { Commitment } from '#verify/commitment.ts'
import { kindOf } from '#work/kinds.ts'
import { LEASE_TYPE, type Lease, type LeaseBody, MAX_ATTEMPTS, MAX_ATTEMPT_NUMBER, leaseId } from '#work/lease.ts'
import { Audits } from '#coordinator/audit/audits.ts'
import { type DrawPlan, type DrawPlanRequest, UnitDraws, planReplicas } from '#coordinator/draw/unit-draws.ts'
import { type Grid, signingContext } from '#coordinator/grid.ts'
import { jobCertificateId } from '#coordinator/job-certificate.ts'
import { DeadlineError, endJob } from '#coordinator/job-end.ts'
import type { LiveNode, LiveNodes } from '#coordinator/live-nodes.ts'
import { type JobRecord, expiredJobs, readJob } from '#coordinator/store/jobs.ts'
import {
  type UnitRecord,
  beginAttempt,
  countFailure,
  pendingUnits,
  releaseUnit,
  renewAttempt,
} from '#coordinator/store/units.ts'
import type { Deliveries } from './deliveries.ts'
import { Consequences } from './consequences.ts'
import { canCompute, choosePrimary, isFree } from './draw.ts'
import type { Replica } from './replica.ts'
import { Repeats } from './repeats.ts'
import { type Agreement, type Completion, type Settled, settle } from './settle.ts'
import type { Interval } from './stages.ts'
import { ThirdOpinions } from './third-opinions.ts'
import type { SessionEnd } from './session-parts.ts'
import { UnitSession } from './unit-session.ts'

/** Units looked at in one query. */
const BATCH = 64

/** A node that declined is asked again after this long: it is paused or busy with something of its own. */
export const DECLINE_COOL_MS = 3_000

/** The pause doubles with each further offer that it declines, up to 3 minutes. */
const MAX_DOUBLINGS = 6

/** A node that was lost or rejected is given nothing for this long. */
export const FAILURE_COOL_MS = 10_000

/** Deadlines of jobs are looked at this often. */
export const SWEEP_MS = 1_000

/** What a matchmaker is made of. */
export type MatchmakerParts = {
  readonly grid: Grid
  readonly nodes: LiveNodes
  readonly peer: Peer
  readonly deliveries: Deliveries
}

/** Matches units and nodes until it is closed. */
export class Matchmaker {
  readonly #parts: MatchmakerParts
  readonly #authority: Authority
  readonly #sessions = new Set<UnitSession>()
  readonly #intervals = new Map<Digest, Interval[]>()
  readonly #thirds: ThirdOpinions
  readonly #audits: Audits
  readonly #consequences: Consequences
  readonly #repeats: Repeats
  readonly #turns = new Map<Digest, Promise<unknown>>()
  #isFilling = false
  #isStale = false
  #isClosed = false
  #cancelRetry = () => {}
  #cancelSweep = () => {}
  #filling: Promise<void> = Promise.resolve()

  constructor(parts: MatchmakerParts) {
    this.#parts = parts
    const { grid, nodes } = parts
    this.#authority = { network: grid.network, coordinator: grid.signer.publicKey }
    this.#audits = new Audits(parts)
    this.#thirds = new ThirdOpinions({ ...parts, authority: this.#authority })
    const onConvicted = (lease: Lease, fault: Digest) => this.expel(lease, fault)
    this.#consequences = new Consequences({ ...parts, authority: this.#authority, onConvicted })
    this.#repeats = new Repeats({
      grid,
      inTurn: (job, task) => this.#inTurn(job, task),
      intervalsOf: (job) => this.#intervals.get(job) ?? [],
      onDone: (job, completion) => this.#announceDone(job, completion),
    })
    nodes.onChange(() => this.wake())
    grid.events.onAny((job, { event, data }) => {
      if (event === 'failed') this.#cancelSessions(job, data.error.message)
    })
    grid.events.onFollow((job) => {
      for (const session of this.#sessions) if (session.job.id === job) session.retell()
      for (const session of this.#sessions) if (session.job.id === job) session.stream()
    })
    this.#sweep()
  }

  /** How many units are leased now. */
  get leased(): number {
    return this.#sessions.size
  }

  /** Looks for work that can be given out. */
  wake(): void {
    this.#isStale = true
    if (this.#isFilling || this.#isClosed) return
    this.#isFilling = true
    this.#filling = this.#fillWhileStale()
      .catch(this.#parts.grid.report)
      .finally(() => (this.#isFilling = false))
  }

  /** Whether `node` may read content `id`: it is an input of a unit that the node holds. */
  mayRead(node: PublicKey, id: Digest): boolean {
    for (const session of this.#sessions) if (session.mayRead(node, id)) return true
    return this.#thirds.mayRead(node, id) || this.#audits.mayRead(node, id)
  }

  /** What the holder of `lease` committed to, while its unit is not settled. */
  commitmentUnder(lease: Digest): Commitment | undefined {
    for (const session of this.#sessions) {
      const commitment = session.commitmentUnder(lease)
      if (commitment !== undefined) return commitment
    }
    return undefined
  }

  /** Takes the node of `lease` out of its unit and off the list: it was convicted by evidence `fault`. */
  expel(lease: Lease, fault: Digest): void {
    const isHere = [...this.#sessions].filter((session) => session.expel(leaseId(lease), fault)).length > 0
    this.#consequences.convicted(lease.body.node, isHere)
  }

  /** Ends every lease; units go back to the queue at the next start. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelRetry()
    this.#cancelSweep()
    await this.#filling
    await Promise.all([...this.#sessions].map((session) => session.abandon()))
    await Promise.allSettled(this.#turns.values())
  }

  async #fillWhileStale(): Promise<void> {
    while (this.#isStale && !this.#isClosed) {
      this.#isStale = false
      for (const session of this.#sessions) await this.#reinforce(session)
      await this.#fill()
    }
    this.#retryLater()
  }

  /** Replaces lost replicas: such units come first, because others wait for them. */
  async #reinforce(session: UnitSession): Promise<void> {
    if (session.missing === 0) return
    if (session.draws.isFull) return session.giveBack()
    const { missing, attempt } = session
    const plan = session.draws.plan({ ...(await this.#sources()), attempt: attempt + 1, primary: null, count: missing })
    if (plan.drawn.length > 0) await this.#lease(session, plan, renewAttempt)
  }

  async #fill(): Promise<void> {
    const skipped: Digest[] = []
    const { grid } = this.#parts
    for (;;) {
      const limit = Math.min(BATCH, this.#free().length)
      if (limit === 0 || this.#isClosed) return
      const units = await pendingUnits(grid.store.db, limit, skipped)
      if (units.length === 0) return
      let started = 0
      for (const record of units) {
        if (skipped.includes(record.job)) continue
        if (await this.#start(record)) started++
        else skipped.push(record.job)
      }
      if (started === 0 && units.length < limit) return
    }
  }

  async #start(record: UnitRecord): Promise<boolean> {
    const job = await readJob(this.#parts.grid.store.db, record.job)
    if (job === null || job.state !== 'running') return false
    if (await this.#repeats.serve(job, record)) return true
    const primary = choosePrimary(
      this.#free().filter((live) => canCompute(live, record.unit)),
      this.#parts.grid.random,
    )
    if (primary === undefined) return false
    const sources = await this.#sources()
    const draws = new UnitDraws(this.#parts.grid.network, job, record)
    const request = { ...sources, attempt: record.attempt + 1, primary: primary.node }
    const plan = planReplicas(draws, request, job.job.body.replication)
    if (plan === null) return false
    const session = this.#session(job, record, draws, plan.drawn.length + 1)
    this.#sessions.add(session)
    let isLeased = false
    try {
      isLeased = await this.#lease(session, plan, beginAttempt)
    } finally {
      if (!isLeased) this.#sessions.delete(session)
    }
    return isLeased
  }

  #session(job: JobRecord, record: UnitRecord, draws: UnitDraws, replication: number): UnitSession {
    const { grid, peer, deliveries } = this.#parts
    const session: UnitSession = new UnitSession({
      grid,
      peer,
      deliveries,
      authority: this.#authority,
      job,
      record,
      draws,
      replication,
      audits: this.#audits,
      kind: kindOf(record.unit.kind, record.unit.version),
      settle: (agreement, intervals) => this.#inTurn(job.id, () => this.#settle(agreement, intervals)),
      onLost: (replica) => this.#onLost(session, replica),
      onEquivocation: (lease, pair) => void this.#consequences.equivocated(lease, pair),
      askThird: (question) => this.#thirds.ask(question),
      onDispute: (dispute) => this.#consequences.disputed({ job: job.id, unit: record.id }, dispute),
      onFault: (live, cause) => this.#consequences.faulted(live, cause),
      wake: () => this.wake(),
      onOver: (how) => this.#onOver(session, how),
    })
    return session
  }

  /** The roster and the secret of the moment. */
  async #sources(): Promise<Pick<DrawPlanRequest, 'draft' | 'secret'>> {
    const { draws, store } = this.#parts.grid
    return { draft: await draws.rosters.draft(store.db, this.#free()), secret: await draws.secrets.current() }
  }

  /** Numbers the attempt, with its roster in the log, then signs the leases. False when the unit is not to be had any more. */
  async #lease(session: UnitSession, plan: DrawPlan, number: typeof beginAttempt): Promise<boolean> {
    const { grid } = this.#parts
    const { job, record } = session
    const numbered = await grid.log.transaction(async (tx, append) => {
      const next = await number(tx, job.id, record.number)
      if (next === null) return null
      return { next, rosterLeaf: await grid.draws.rosters.publish(tx, append, plan.draft) }
    })
    if (numbered === null || this.#isClosed) return false
    const { next, rosterLeaf } = numbered
    // The draw is of that very attempt.
    if (next !== plan.attempt) throw new RangeError(`Attempt ${next} was drawn as ${plan.attempt}.`)
    if (next >= MAX_ATTEMPT_NUMBER) {
      await endJob(grid, job.id, new AttemptsError(record.number, next, 'every node declined it.'))
      return false
    }
    session.recruit(await this.#recruits(session, plan), plan, rosterLeaf)
    return true
  }

  /** Leases for the nodes of an attempt. One that has left since the draw is leased too, and lost at once. */
  async #recruits({ job, record }: UnitSession, plan: DrawPlan): Promise<{ live: LiveNode; lease: Lease }[]> {
    const { grid } = this.#parts
    const { attempt, epoch, rosterRoot, primary } = plan
    const deadlineMs = Math.min(grid.clock.nowMs() + grid.config.leaseMs, job.deadlineMs)
    const recruits: { live: LiveNode; lease: Lease }[] = []
    for (const { node } of plan.entries) {
      const live = plan.draft.live.get(node)
      if (live === undefined) continue
      const role = node === primary ? 'primary' : 'checker'
      const { admissionLeaf } = job
      const at = { unit: record.id, job: job.id, admissionLeaf, attempt, epoch, rosterRoot, deadlineMs }
      const body: LeaseBody = { ...at, node, role }
      const lease = await signMessage(grid.signer, LEASE_TYPE, signingContext(grid), body)
      recruits.push({ live, lease })
    }
    return recruits
  }

  async #settle(agreement: Agreement, intervals: readonly Interval[]): Promise<Settled | null> {
    const { grid } = this.#parts
    const { job, record, replicas } = agreement
    const known = [...(this.#intervals.get(job.id) ?? []), ...intervals]
    this.#intervals.set(job.id, known)
    const settled = await settle(grid, agreement, known)
    if (settled === null) return null
    const nodes = replicas.map(({ replica }) => replica.node)
    grid.events.emit(job.id, { event: 'unit', data: { ...settled.units, unit: record.id, nodes } })
    if (settled.result !== null) await this.#announceDone(job.id, settled)
    return settled
  }

  async #announceDone(id: Digest, { result }: Completion): Promise<void> {
    const { grid, deliveries } = this.#parts
    this.#intervals.delete(id)
    const job = await readJob(grid.store.db, id)
    if (job === null || result === null) return
    deliveries.forget(job.job.body.inputs.map((input) => input.id))
    grid.events.emit(id, { event: 'done', data: { result, certificate: await jobCertificateId(grid, job) } })
  }

  async #onLost(session: UnitSession, { live, end }: Replica): Promise<void> {
    const nowMs = this.#parts.grid.clock.nowMs()
    if (end?.how === 'declined')
      live.coolUntilMs = nowMs + DECLINE_COOL_MS * 2 ** Math.min(live.declines++, MAX_DOUBLINGS)
    if (end?.how !== 'lost') return
    live.coolUntilMs = nowMs + FAILURE_COOL_MS
    await this.#countFailure(session, end.reason)
  }

  async #countFailure({ job, record }: UnitSession, reason: string): Promise<void> {
    const { grid } = this.#parts
    const failures = await grid.store.transaction((tx) => countFailure(tx, job.id, record.number))
    if (failures >= MAX_ATTEMPTS) await endJob(grid, job.id, new AttemptsError(record.number, failures, reason))
  }

  async #onOver(session: UnitSession, how: SessionEnd): Promise<void> {
    this.#sessions.delete(session)
    const { job, record } = session
    if (how === 'broken') await this.#countFailure(session, 'something went wrong at the coordinator.')
    if (how === 'released' || how === 'broken')
      await this.#parts.grid.store.transaction((tx) => releaseUnit(tx, job.id, record.number))
    this.wake()
  }

  #cancelSessions(job: Digest, reason: string): void {
    this.#intervals.delete(job)
    for (const session of this.#sessions) if (session.job.id === job) session.cancel(reason)
  }

  /** Runs `task` when the job's earlier tasks are done. */
  #inTurn<T>(job: Digest, task: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(job) ?? Promise.resolve()).then(task, task)
    this.#turns.set(job, turn)
    const forget = () => {
      if (this.#turns.get(job) === turn) this.#turns.delete(job)
    }
    turn.then(forget, forget)
    return turn
  }

  /** Nodes that can be given work now. */
  #free(): LiveNode[] {
    const { nodes, grid } = this.#parts
    const nowMs = grid.clock.nowMs()
    return nodes.all().filter((live) => isFree(live, nowMs))
  }

  /** Nodes that cool down make no event when they are ready again. */
  #retryLater(): void {
    const { grid, nodes } = this.#parts
    const nowMs = grid.clock.nowMs()
    const ready = nodes.all().map(({ coolUntilMs }) => coolUntilMs)
    const next = Math.min(...ready.filter((ms) => ms > nowMs))
    this.#cancelRetry()
    if (Number.isFinite(next)) this.#cancelRetry = grid.clock.after(next - nowMs, () => this.wake())
  }

  #sweep(): void {
    const { grid } = this.#parts
    this.#cancelSweep = grid.clock.after(SWEEP_MS, () => {
      void this.#endExpired()
        .then(() => this.#repeats.servePending())
        .catch(grid.report)
        .finally(() => {
          if (!this.#isClosed) this.#sweep()
        })
    })
  }

  async #endExpired(): Promise<void> {
    const { grid } = this.#parts
    for (const { id, deadlineMs } of await expiredJobs(grid.store.db, grid.clock.nowMs()))
      await endJob(grid, id, new DeadlineError(deadlineMs))
  }
}

/** A unit was lost too often. */
export class AttemptsError extends AppError {
  override readonly name = 'coordinator.Attempts'
  constructor(unit: number, failures: number, reason: string) {
    super('unavailable', `Unit ${unit} failed ${failures} times, the last time because: ${reason}`)
  }
}
