// The draws of one unit, attempt by attempt: plans the next from the roster of the moment and keeps what the certificate will say of them.
import type { PublicKey } from '#core/ed25519.ts'
import type { Digest } from '#core/digest.ts'
import { type DrawRecord, MAX_DRAWS } from '#verify/draw-record.ts'
import { drawCheckers, drawSeed } from '#verify/draw.ts'
import type { EpochSecret } from '#verify/epoch-secret.ts'
import { type RosterEntry, areRelated, isMature, rosterRoot } from '#verify/roster.ts'
import type { Lease } from '#work/lease.ts'
import type { JobRecord } from '#coordinator/store/jobs.ts'
import type { UnitRecord } from '#coordinator/store/units.ts'
import type { Draft } from './rosters.ts'

/** What an attempt is drawn from. `primary` was chosen freely and is on the roster; null when somebody is replaced. */
export type DrawPlanRequest = {
  readonly attempt: number
  readonly draft: Draft
  readonly secret: EpochSecret
  readonly primary: PublicKey | null
  readonly count: number
}

/** An attempt before it is numbered and its roster is in the log. */
export type DrawPlan = Omit<DrawRecord, 'rosterLeaf' | 'absent'> & {
  readonly draft: Draft
  readonly entries: readonly RosterEntry[]
}

/** A replica as its draw sees it. */
export type DrawnReplica = Pick<DrawRecord['absent'][number], 'lease' | 'decline'> & {
  /** Whether it ended without a result. */
  readonly isAbsent: boolean
}

type Made = { readonly plan: DrawPlan; readonly rosterLeaf: number; readonly replicas: () => readonly DrawnReplica[] }

/** Draws of one unit while it is leased. */
export class UnitDraws {
  readonly #network: Digest
  readonly #job: JobRecord
  readonly #unit: UnitRecord
  readonly #made: Made[] = []

  constructor(network: Digest, job: JobRecord, unit: UnitRecord) {
    this.#network = network
    this.#job = job
    this.#unit = unit
  }

  /** Whether a certificate holds no more draws. */
  get isFull(): boolean {
    return this.#made.length >= MAX_DRAWS
  }

  /** Draws the checkers of the next attempt; fewer than wanted when the roster has no more. */
  plan({ attempt, draft: whole, secret: { epoch, secret }, primary, count }: DrawPlanRequest): DrawPlan {
    const { unit, id } = this.#unit
    const engaged = this.#engaged()
    const draft = without(whole, engaged)
    const own = draft.nodes.filter(({ node }) => node === primary)
    const related = [...engaged, ...own]
    const known = [...this.#made.flatMap(({ plan }) => plan.entries), ...own]
    const rosterRoot = draft.root
    const { admissionLeaf, id: job } = this.#job
    const seed = drawSeed({ network: this.#network, unit: id, admissionLeaf, attempt, job, rosterRoot, epoch, secret })
    const kind = { name: unit.kind, version: unit.version }
    const drawn = drawCheckers(seed, draft.nodes, { kind, count, related, needsMature: !known.some(isMature) })
    const nodes = drawn.map(({ node }) => node)
    return { attempt, epoch, rosterRoot, primary, drawn: nodes, draft, entries: [...own, ...drawn] }
  }

  /** The first on the roster, by `seed`, that knows the unit's kind and shares nothing with those who have a part in the unit. */
  unrelated({ nodes }: Draft, seed: Digest): PublicKey | undefined {
    const { kind: name, version } = this.#unit.unit
    const request = { kind: { name, version }, count: 1, related: this.#engaged(), needsMature: false }
    return drawCheckers(seed, nodes, request)[0]?.node
  }

  /** Keeps an attempt that was leased; `replicas` says what has become of them when it is asked. */
  add(plan: DrawPlan, rosterLeaf: number, replicas: () => readonly DrawnReplica[]): void {
    this.#made.push({ plan, rosterLeaf, replicas })
  }

  /** Holders of `leases` as their rosters described them. */
  drawnAs(leases: readonly Lease[]): { readonly lease: Lease; readonly entry: RosterEntry }[] {
    return leases.map((lease) => {
      const made = this.#made.find(({ plan }) => plan.attempt === lease.body.attempt)
      const entry = made?.plan.entries.find(({ node }) => node === lease.body.node)
      if (entry === undefined) throw new RangeError(`Node ${lease.body.node} was not drawn.`)
      return { lease, entry }
    })
  }

  /** What the certificate says. */
  records(): DrawRecord[] {
    return this.#made.map(({ plan, rosterLeaf, replicas }) => {
      const { attempt, epoch, rosterRoot, primary, drawn } = plan
      const absent = replicas()
        .filter(({ isAbsent }) => isAbsent)
        .map(({ lease, decline }) => ({ lease, decline }))
      return { attempt, epoch, rosterRoot, rosterLeaf, primary, drawn, absent }
    })
  }

  /** Those who have or had a part in the unit, but for the absent ones. */
  #engaged(): RosterEntry[] {
    return this.#made.flatMap(({ plan, replicas }) => {
      const absent = new Set(replicas().flatMap(({ lease, isAbsent }) => (isAbsent ? [lease.body.node] : [])))
      return plan.entries.filter(({ node }) => !absent.has(node))
    })
  }
}

/**
 * The roster of those who may be drawn beside the engaged. Who of these is lost later is not known yet, and whoever draws again knows only how it ended:
 * what is on no roster makes no difference to that.
 */
function without(draft: Draft, engaged: readonly RosterEntry[]): Draft {
  const nodes = draft.nodes.filter((entry) => !engaged.some((other) => areRelated(entry, other)))
  return nodes.length === draft.nodes.length ? draft : { ...draft, nodes, root: rosterRoot(nodes) }
}

/**
 * The first attempt of a unit whose job asks for `replication` replicas. A result of which a single one is asked is checked by one more where its
 * primary has no history and somebody else has. Null when the roster has too few.
 */
export function planReplicas(
  draws: UnitDraws,
  request: Omit<DrawPlanRequest, 'count'>,
  replication: number,
): DrawPlan | null {
  const primary = request.draft.nodes.find(({ node }) => node === request.primary)
  if (replication === 1 && primary !== undefined && !isMature(primary)) {
    const checked = draws.plan({ ...request, count: 1 })
    if (checked.entries.some(isMature)) return checked
  }
  const plan = draws.plan({ ...request, count: replication - 1 })
  return plan.drawn.length < replication - 1 ? null : plan
}
