// A coordinator that invents nodes: they are on its rosters and have a history, and it draws again until only they are drawn. Draws, audit
// rates and audits are the product's own, so everything it signs holds; what is measured is what it costs it, and when honest nodes notice.
import { type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { type Random, randomInt, seededRandom } from '#core/random.ts'
import { priceAtto, rewardAtto } from '#ledger/price.ts'
import { type AuditedReplica, auditSeed, drawAuditors, isAuditDrawn, unitAuditRate } from '#verify/audit.ts'
import { drawCheckers, drawSeed } from '#verify/draw.ts'
import { ALWAYS_PPM, type RosterEntry } from '#verify/roster.ts'
import { DEFAULT_AUDIT_POLICY } from '#verify/trust.ts'
import { MEMBERS } from './strategy.ts'

/** How a coordinator has its way: `own` of the {@link MEMBERS} nodes are its inventions, and it forges one unit in `every`; 0 for never. */
export type Owner = { readonly own: number; readonly every: number }

/** What came of it. */
export type OwnerOutcome = Owner & {
  readonly units: number
  readonly forged: number
  readonly accepted: number
  /** Draws that it made for its forgeries, of checkers and of audits together. */
  readonly draws: number
  /** Units after which the first honest node had been drawn so seldom that chance does not explain it; null when none had. */
  readonly noticedAfter: number | null
}

/** Coordinators of the table. */
export const OWNERS: readonly Owner[] = [
  { own: 2, every: 1 },
  { own: 4, every: 1 },
  { own: 8, every: 1 },
  { own: 4, every: 10 },
  { own: MEMBERS, every: 1 },
  { own: 4, every: 0 },
]

/** Standard deviations below what the draw lets a node expect at which it may say that the draw is not fair. */
export const ALARM_DEVIATIONS = 5

/** Results that a requester who is wary computes again: one in so many. */
export const RECOMPUTED_OF = 100

const KIND = { name: 'generate', version: 1 } as const
const OPERATIONS = 10n ** 9n
const PRICE = priceAtto(OPERATIONS, 2)
const FAIR = 1

type Drawn = { readonly primary: RosterEntry; readonly checker: RosterEntry; readonly auditor: RosterEntry | undefined }

/** Lets `owner` coordinate `units` units of two replicas each. */
export function measureOwner(owner: Owner, units: number, seed: string): OwnerOutcome {
  const random = seededRandom(`${seed}/own/${owner.own}/${owner.every}`)
  const roster = Array.from({ length: MEMBERS }, (_, index) => memberOf(index))
  const own = new Set(roster.slice(0, owner.own).map(({ node }) => node))
  const watches = roster.filter(({ node }) => !own.has(node)).map(({ node }) => new Watch(node))
  let [forged, draws, noticedAfter]: [number, number, number | null] = [0, 0, null]
  for (let unit = 0; unit < units; unit++) {
    const isForged = owner.every > 0 && unit % owner.every === 0
    const primary = roster[randomInt(random, isForged ? owner.own : MEMBERS)]
    if (primary === undefined) throw new RangeError('The roster is empty.')
    const wanted = isForged ? own : undefined
    const [checker, checkerDraws] = drawChecker(unit, primary, roster, wanted, random)
    const replicas = replicasOf(primary, checker)
    const ppm = unitAuditRate(replicas, PRICE)
    const [auditor, auditDraws] = drawAudit(unit, replicas, roster, ppm, wanted, random)
    if (isForged) {
      forged++
      draws += checkerDraws + auditDraws
    }
    for (const watch of watches) watch.see({ primary, checker, auditor }, ppm)
    if (noticedAfter === null && watches.some((watch) => watch.isAlarmed)) noticedAfter = unit + 1
  }
  // It forges only where its own nodes were drawn, agree and audit: whoever makes the draws again finds the same, so the rules accept all of it.
  return { ...owner, units, forged, accepted: forged, draws, noticedAfter }
}

/** Units until a requester who computes one in {@link RECOMPUTED_OF} again meets a forgery, on the average; null when there is none. */
export function recomputedAfter({ every }: Owner): number | null {
  return every === 0 ? null : every * RECOMPUTED_OF
}

/** What one honest node counts of itself: how often it was drawn, and how often it was to be expected on such rosters. Both are public. */
class Watch {
  readonly #node: PublicKey
  #expected = 0
  #variance = 0
  #seen = 0

  constructor(node: PublicKey) {
    this.#node = node
  }

  get isAlarmed(): boolean {
    return this.#expected - this.#seen > ALARM_DEVIATIONS * Math.sqrt(this.#variance)
  }

  see({ primary, checker, auditor }: Drawn, ppm: number): void {
    if (primary.node === this.#node) return
    this.#count(1 / (MEMBERS - 1), checker.node === this.#node)
    if (checker.node !== this.#node) this.#count(ppm / ALWAYS_PPM / (MEMBERS - 2), auditor?.node === this.#node)
  }

  #count(chance: number, isDrawn: boolean): void {
    this.#expected += chance
    this.#variance += chance * (1 - chance)
    if (isDrawn) this.#seen++
  }
}

/** The checker, and after how many draws: who knows the secret chooses the roster that it logs until it likes what is drawn. */
function drawChecker(
  unit: number,
  primary: RosterEntry,
  roster: readonly RosterEntry[],
  wanted: ReadonlySet<PublicKey> | undefined,
  random: Random,
): [RosterEntry, number] {
  const secret = secretOf(random)
  for (let draws = FAIR; ; draws++) {
    const seed = drawSeed({
      network: digestOf('simulated-network', 0),
      unit: digestOf('simulated-unit', unit),
      admissionLeaf: unit,
      attempt: 1,
      job: digestOf('simulated-job', unit),
      rosterRoot: digestOf('simulated-roster', [unit, draws]),
      epoch: 1,
      secret,
    })
    const [checker] = drawCheckers(seed, roster, { kind: KIND, count: 1, related: [primary], needsMature: false })
    if (checker === undefined) throw new RangeError('The roster has nobody to check.')
    if (wanted === undefined || wanted.has(checker.node)) return [checker, draws]
  }
}

/** The auditor if an audit is drawn, and after how many draws: its own replicas choose their nonces until it likes what their close draws. */
function drawAudit(
  unit: number,
  replicas: readonly AuditedReplicaOfRoster[],
  roster: readonly RosterEntry[],
  ppm: number,
  wanted: ReadonlySet<PublicKey> | undefined,
  random: Random,
): [RosterEntry | undefined, number] {
  const secret = secretOf(random)
  for (let draws = FAIR; ; draws++) {
    const job = digestOf('simulated-job', unit)
    const commitment = digestOf('simulated-commitment', [unit, draws])
    const entries = replicas.map(({ entry: { node } }) => ({ node, lease: job, commitment }))
    const body = { unit: job, admissionLeaf: unit, attempt: 1, round: 1, epoch: 1, entries }
    const seed = auditSeed({ body } as unknown as Parameters<typeof auditSeed>[0], secret)
    if (!isAuditDrawn(seed, ppm)) return [undefined, draws]
    const related = replicas.map(({ entry }) => entry)
    const [auditor] = drawAuditors(seed, roster, KIND, related)
    if (wanted === undefined || auditor === undefined || wanted.has(auditor.node)) return [auditor, draws]
  }
}

type AuditedReplicaOfRoster = AuditedReplica & { readonly entry: RosterEntry }

function replicasOf(primary: RosterEntry, checker: RosterEntry): AuditedReplicaOfRoster[] {
  return [
    { role: 'primary', entry: primary },
    { role: 'checker', entry: checker },
  ]
}

/** A node with a history at the floor of the rates, and with enough pending not to be audited more often. */
function memberOf(index: number): RosterEntry {
  return {
    node: digestOf('simulated-key', index) as unknown as PublicKey,
    groups: [],
    kinds: [KIND],
    ratedMops: 1,
    stake: (rewardAtto(OPERATIONS) * 1000n).toString(),
    auditPpm: DEFAULT_AUDIT_POLICY.floorPpm,
  }
}

function secretOf(random: Random): Digest {
  return digestOf('simulated-secret', random.bytes(8))
}
