// Audits again: whether a certificate's audit is signed and about its result, and, once the close's secret is out, whether it was due and
// whose it was. A result that was not audited is checked as well: the draw must have spared it.
import type { Digest } from '#core/digest.ts'
import {
  type CertifiedAudit,
  auditSeed,
  auditorAfter,
  drawAuditors,
  isAuditDrawn,
  isAuditTask,
  isReportOf,
  unitAuditRate,
} from './audit.ts'
import type { CertificateBody } from './certificate.ts'
import { closeId } from './close.ts'
import type { Authority } from './commit.ts'
import type { RosterEntry } from './roster.ts'
import { type Outcome, outcome } from './verdict.ts'
import type { DrawSources } from './verify-draw.ts'

/** The checks of an audit that take no secret: both signatures, and what they are about. */
export function* auditFormOutcomes(
  { task, report }: CertifiedAudit,
  body: CertificateBody,
  authority: Authority,
): Generator<Outcome> {
  yield outcome('audit', isAuditTask(task, authority), 'The coordinator did not sign the audit.')
  const { unit, job, admissionLeaf, close, root } = task.body
  const [first] = body.replicas
  const isAbout =
    first !== undefined &&
    unit === first.lease.body.unit &&
    job === body.job &&
    admissionLeaf === body.admissionLeaf &&
    close === closeId(first.close) &&
    root === body.root
  yield outcome('audit', isAbout, 'The audit is of another unit, close or result.')
  yield outcome('audit', isReportOf(report, task), 'The report is not signed by its auditor, or is about another task.')
  const isValid = report.body.verdict === 'valid' && report.body.part === null
  yield outcome('audit', isValid, `The audit found part ${report.body.part} wrong.`)
}

/** The audit's rate, and with the secret of the close whether it was drawn and on whom it fell. */
export function* auditOutcomes(body: CertificateBody, authority: Authority, sources: DrawSources): Generator<Outcome> {
  const { rosters, secretOf } = sources
  const [first] = body.replicas
  if (first === undefined) return yield outcome('audit', false, 'There is no replica to audit.')
  const replicas = body.replicas.flatMap(({ lease }) => {
    const entry = rosters.get(lease.body.rosterRoot)?.find(({ node }) => node === lease.body.node)
    return entry === undefined ? [] : [{ role: lease.body.role, entry }]
  })
  const ppm = unitAuditRate(replicas, BigInt(body.price))
  const isRate = replicas.length === body.replicas.length && ppm === body.auditPpm
  yield outcome(
    'audit',
    isRate,
    `The certificate says a rate of ${body.auditPpm} parts per million; by the rules it is ${ppm}.`,
  )
  const known = secretOf(first.close.body.epoch)
  if (known === undefined) return
  const isCommitted = known.chainLeaf < first.close.checkpoint.size
  yield outcome('audit', isCommitted, 'The secret was committed to after the close.')
  const seed = auditSeed(first.close, known.secret)
  const isDue = isAuditDrawn(seed, ppm)
  const is = body.audit === null ? 'was not audited' : 'was audited'
  yield outcome('audit', isDue === (body.audit !== null), `The result ${is}; the draw says otherwise.`)
  if (body.audit !== null) yield* auditorOutcomes(body.audit, body, authority, { replicas, seed, sources })
}

type AuditorDraw = {
  readonly replicas: readonly { readonly entry: RosterEntry }[]
  readonly seed: Digest
  readonly sources: DrawSources
}

function* auditorOutcomes(
  { task, rosterLeaf, absent }: CertifiedAudit,
  body: CertificateBody,
  { coordinator }: Authority,
  { replicas, seed, sources }: AuditorDraw,
): Generator<Outcome> {
  const { rosterRoot, auditor } = task.body
  const roster = sources.rosters.get(rosterRoot)
  if (roster === undefined) return yield outcome('audit', false, `Roster ${rosterRoot} is not at hand.`)
  yield outcome('audit', rosterLeaf < task.checkpoint.size, "The auditors' roster was not in the log.")
  const kind = { name: body.unit.kind, version: body.unit.version }
  const order = drawAuditors(
    seed,
    roster,
    kind,
    replicas.map(({ entry }) => entry),
  ).map(({ node }) => node)
  const isAbsent = absent.every((node, at) => order[at] === node)
  yield outcome('audit', isAbsent, 'Somebody is said to have been drawn as an auditor and was not.')
  const due = auditorAfter(order, absent.length, coordinator)
  yield outcome('audit', auditor === due, `The audit was done by ${auditor}; the draw fell on ${due}.`)
}
