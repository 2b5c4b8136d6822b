// Audits: after the close, and of unanimous replicas too, a seed that is bound to the close decides whether a result is checked again and
// by whom. The audited nodes cannot know before they have revealed. The coordinator signs the task, the auditor its report.
import * as v from 'valibot'
import { type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { digestSchema, publicKeySchema, signedSchema, uintSchema } from '#core/schema.ts'
import { type Signed, type SigningContext, messageId, signMessage, verifyMessage } from '#core/signed.ts'
import type { LeaseRole } from '#work/lease.ts'
import type { Authority } from './commit.ts'
import type { Close } from './close.ts'
import { type DrawRequest, drawCheckers } from './draw.ts'
import { ALWAYS_PPM, type Roster, type RosterEntry, isMature } from './roster.ts'
import { stakeRate } from './trust.ts'

/** What the coordinator signs: `auditor` is to check the result with root `root` that was revealed under `close`. */
export type AuditTaskBody = {
  readonly unit: Digest
  readonly job: Digest
  readonly admissionLeaf: number
  readonly close: Digest
  readonly root: Digest
  readonly auditor: PublicKey
  readonly rosterRoot: Digest
  readonly epoch: number
  readonly deadlineMs: number
}

/** An audit task signed by the coordinator, as type `audit-task`. */
export type AuditTask = Signed<AuditTaskBody>

/** What the auditor signs: `part` is the wrong part, null for a valid result; `seed` is its own and private until now. */
export type AuditReportBody = {
  readonly task: Digest
  readonly root: Digest
  readonly seed: Digest
  readonly verdict: 'valid' | 'wrong'
  readonly part: number | null
}

/** A report signed by the auditor, or by the coordinator where no node can be drawn, as type `audit-report/v2`. */
export type AuditReport = Signed<AuditReportBody>

/** Message types. */
export const AUDIT_TASK_TYPE = 'audit-task'
const AUDIT_REPORT_TYPE = 'audit-report/v2'

/** A signed task. */
export const auditTaskSchema: v.GenericSchema<unknown, AuditTask> = signedSchema(
  v.strictObject({
    unit: digestSchema,
    job: digestSchema,
    admissionLeaf: uintSchema(),
    close: digestSchema,
    root: digestSchema,
    auditor: publicKeySchema,
    rosterRoot: digestSchema,
    epoch: uintSchema(),
    deadlineMs: uintSchema(),
  }),
)

/** A signed report. */
export const auditReportSchema: v.GenericSchema<unknown, AuditReport> = signedSchema(
  v.strictObject({
    task: digestSchema,
    root: digestSchema,
    seed: digestSchema,
    verdict: v.picklist(['valid', 'wrong']),
    part: v.nullable(uintSchema()),
  }),
)

/** An audit as a certificate holds it: `rosterLeaf` is where the auditors' roster is in the log, `absent` who was drawn before and gave no report that holds. */
export type CertifiedAudit = {
  readonly task: AuditTask
  readonly report: AuditReport
  readonly rosterLeaf: number
  readonly absent: readonly PublicKey[]
}

/** Auditors that are asked before the coordinator audits itself, and may. */
export const MAX_ABSENT_AUDITORS = 3

/** An audit as it comes from elsewhere. */
export const certifiedAuditSchema: v.GenericSchema<unknown, CertifiedAudit> = v.strictObject({
  task: auditTaskSchema,
  report: auditReportSchema,
  rosterLeaf: uintSchema(),
  absent: v.pipe(v.array(publicKeySchema), v.maxLength(MAX_ABSENT_AUDITORS)),
})

/** Signs what an audit of `task` found, the wrong part or null; `seed` is the auditor's randomness, so that anyone can make the same check. */
export function signAuditReport(
  signer: Signer,
  context: SigningContext,
  task: AuditTask,
  seed: Digest,
  wrong: number | null,
): Promise<AuditReport> {
  return signMessage(signer, AUDIT_REPORT_TYPE, context, {
    task: messageId(task),
    root: task.body.root,
    seed,
    verdict: wrong === null ? 'valid' : 'wrong',
    part: wrong,
  })
}

/** Whether the coordinator asked for the audit. */
export function isAuditTask(task: AuditTask, { network, coordinator }: Authority): boolean {
  return task.signer === coordinator && verifyMessage(task, AUDIT_TASK_TYPE, network)
}

/** Whether `report` is by the auditor of `task`, about that task and its result. */
export function isReportOf(report: AuditReport, task: AuditTask): boolean {
  return (
    report.signer === task.body.auditor &&
    report.body.task === messageId(task) &&
    report.body.root === task.body.root &&
    (report.body.part === null) === (report.body.verdict === 'valid') &&
    verifyMessage(report, AUDIT_REPORT_TYPE, task.network)
  )
}

/** A replica as the rate of its audit sees it. */
export type AuditedReplica = { readonly role: LeaseRole; readonly entry: Pick<RosterEntry, 'stake' | 'auditPpm'> }

/**
 * Chance of an audit of a unanimous result that is worth `value` atto-credit, in parts per million. Where a drawn checker with a history agreed, the
 * rate is the lowest of such a checker's; else it is the highest of all.
 */
export function unitAuditRate(replicas: readonly AuditedReplica[], value: bigint): number {
  const rateOf = ({ entry }: AuditedReplica) => Math.max(entry.auditPpm, stakeRate(BigInt(entry.stake), value))
  const vouching = replicas.filter(({ role, entry }) => role === 'checker' && isMature(entry))
  return vouching.length > 0 ? Math.min(...vouching.map(rateOf)) : Math.max(...replicas.map(rateOf))
}

/** The seed that decides on the audit of what was closed: of the close's body alone, since its envelope could be signed again and again. */
export function auditSeed(close: Close, secret: Digest): Digest {
  return digestOf('audit-seed', { close: digestOf('audit-close', close.body), secret })
}

/** Whether `seed` draws an audit at a rate of `ppm` parts per million. */
export function isAuditDrawn(seed: Digest, ppm: number): boolean {
  // 48 bits are exact in a number, and so is their product with ppm in a bigint.
  const value = BigInt(`0x${digestOf('audit-draw', seed).slice(0, 12)}`)
  return value * BigInt(ALWAYS_PPM) < BigInt(ppm) * 2n ** 48n
}

/** The seed that ranks the auditors of that audit. */
export function auditorSeed(seed: Digest): Digest {
  return digestOf('auditor-seed', seed)
}

/** Who audits, in their order: nodes with a history that know the kind and share nothing with a replica. */
export function drawAuditors(
  seed: Digest,
  roster: Roster,
  kind: DrawRequest['kind'],
  replicas: DrawRequest['related'],
): RosterEntry[] {
  const request = { kind, count: roster.length, related: replicas, needsMature: false }
  return drawCheckers(auditorSeed(seed), roster.filter(isMature), request)
}

/** On whom the audit falls of those drawn in `order`, `absent` of whom gave no report that holds: after the last that may be asked, on the coordinator. */
export function auditorAfter(order: readonly PublicKey[], absent: number, coordinator: PublicKey): PublicKey {
  return order.slice(0, MAX_ABSENT_AUDITORS)[absent] ?? coordinator
}
