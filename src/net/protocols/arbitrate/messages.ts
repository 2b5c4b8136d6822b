// coordinator -> {task, unit}; node fetches the inputs that the part needs by the blob protocol; node -> {statement | null, reason}.
import * as v from 'valibot'
import { textSchema } from '#core/schema.ts'
import { type Arbitration, type Statement, arbitrationSchema, statementSchema } from '#verify/arbitration.ts'
import { type Unit, unitSchema } from '#work/unit.ts'

export type ArbitrationRequest = { readonly task: Arbitration; readonly unit: Unit }
export type ArbitrationAnswer = { readonly statement: Statement | null; readonly reason: string }

export const arbitrationRequestSchema: v.GenericSchema<unknown, ArbitrationRequest> = v.strictObject({
  task: arbitrationSchema,
  unit: unitSchema,
})
export const arbitrationAnswerSchema: v.GenericSchema<unknown, ArbitrationAnswer> = v.strictObject({
  statement: v.nullable(statementSchema),
  reason: textSchema(300),
})
