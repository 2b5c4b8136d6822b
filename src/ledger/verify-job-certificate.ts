// Offline verification of a job's certificate, of a result against it, and its recomputation. The reader needs nothing but the file;
// who knows the network's id from elsewhere should say so, because anyone can make a network of their own.
import { equals } from '#core/bytes.ts'
import { encodeCbor } from '#core/cbor.ts'
import { contentId, partCount } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { verifyMerkleProof } from '#core/merkle.ts'
import { type Checkpoint, verifyMessage } from '#core/signed.ts'
import { type Certificate, type CertificateBody, certificateId } from '#verify/certificate.ts'
import type { Authority } from '#verify/commit.ts'
import type { PartSource } from '#verify/content-file.ts'
import { type RecomputeOptions, inputLeavesOutcomes, recomputeOutcomes } from '#verify/recompute.ts'
import { type Outcome, type Verdict, outcome, verdictOf, verdictOfAsync } from '#verify/verdict.ts'
import { rosterRoot } from '#verify/roster.ts'
import { splitOf } from '#verify/splits.ts'
import { auditOutcomes } from '#verify/verify-audit.ts'
import { certificateOutcomes } from '#verify/verify-certificate.ts'
import { drawOutcomes } from '#verify/verify-draw.ts'
import { JOB_TYPE, type Job, jobId } from '#work/job.ts'
import type { Kind } from '#work/kind.ts'
import { kindOf } from '#work/kinds.ts'
import { type Unit, unitId } from '#work/unit.ts'
import { type Beacon, secretsOf, verifyBeacon } from './beacon.ts'
import { openCheckpoint } from './checkpoint.ts'
import { type LogEntry, type ReceiptEntry, auditedNodes, entryLeaf, receiptEntry, saltedCommitment } from './entry.ts'
import { networkId } from './genesis.ts'
import type { JobCertificate, LoggedEntry } from './job-certificate.ts'
import { paidUnder } from './payments.ts'
import { priceAtto, sharePrice } from './price.ts'

/** What a verifier knows besides the certificate: its network, and secrets of draw epochs that were revealed since. */
export type VerifyOptions = { readonly networkExpected?: Digest; readonly beacons?: readonly Beacon[] }

/** Progress of a recomputation, in parts of the result. */
export type RecomputeProgress = { readonly done: number; readonly total: number }

/** Checks everything that a job's certificate says: signatures, bindings, result, log and payments. */
export function verifyJobCertificate(certificate: JobCertificate, options: VerifyOptions = {}): Promise<Verdict> {
  return verdictOfAsync(jobOutcomes(certificate, options))
}

/** Whether parts with these leaf digests are the certified result; a failure names the first part that differs. */
export function verifyResult(certificate: JobCertificate, leaves: readonly Digest[]): Verdict {
  const certified = resultLeaves(certificate)
  if (leaves.length !== certified.length)
    return verdictOf([outcome('bytes', false, `The result has ${leaves.length} parts, not ${certified.length}.`)])
  const at = certified.findIndex((leaf, index) => leaf !== leaves[index])
  return verdictOf([outcome('bytes', at === -1, `Part ${at} of the result is not the one that was certified.`)])
}

/** Leaf digests of the job's result, put together from its units. Throws a RangeError when the units leave gaps. */
export function resultLeaves({ job, units }: JobCertificate): Digest[] {
  const kind = kindOf(job.body.kind, job.body.version)
  const leaves: (Digest | undefined)[] = Array.from({ length: partCount(kind.jobLayout(job.body)) })
  for (const { body } of units)
    for (const { unitPart, jobPart } of kind.placements(job.body, body.unit)) leaves[jobPart] = body.leaves[unitPart]
  return leaves.map((leaf, part) => {
    if (leaf === undefined) throw new RangeError(`No unit gives part ${part} of the result.`)
    return leaf
  })
}

/**
 * Computes every part again from inputs that `source` gives and compares with what was certified. The certificate must have passed
 * {@link verifyJobCertificate}. Failures of `source` are thrown.
 */
export function recomputeJob(
  certificate: JobCertificate,
  source: PartSource,
  onProgress?: (progress: RecomputeProgress) => void | Promise<void>,
  options: Omit<RecomputeOptions, 'onPart'> = {},
): Promise<Verdict> {
  return verdictOfAsync(recomputeJobOutcomes(certificate, source, onProgress, options))
}

async function* recomputeJobOutcomes(
  { job, units, result }: JobCertificate,
  source: PartSource,
  onProgress: ((progress: RecomputeProgress) => void | Promise<void>) | undefined,
  options: Omit<RecomputeOptions, 'onPart'>,
): AsyncGenerator<Outcome> {
  const kind = kindOf(job.body.kind, job.body.version)
  const total = partCount(result.layout)
  let done = 0
  const onPart = async (): Promise<void> => await onProgress?.({ done: ++done, total })
  const known = new Map<Digest, readonly Digest[]>()
  yield* inputLeavesOutcomes(job.body.inputs, source, known)
  for (const certificate of units) {
    const places = kind.placements(job.body, certificate.body.unit)
    const resultPart = async (unitPart: number): Promise<Uint8Array> =>
      await source.part(result, places.find((place) => place.unitPart === unitPart)?.jobPart ?? -1)
    yield* recomputeOutcomes(certificate, source, known, resultPart, { ...options, onPart })
  }
}

async function* jobOutcomes(certificate: JobCertificate, options: VerifyOptions): AsyncGenerator<Outcome> {
  const { genesis, job, units } = certificate
  const authority = { network: networkId(genesis), coordinator: genesis.coordinator }
  const isExpected = options.networkExpected === undefined || options.networkExpected === authority.network
  yield outcome('network', isExpected, `The certificate is of network ${authority.network}.`)
  const isSigned = verifyMessage(job, JOB_TYPE, authority.network)
  yield outcome('job', isSigned, `The job is not signed by ${job.signer} for network ${authority.network}.`)
  const split = splitOrReason(job)
  if (typeof split === 'string') return yield outcome('job', false, split)
  yield unitsOutcome(units, split.units)
  yield repeatedOutcome(certificate)
  for (const [at, unit] of units.entries()) yield* unitOutcomes(unit, at, certificate, authority)
  yield resultOutcome(certificate, split.kind)
  yield* logOutcomes(certificate, authority)
  yield* drawsOutcomes(certificate, authority, options.beacons ?? [])
  yield* priceOutcomes(certificate, split.kind)
}

function splitOrReason(job: Job): { kind: Kind; units: Unit[] } | string {
  try {
    const kind = kindOf(job.body.kind, job.body.version)
    kind.assertJob(job.body)
    return { kind, units: kind.split(job.body) }
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}

function unitsOutcome(certificates: readonly Certificate[], units: readonly Unit[]): Outcome {
  if (certificates.length !== units.length)
    return outcome('units', false, `There are ${certificates.length} units; the job has ${units.length}.`)
  const wanted = units.map((unit) => unitId(unit))
  const at = certificates.findIndex(({ body }, index) => unitId(body.unit) !== wanted[index])
  return outcome('units', at === -1, `Unit ${at} is not the one that the job is split into.`)
}

/** Repeated units are named in order, each once: those of other jobs and no others. */
function repeatedOutcome({ job, units, repeated }: JobCertificate): Outcome {
  const own = jobId(job)
  const foreign = [...units.entries()].filter(([, { body }]) => body.job !== own).map(([at]) => at)
  const isExact = foreign.length === repeated.length && repeated.every(({ unit }, i) => unit === foreign[i])
  return outcome('unit', isExact, 'A unit was certified for another job and is not named as repeated, or the reverse.')
}

async function* unitOutcomes(
  unit: Certificate,
  at: number,
  { job, admission, repeated }: JobCertificate,
  authority: Authority,
): AsyncGenerator<Outcome> {
  yield* certificateOutcomes(unit, authority)
  const { body } = unit
  const earlier = repeated.find((each) => each.unit === at)
  const own = earlier === undefined ? admission : earlier.admission
  yield outcome('admission', body.admissionLeaf === own.index, 'A unit was certified for another admission.')
  const { replication } = job.body
  if (earlier !== undefined) {
    const isExact = kindOf(body.unit.kind, body.unit.version).comparison(body.unit) === 'exact'
    yield outcome('repeated', isExact, 'A unit was repeated whose result is not the same for ever.')
    const isEnough = body.replicas.length >= replication
    const reason = `A unit was repeated with ${body.replicas.length} replicas; the job asked for ${replication}.`
    return yield outcome('replicas', isEnough, reason)
  }
  // One more checks a newcomer's result where the job asked for a single one.
  const most = replication === 1 ? 2 : replication
  const holds = body.replicas.length >= replication && body.replicas.length <= most
  yield outcome('replicas', holds, `A unit has ${body.replicas.length} replicas; the job asked for ${replication}.`)
}

function resultOutcome(certificate: JobCertificate, kind: Kind): Outcome {
  const layout = kind.jobLayout(certificate.job.body)
  const id = contentId(layout, resultLeaves(certificate))
  const { result } = certificate
  const isSame = result.id === id && equals(encodeCbor(result.layout), encodeCbor(layout))
  return outcome('result', isSame, `The units add up to content ${id}, not to ${result.id} as it is described.`)
}

function* logOutcomes(certificate: JobCertificate, authority: Authority): Generator<Outcome> {
  const { admission, receipts, units, job, repeated } = certificate
  const earlier = new Map(repeated.map((each) => [each.unit, each.admission]))
  const checkpoint = openCheckpoint(certificate.checkpoint, authority)
  yield outcome('checkpoint', checkpoint !== undefined, "The log's checkpoint is not signed by the coordinator.")
  if (checkpoint === undefined) return
  const { entry, salt } = admission
  const opens = entry.job === saltedCommitment(jobId(job), salt) && entry.account === job.signer
  yield outcome('admission', opens, 'The admission in the log is not of this job.')
  yield outcome('admission', isLogged(admission, checkpoint), 'The admission is not in the log.')
  const count = receipts.length
  yield outcome('receipt', count === units.length, `There are ${count} receipts for ${units.length} units.`)
  const places = new Set(receipts.map(({ index }) => index))
  yield outcome('receipt', places.size === count, 'Two units share a receipt.')
  for (const [at, receipt] of receipts.entries()) {
    const unit = units[at]
    if (unit === undefined) return
    const before = earlier.get(at)
    if (before !== undefined)
      yield outcome('admission', isLogged(before, checkpoint), 'The admission of a repeated unit is not in the log.')
    const isOfUnit = before === undefined ? isReceiptOf(receipt.entry, unit, admission.salt) : isEarlier(receipt, unit)
    yield outcome('receipt', isOfUnit, `Receipt ${receipt.index} is not that of certificate ${certificateId(unit)}.`)
    const isPlaced = receipt.index > (before ?? admission).index && isLogged(receipt, checkpoint)
    yield outcome('receipt', isPlaced, `Receipt ${receipt.index} is not in the log after its job's admission.`)
  }
}

/** The draws again: rosters are in the log where the draws say, and where a beacon reveals the secret the draw comes out the same. */
export function* drawsOutcomes(
  certificate: Pick<JobCertificate, 'rosters' | 'units' | 'checkpoint'>,
  authority: Authority,
  beacons: readonly Beacon[],
): Generator<Outcome> {
  const { rosters, units } = certificate
  const checkpoint = openCheckpoint(certificate.checkpoint, authority)
  for (const roster of rosters) {
    const isWhole = rosterRoot(roster.nodes) === roster.entry.root && roster.nodes.length === roster.entry.size
    const isIn = checkpoint !== undefined && isLogged(roster, checkpoint)
    yield outcome('draw', isWhole && isIn, `Roster ${roster.entry.root} is not in the log.`)
  }
  const places = units.flatMap(({ body }) => rosterPlaces(body))
  const named = new Set(places.map(({ rosterRoot: root }) => root))
  const isNamedOnce = named.size === rosters.length && rosters.every(({ entry }) => named.has(entry.root))
  yield outcome('draw', isNamedOnce, `There are ${rosters.length} rosters; the draws name ${named.size}.`)
  const leaves = new Map(rosters.map(({ index, entry }) => [index, entry.root]))
  for (const { rosterLeaf, rosterRoot: root } of places)
    yield outcome('draw', leaves.get(rosterLeaf) === root, `Roster ${root} is not where it should be in the log.`)
  for (const beacon of beacons) {
    const verdict = verifyBeacon(beacon, authority)
    yield outcome('draw', verdict.ok, verdict.ok ? '' : verdict.reason)
  }
  const byRoot = new Map(rosters.map(({ entry, nodes }) => [entry.root, nodes]))
  const sources = { rosters: byRoot, secretOf: secretsOf(beacons) }
  for (const { body } of units) {
    yield* drawOutcomes(body, authority.network, sources)
    yield* auditOutcomes(body, authority, sources)
  }
}

/** Rosters that a unit's certificate names, and where they should be in the log. */
export function rosterPlaces({ draws, audit }: CertificateBody): { rosterRoot: Digest; rosterLeaf: number }[] {
  const places = draws.map(({ rosterRoot: root, rosterLeaf }) => ({ rosterRoot: root, rosterLeaf }))
  if (audit !== null) places.push({ rosterRoot: audit.task.body.rosterRoot, rosterLeaf: audit.rosterLeaf })
  return places
}

/** Draw epochs of the certificate whose secrets none of `beacons` reveals: their draws wait to be checked. */
export function pendingDraws({ units }: Pick<JobCertificate, 'units'>, beacons: readonly Beacon[] = []): number[] {
  const secretOf = secretsOf(beacons)
  const epochs = units.flatMap(({ body }) => [
    ...body.draws.filter(({ drawn }) => drawn.length > 0).map(({ epoch }) => epoch),
    ...body.replicas.map(({ close }) => close.body.epoch),
  ])
  return [...new Set(epochs)].filter((epoch) => secretOf(epoch) === undefined).sort((a, b) => a - b)
}

/** The listed price is shared by operations, to delegations' payees and to sites where there are any, and all of it is within the job's ceiling. */
function* priceOutcomes({ job, units, admission, receipts, repeated }: JobCertificate, kind: Kind): Generator<Outcome> {
  let total = 0n
  for (const [at, { body }] of units.entries()) {
    const price = BigInt(body.price)
    const isRepeated = repeated.some((each) => each.unit === at)
    const operations = kind.operations(body.unit)
    const listed = priceAtto(operations, job.body.replication)
    // An earlier job may have asked for fewer replicas, or for more.
    const isListed = isRepeated ? price % priceAtto(operations, 1) === 0n : price === listed
    yield outcome('price', isListed, `Unit ${at} was priced ${price}; the list says ${listed}.`)
    const payments = receipts[at]?.entry.payments ?? []
    const sum = payments.reduce((all, { amount }) => all + BigInt(amount), 0n)
    yield outcome('price', sum === price, `The payments for unit ${at} are ${sum}, not ${price}.`)
    const paid = paidNodes(body)
    const audit = paid.length === body.replicas.length ? null : kind.auditPlan(body.unit).operations
    const shares = sharePrice(price, operations, body.replicas.length, audit)
    for (const [index, { node, payee }] of paid.entries()) {
      const own = paidUnder(payments, node, splitOf(body, node))
      const isPaid = own !== null && (payee === null || own.account === payee) && own.total === shares[index]
      const reason = `Node ${node}, or the payee or the site that it names, was not paid its share for unit ${at}.`
      yield outcome('price', isPaid, reason)
    }
    // What was paid for a repeated unit was paid by an earlier job.
    if (!isRepeated) total += price
  }
  yield outcome('price', total <= BigInt(job.body.maxPrice), `The job cost ${total}, more than ${job.body.maxPrice}.`)
  const { escrow } = admission.entry
  yield outcome('price', total <= BigInt(escrow), `The job cost ${total}, more than the ${escrow} in escrow.`)
}

/** Who is paid for a unit: its replicas, and the node that audited it. */
function paidNodes({ replicas, audit }: CertificateBody): { node: PublicKey; payee: PublicKey | null }[] {
  const paid: { node: PublicKey; payee: PublicKey | null }[] = replicas.map(({ lease, delegation }) => ({
    node: lease.body.node,
    payee: delegation?.body.payee ?? lease.body.node,
  }))
  if (audit !== null && audit.task.body.auditor !== audit.task.signer)
    paid.push({ node: audit.task.body.auditor, payee: null })
  return paid
}

function isReceiptOf(entry: ReceiptEntry, unit: Certificate, salt: Digest): boolean {
  return entryLeaf(entry) === entryLeaf(receiptEntry(unit, salt, entry.payments))
}

/** An earlier job's salt is its requester's own: the receipt is held against the certificate that it names. */
function isEarlier({ entry }: LoggedEntry<ReceiptEntry>, unit: Certificate): boolean {
  const { certificate, admissionLeaf, audited } = entry
  const isSame = certificate === certificateId(unit) && admissionLeaf === unit.body.admissionLeaf
  return isSame && audited.join(' ') === auditedNodes(unit).join(' ')
}

/** Whether the entry is in the log where it says. */
export function isLogged({ index, entry, path }: LoggedEntry<LogEntry>, { size, root }: Checkpoint): boolean {
  return verifyMerkleProof(entryLeaf(entry), index, size, path, root)
}
