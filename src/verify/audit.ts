// Audits: after the close, and of unanimous replicas too, a seed that is bound to the close decides whether a result is checked again and
// by whom. The audited nodes cannot know before they have revealed. The coordinator signs the task, the auditor its report.
import * as v from 'valibot'
import { type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { digestSchema, publicKeySchema, signedSchema, uintSchema } from '#core/schema.ts'
import type { Signed } from '#core/signed.ts'
import type { Close } from './close.ts'
import { ALWAYS_PPM } from './roster.ts'

/** How a result was checked: all of it by one prefill or by Freivalds, or one part, drawn at random, by computing it again. */
export type AuditMethod = 'prefill' | 'freivalds' | 'part'

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
  readonly method: AuditMethod
  readonly seed: Digest
  readonly verdict: 'valid' | 'wrong'
  readonly part: number | null
}

/** A report signed by the auditor, or by the coordinator where no node can be drawn, as type `audit-report`. */
export type AuditReport = Signed<AuditReportBody>

/** Message types. */
export const AUDIT_TASK_TYPE = 'audit-task'
export const AUDIT_REPORT_TYPE = 'audit-report'

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
    method: v.picklist(['prefill', 'freivalds', 'part']),
    seed: digestSchema,
    verdict: v.picklist(['valid', 'wrong']),
    part: v.nullable(uintSchema()),
  }),
)

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

/** The seed that ranks the auditors of that audit, for drawOrder. */
export function auditorSeed(seed: Digest): Digest {
  return digestOf('auditor-seed', seed)
}
