// coordinator -> {task, unit, leaves}; node fetches the inputs and the result by the blob protocol; node -> {report | null, reason}.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import { digestSchema, textSchema } from '#core/schema.ts'
import { type AuditReport, type AuditTask, auditReportSchema, auditTaskSchema } from '#verify/audit.ts'
import { MAX_UNIT_PARTS } from '#verify/certificate.ts'
import { type Unit, unitSchema } from '#work/unit.ts'

export type AuditRequest = { readonly task: AuditTask; readonly unit: Unit; readonly leaves: readonly Digest[] }
export type AuditAnswer = { readonly report: AuditReport | null; readonly reason: string }

export const auditRequestSchema: v.GenericSchema<unknown, AuditRequest> = v.strictObject({
  task: auditTaskSchema,
  unit: unitSchema,
  leaves: v.pipe(v.array(digestSchema), v.maxLength(MAX_UNIT_PARTS)),
})
export const auditAnswerSchema: v.GenericSchema<unknown, AuditAnswer> = v.strictObject({
  report: v.nullable(auditReportSchema),
  reason: textSchema(300),
})
