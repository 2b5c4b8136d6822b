// node -> {lease, commitments}: one commitment is held against the one that the coordinator was given, two against one another.
// coordinator -> {fault}: the evidence that the log names now, or null with the reason.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import { digestSchema, textSchema } from '#core/schema.ts'
import { type Commitment, commitmentSchema } from '#verify/commitment.ts'
import { type Lease, leaseSchema } from '#work/lease.ts'

export type Accusation = { readonly lease: Lease; readonly commitments: readonly Commitment[] }
export type AccusationAnswer = { readonly fault: Digest | null; readonly reason: string }

export const accusationSchema: v.GenericSchema<unknown, Accusation> = v.strictObject({
  lease: leaseSchema,
  commitments: v.pipe(v.array(commitmentSchema), v.minLength(1), v.maxLength(2)),
})
export const accusationAnswerSchema: v.GenericSchema<unknown, AccusationAnswer> = v.strictObject({
  fault: v.nullable(digestSchema),
  reason: textSchema(300),
})
