// Proof that a coordinator certified a draw that is not the one of the rules: the certificate, which it signed, and what shows the lie. The
// roster is there in part, each entry with its path: a part that holds those who were named and those who are due draws as the whole does, and
// since rosters are sorted, the two beside the place of somebody who is not on it show that, without any secret.
import * as v from 'valibot'
import { claimsFormat, decodeCanonicalJson, encodeCanonicalJson } from '#core/canonical-json.ts'
import { encodeCbor } from '#core/cbor.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { EMPTY_ROOT, leafDigest, merkleProofs, verifyMerkleProof } from '#core/merkle.ts'
import { digestSchema, parseAs, proofSchema, uintSchema } from '#core/schema.ts'
import { type Checkpoint, verifyMessage } from '#core/signed.ts'
import {
  CERTIFICATE_TYPE,
  type Certificate,
  type CertificateBody,
  certificateId,
  certificateSchema,
} from '#verify/certificate.ts'
import { type Authority, leaseOutcome } from '#verify/commit.ts'
import { MAX_DRAWS, type DrawRecord } from '#verify/draw-record.ts'
import { MAX_ROSTER, type Roster, type RosterEntry, rosterNodeSchema, rosterRoot } from '#verify/roster.ts'
import { type Outcome, type Verdict, outcome, verdictOf } from '#verify/verdict.ts'
import { type DrawSources, drawAgain, drawFormOutcomes, drawOutcomes, namedNodes } from '#verify/verify-draw.ts'
import { MAX_ATTEMPT_NUMBER } from '#work/lease.ts'
import { type Beacon, beaconSchema, secretsOf, verifyBeacon } from './beacon.ts'
import { type LogEntry, entryLeaf, logEntrySchema } from './entry.ts'
import type { LoggedEntry } from './job-certificate.ts'

/** Format of the text form. */
export const FALSE_DRAW_FORMAT = 'commonwatt/false-draw/v1'

/** Longest text: a certificate of 4,096 parts, and those who were named or due of up to 32 rosters. */
export const MAX_FALSE_DRAW_BYTES = 4 * 2 ** 20

/** Some of a roster's entries, each with its path to the root. */
export type PartialRoster = {
  readonly root: Digest
  readonly size: number
  readonly entries: readonly { readonly index: number; readonly entry: RosterEntry; readonly path: readonly Digest[] }[]
}

/**
 * What shows the lie: the certificate contradicts itself (`record`), the log has something else where it says that the roster is (`place`),
 * somebody was chosen or drawn who is not on the roster (`unlisted`), or the rules draw others (`draw`).
 */
export type DrawLie =
  | { readonly shows: 'record' }
  | { readonly shows: 'place'; readonly attempt: number; readonly entry: LoggedEntry<LogEntry> }
  | { readonly shows: 'unlisted'; readonly attempt: number; readonly roster: PartialRoster }
  | {
      readonly shows: 'draw'
      readonly attempt: number
      readonly rosters: readonly PartialRoster[]
      readonly beacon: Beacon
    }

/** A certificate and the lie in it. */
export type FalseDraw = {
  readonly format: typeof FALSE_DRAW_FORMAT
  readonly certificate: Certificate
  readonly lie: DrawLie
}

const attemptSchema = uintSchema(MAX_ATTEMPT_NUMBER)

const partialRosterSchema: v.GenericSchema<unknown, PartialRoster> = v.strictObject({
  root: digestSchema,
  size: uintSchema(MAX_ROSTER),
  entries: v.pipe(
    v.array(v.strictObject({ index: uintSchema(MAX_ROSTER), entry: rosterNodeSchema, path: proofSchema })),
    v.maxLength(MAX_ROSTER),
  ),
})

const falseDrawSchema: v.GenericSchema<unknown, FalseDraw> = v.strictObject({
  format: v.literal(FALSE_DRAW_FORMAT),
  certificate: certificateSchema,
  lie: v.variant('shows', [
    v.strictObject({ shows: v.literal('record') }),
    v.strictObject({
      shows: v.literal('place'),
      attempt: attemptSchema,
      entry: v.strictObject({ index: uintSchema(), entry: logEntrySchema, path: proofSchema }),
    }),
    v.strictObject({ shows: v.literal('unlisted'), attempt: attemptSchema, roster: partialRosterSchema }),
    v.strictObject({
      shows: v.literal('draw'),
      attempt: attemptSchema,
      rosters: v.pipe(v.array(partialRosterSchema), v.maxLength(MAX_DRAWS)),
      beacon: beaconSchema,
    }),
  ]),
})

/** The document about a lie in `certificate`. */
export function falseDraw(certificate: Certificate, lie: DrawLie): FalseDraw {
  return { format: FALSE_DRAW_FORMAT, certificate, lie }
}

/**
 * The lie in a certificate's draws, or undefined when there is none that these rosters and verified beacons show. `rosters` must hold every roster
 * that the certificate names, whole.
 */
export function findDrawLie(
  certificate: Certificate,
  authority: Authority,
  rosters: ReadonlyMap<Digest, Roster>,
  beacons: readonly Beacon[],
): DrawLie | undefined {
  const { body } = certificate
  if (!verdictOf(drawFormOutcomes(body, authority)).ok) return { shows: 'record' }
  const secretOf = secretsOf(beacons)
  for (const [at, record] of body.draws.entries()) {
    const { attempt, epoch, rosterRoot: root } = record
    const roster = rosters.get(root) ?? []
    // Whoever is not on the roster shows at once: a coordinator could keep the secret for ever.
    const unlisted = namedNodes(record).find((node) => !roster.some((entry) => entry.node === node))
    if (unlisted !== undefined) return { shows: 'unlisted', attempt, roster: besides(root, roster, unlisted) }
    const beacon = beacons.find((each) => secretsOf([each])(epoch) !== undefined)
    const known = secretOf(epoch)
    if (beacon === undefined || known === undefined) continue
    const upTo = { ...body, draws: body.draws.slice(0, at + 1) }
    const sources = { rosters, secretOf: (other: number) => (other === epoch ? known : undefined) }
    if (verdictOf(drawOutcomes(upTo, authority.network, sources)).ok) continue
    const needed = neededRosters(upTo, authority.network, rosters, known.secret)
    const lie: DrawLie = { shows: 'draw', attempt, rosters: needed, beacon }
    if (verifyFalseDraw(falseDraw(certificate, lie), authority).ok) return lie
  }
  return undefined
}

/** The parts of the rosters that show what the last of the body's draws should have been. */
function neededRosters(
  body: CertificateBody,
  network: Digest,
  rosters: ReadonlyMap<Digest, Roster>,
  secret: Digest,
): PartialRoster[] {
  const last = body.draws.length - 1
  const due = drawAgain(body, network, last, rosters, secret).map(({ node }) => node)
  const roots = [...new Set(body.draws.map((draw) => draw.rosterRoot))]
  return roots.map((root) => {
    const whole = rosters.get(root) ?? []
    const own = body.draws.filter((draw) => draw.rosterRoot === root)
    const wanted = new Set([...own.flatMap(namedNodes), ...(body.draws[last]?.rosterRoot === root ? due : [])])
    return partOf(root, whole, ({ node }) => wanted.has(node))
  })
}

/** Those between whom `node` would be. */
function besides(root: Digest, whole: Roster, node: PublicKey): PartialRoster {
  const place = whole.filter((entry) => entry.node < node).length
  const beside = new Set(whole.slice(Math.max(place - 1, 0), place + 1))
  return partOf(root, whole, (entry) => beside.has(entry))
}

function partOf(root: Digest, whole: Roster, isWanted: (entry: RosterEntry) => boolean): PartialRoster {
  const leaves = whole.map((entry) => leafDigest(encodeCbor(entry)))
  const wanted = [...whole.entries()].filter(([, entry]) => isWanted(entry))
  const paths = merkleProofs(
    leaves,
    wanted.map(([index]) => index),
  )
  const entries = wanted.map(([index, entry], at) => ({ index, entry, path: paths[at] ?? [] }))
  return { root, size: whole.length, entries }
}

/** Whether the document convicts the coordinator. */
export function verifyFalseDraw(document: FalseDraw, authority: Authority): Verdict {
  return verdictOf(falseDrawOutcomes(document, authority))
}

/** The network and the coordinator that a document itself names: who knows the right ones holds it against those. */
export function falseDrawAuthority({ certificate }: FalseDraw): Authority {
  return { network: certificate.network, coordinator: certificate.signer }
}

/** What a document says, to be read after "It proves that". */
export function falseDrawSays({ certificate, lie }: FalseDraw): string {
  const what = {
    record: 'whose draws contradict themselves',
    place: 'that names a roster which is not where it says in the log',
    unlisted: 'that names a node which is not on the roster of its draw',
    draw: 'with checkers that the rules did not draw',
  }[lie.shows]
  return `the coordinator ${certificate.signer} signed certificate ${certificateId(certificate)} ${what}`
}

/** The canonical text of a document. */
export function encodeFalseDraw(document: FalseDraw): Uint8Array<ArrayBuffer> {
  return encodeCanonicalJson(document)
}

/** The document of a canonical text. Throws a CanonicalJsonError or SchemaError on anything else. */
export function decodeFalseDraw(bytes: Uint8Array): FalseDraw {
  const value = decodeCanonicalJson(bytes, { maxBytes: MAX_FALSE_DRAW_BYTES, maxDepth: 24 })
  return parseAs(falseDrawSchema, value, 'proof of a false draw')
}

/** Whether `bytes` say that they are such a document, right or wrong. */
export function isFalseDraw(bytes: Uint8Array): boolean {
  return claimsFormat(bytes, FALSE_DRAW_FORMAT, MAX_FALSE_DRAW_BYTES)
}

function* falseDrawOutcomes({ certificate, lie }: FalseDraw, authority: Authority): Generator<Outcome> {
  const { body } = certificate
  const isSigned =
    certificate.signer === authority.coordinator && verifyMessage(certificate, CERTIFICATE_TYPE, authority.network)
  yield outcome('certificate-signature', isSigned, 'The certificate is not signed by the coordinator.')
  if (lie.shows === 'record') {
    const isWrong = !verdictOf(drawFormOutcomes(body, authority)).ok
    return yield outcome('false-draw', isWrong, 'The draws of the certificate do not contradict themselves.')
  }
  const at = body.draws.findIndex(({ attempt }) => attempt === lie.attempt)
  const record = body.draws[at]
  if (record === undefined) return yield outcome('false-draw', false, `There is no draw of attempt ${lie.attempt}.`)
  if (lie.shows === 'place') return yield* placeOutcomes(body, record, lie.entry, authority)
  if (lie.shows === 'unlisted') return yield* unlistedOutcomes(record, lie.roster)
  yield* redrawnOutcomes({ ...body, draws: body.draws.slice(0, at + 1) }, record, lie, authority)
}

/** The lease of that attempt carries the log's size and root: there the roster had to be. */
function* placeOutcomes(
  { replicas }: CertificateBody,
  { attempt, rosterLeaf, rosterRoot: root }: DrawRecord,
  { index, entry, path }: LoggedEntry<LogEntry>,
  authority: Authority,
): Generator<Outcome> {
  const lease = replicas.find((replica) => replica.lease.body.attempt === attempt)?.lease
  if (lease === undefined) return yield outcome('lease', false, `There is no lease of attempt ${attempt}.`)
  yield leaseOutcome(lease, authority)
  const { size, root: logRoot } = lease.checkpoint
  const isThere = index === rosterLeaf && verifyMerkleProof(entryLeaf(entry), index, size, path, logRoot)
  yield outcome('false-draw', isThere, `The entry is not number ${rosterLeaf} of the log that the lease names.`)
  const isOther = entry.type !== 'roster' || entry.root !== root
  yield outcome('false-draw', isOther, 'The roster is where the certificate says.')
}

function* unlistedOutcomes(record: DrawRecord, roster: PartialRoster): Generator<Outcome> {
  const isOfRecord = roster.root === record.rosterRoot && isPartOf(roster)
  yield outcome('draw', isOfRecord, `Not all entries are of roster ${record.rosterRoot}.`)
  const isWrong = namedNodes(record).some((node) => isUnlisted(node, roster))
  yield outcome('false-draw', isWrong, `Nobody in attempt ${record.attempt} is shown to be missing from its roster.`)
}

function* redrawnOutcomes(
  body: CertificateBody,
  record: DrawRecord,
  { rosters, beacon }: Extract<DrawLie, { shows: 'draw' }>,
  authority: Authority,
): Generator<Outcome> {
  const verdict = verifyBeacon(beacon, authority)
  yield outcome('draw', verdict.ok, verdict.ok ? '' : verdict.reason)
  const roots = new Set(rosters.map(({ root }) => root))
  yield outcome('draw', roots.size === rosters.length, 'A roster is there twice.')
  for (const roster of rosters) yield outcome('draw', isPartOf(roster), `Not all entries are of roster ${roster.root}.`)
  const known = secretsOf([beacon])(record.epoch)
  yield outcome('draw', known !== undefined, `The beacon does not reveal the secret of epoch ${record.epoch}.`)
  // Whoever lost a seed begins a chain in the midst of an epoch: that chain says nothing of what was leased before.
  const isCommitted = known !== undefined && leasesOf(body, record).every(({ size }) => known.chainLeaf < size)
  yield outcome('draw', isCommitted, `The beacon's chain came after attempt ${record.attempt} was leased.`)
  const parts = new Map(rosters.map(({ root, entries }) => [root, entries.map(({ entry }) => entry)]))
  for (const draw of body.draws) {
    const part = parts.get(draw.rosterRoot)
    const isWhole = part !== undefined && rosterRoot(part) === draw.rosterRoot
    const isEnough = isWhole || namedNodes(draw).every((node) => part?.some((entry) => entry.node === node) === true)
    yield outcome('draw', isEnough, `Entries of attempt ${draw.attempt} are missing.`)
  }
  const secretOf: DrawSources['secretOf'] = (epoch) => (epoch === record.epoch ? known : undefined)
  const isWrong = !verdictOf(drawOutcomes(body, authority.network, { rosters: parts, secretOf })).ok
  yield outcome('false-draw', isWrong, `Attempt ${record.attempt} was drawn by the rules.`)
}

/** Whether the entries are two neighbours, or an end of the roster, with `node` between or beyond them. Their paths have been checked. */
function isUnlisted(node: PublicKey, { root, size, entries }: PartialRoster): boolean {
  const [first, second] = entries
  if (first === undefined) return root === EMPTY_ROOT
  const { index, entry } = first
  if (second !== undefined) return second.index === index + 1 && entry.node < node && node < second.entry.node
  return node < entry.node ? index === 0 : entry.node < node && index === size - 1
}

/** What the leases of an attempt say of the log. */
function leasesOf({ replicas }: CertificateBody, { attempt, absent }: DrawRecord): readonly Checkpoint[] {
  const own = replicas.filter(({ lease }) => lease.body.attempt === attempt)
  return [...own, ...absent].map(({ lease }) => lease.checkpoint)
}

function isPartOf({ root, size, entries }: PartialRoster): boolean {
  return entries.every(
    ({ index, entry, path }, at) =>
      index > (entries[at - 1]?.index ?? -1) &&
      verifyMerkleProof(leafDigest(encodeCbor(entry)), index, size, path, root),
  )
}
