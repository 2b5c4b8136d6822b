// Drawing again: whether a certificate's replicas are those that the rules drew, from the rosters that the log held by then. What takes the
// epoch's secret waits until that is revealed.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { unitId } from '#work/unit.ts'
import { type Authority, leaseOutcome } from './commit.ts'
import type { CertificateBody, Replica } from './certificate.ts'
import { verifyDecline } from './decline.ts'
import { drawCheckers, drawSeed } from './draw.ts'
import { type DrawRecord, absentNodes } from './draw-record.ts'
import { type Roster, type RosterEntry, isMature } from './roster.ts'
import { type Outcome, outcome } from './verdict.ts'

/** What a draw is checked with: the rosters by root, and the secrets that are known by now, with their chain's place in the log. */
export type DrawSources = {
  readonly rosters: ReadonlyMap<Digest, Roster>
  readonly secretOf: (epoch: number) => KnownSecret | undefined
}

/** An epoch's secret, and where the chain that commits to it is in the log. */
export type KnownSecret = { readonly secret: Digest; readonly chainLeaf: number }

/** The checks that take no secret: every replica has its place in a draw, and whoever is missing is accounted for. */
export function* drawFormOutcomes(body: CertificateBody, authority: Authority): Generator<Outcome> {
  const attempts = body.draws.map(({ attempt }) => attempt)
  const isRising = attempts.every((attempt, at) => at === 0 || attempt > (attempts[at - 1] ?? 0))
  yield outcome('draw', isRising, 'The draws are not in the order of their attempts.')
  for (const [at, record] of body.draws.entries()) {
    const isFirst = at === 0 || record.primary === null
    yield outcome('draw', isFirst, `Attempt ${record.attempt} chose a node freely, which only the first may.`)
    for (const absence of record.absent) yield* absenceOutcomes(absence, record, body, authority)
  }
  for (const replica of body.replicas) yield placeOutcome(replica, body.draws)
}

/** The draws again, as far as their secrets are known. `rosters` must hold every roster that they name. */
export function* drawOutcomes(body: CertificateBody, network: Digest, sources: DrawSources): Generator<Outcome> {
  for (const [at, record] of body.draws.entries()) {
    const roster = sources.rosters.get(record.rosterRoot)
    if (roster === undefined) return yield outcome('draw', false, `Roster ${record.rosterRoot} is not at hand.`)
    const isListed = namedNodes(record).every((node) => roster.some((entry) => entry.node === node))
    yield outcome('draw', isListed, `Attempt ${record.attempt} names a node that is not on its roster.`)
    const known = sources.secretOf(record.epoch)
    if (known !== undefined) yield* drawnOutcomes(body, network, at, sources.rosters, known)
  }
}

/** Nodes that a record says were chosen or drawn. */
export function namedNodes({ primary, drawn }: DrawRecord): PublicKey[] {
  return primary === null ? [...drawn] : [primary, ...drawn]
}

/**
 * Whom the rules draw for number `at` of the body's draws. What is on a roster besides those that are named or drawn makes no difference: a part of
 * the roster that holds both gives the same draw.
 */
export function drawAgain(
  body: CertificateBody,
  network: Digest,
  at: number,
  rosters: DrawSources['rosters'],
  secret: Digest,
): RosterEntry[] {
  const record = body.draws[at]
  const roster = record === undefined ? undefined : rosters.get(record.rosterRoot)
  if (record === undefined || roster === undefined) throw new RangeError(`There is no roster for draw ${at}.`)
  const { attempt, epoch, rosterRoot: root, drawn } = record
  const { unit, job, admissionLeaf } = body
  const related = relatedAt(body.draws, at, rosters)
  const seed = drawSeed({ network, unit: unitId(unit), admissionLeaf, attempt, job, rosterRoot: root, epoch, secret })
  return drawCheckers(seed, roster, {
    kind: { name: unit.kind, version: unit.version },
    count: drawn.length,
    related,
    needsMature: !drawnBefore(body.draws, at, rosters).some(isMature),
  })
}

/** Who was chosen or drawn before draw `at`, or chosen in it, and whether or not it gave a result: one with a history was asked already. */
function drawnBefore(draws: readonly DrawRecord[], at: number, rosters: DrawSources['rosters']): RosterEntry[] {
  return draws.slice(0, at + 1).flatMap((record, index) => {
    const own = record.primary === null ? [] : [record.primary]
    return entriesOf(rosters.get(record.rosterRoot) ?? [], index < at ? namedNodes(record) : own)
  })
}

/** Who has a part in the unit when draw `at` is made: the chosen one, and those of earlier attempts who were not absent. */
function relatedAt(draws: readonly DrawRecord[], at: number, rosters: DrawSources['rosters']): RosterEntry[] {
  return draws.slice(0, at + 1).flatMap((record, index) => {
    const absent = absentNodes(record)
    const before = namedNodes(record).filter((node) => !absent.includes(node))
    const own = record.primary === null ? [] : [record.primary]
    return entriesOf(rosters.get(record.rosterRoot) ?? [], index < at ? before : own)
  })
}

function* drawnOutcomes(
  body: CertificateBody,
  network: Digest,
  at: number,
  rosters: DrawSources['rosters'],
  { secret, chainLeaf }: KnownSecret,
): Generator<Outcome> {
  const { attempt, epoch, drawn } = body.draws[at] ?? { attempt: 0, epoch: 0, drawn: [] }
  const isCommitted = body.replicas.every(
    ({ lease }) => lease.body.attempt !== attempt || chainLeaf < lease.checkpoint.size,
  )
  yield outcome(
    'draw',
    isCommitted,
    `The secret of epoch ${epoch} was committed to after attempt ${attempt} was leased.`,
  )
  const expected = drawAgain(body, network, at, rosters, secret).map(({ node }) => node)
  const isSame = expected.length === drawn.length && expected.every((node, place) => node === drawn[place])
  yield outcome('draw', isSame, `Attempt ${attempt} drew ${listOf(drawn)}; by the rules it is ${listOf(expected)}.`)
}

function* absenceOutcomes(
  { lease, decline }: DrawRecord['absent'][number],
  record: DrawRecord,
  body: CertificateBody,
  authority: Authority,
): Generator<Outcome> {
  yield leaseOutcome(lease, authority)
  const { node, unit, admissionLeaf } = lease.body
  const isOfUnit = admissionLeaf === body.admissionLeaf && unit === body.replicas[0]?.lease.body.unit
  yield outcome('draw', isOfUnit && isOfRecord(lease.body, record), `Node ${node} was not offered this unit's lease.`)
  const declines = decline === null || verifyDecline(decline, lease)
  yield outcome('draw', declines, `Node ${node} did not sign that it declines.`)
}

function placeOutcome({ lease }: Replica, draws: readonly DrawRecord[]): Outcome {
  const { node, attempt } = lease.body
  const record = draws.find((each) => each.attempt === attempt)
  const isPlaced = record !== undefined && isOfRecord(lease.body, record) && !absentNodes(record).includes(node)
  if (!isPlaced) return outcome('draw', false, `Node ${node} has no place in the draw of attempt ${attempt}.`)
  // The lease carries the log's size when it was signed: by then the roster had to be in.
  const isInLog = record.rosterLeaf < lease.checkpoint.size
  return outcome('draw', isInLog, `Node ${node} was leased the unit before its roster was in the log.`)
}

function isOfRecord({ node, role, attempt, epoch, rosterRoot: root }: Replica['lease']['body'], record: DrawRecord) {
  const isMember = role === 'primary' ? record.primary === node : record.drawn.includes(node)
  return isMember && attempt === record.attempt && epoch === record.epoch && root === record.rosterRoot
}

function entriesOf(roster: Roster, nodes: readonly string[]): RosterEntry[] {
  return nodes.flatMap((node) => roster.find((entry) => entry.node === node) ?? [])
}

function listOf(nodes: readonly string[]): string {
  return nodes.length === 0 ? 'nobody' : nodes.join(', ')
}
