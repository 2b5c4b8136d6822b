// A job is what a requester wants: a kind of work, its inputs by content id, a price ceiling. Its kind splits it into units.
import * as v from 'valibot'
import type { ContentRef } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { amountSchema, contentRefSchema, nonceSchema, signedSchema, textSchema, uintSchema } from '#core/schema.ts'
import { type PlainValue, type Signed, messageId } from '#core/signed.ts'

/** Parameters of a kind: plain values that the kind's own schema checks. */
export type Params = { readonly [name: string]: PlainValue }

/** What a requester signs. Amounts are atto-credit as decimal text; the deadline is a duration from admission. */
export type JobBody = {
  readonly kind: string
  readonly version: number
  readonly params: Params
  readonly inputs: readonly ContentRef[]
  readonly replication: number
  readonly maxPrice: string
  readonly deadlineMs: number
  readonly nonce: Digest
}

/** A job signed by its requester's account key, as type `job`. */
export type Job = Signed<JobBody>

/** Message type of a signed job. */
export const JOB_TYPE = 'job'

/** Inputs of one job: kinds need a handful, and every one is checked before admission. */
export const MAX_INPUTS = 16

/** Units of one job: its certificate, which holds the evidence of every unit, stays a file that can be read at once. */
export const MAX_UNITS = 4096

/** Replicas of one unit. */
export const MAX_REPLICATION = 5

/** Longest deadline: a day. */
export const MAX_DEADLINE_MS = 24 * 3_600_000

/** Names of kinds: short, lower case, safe in paths. */
export const kindNameSchema = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/))

/** Parameters before their kind has checked them: at most 32 scalars. */
export const paramsSchema: v.GenericSchema<unknown, Params> = v.pipe(
  v.record(textSchema(32), v.union([textSchema(4096), v.pipe(v.number(), v.safeInteger()), v.boolean(), v.null()])),
  v.check((params) => Object.keys(params).length <= 32, 'at most 32 parameters'),
)

/** A job's body. */
export const jobBodySchema: v.GenericSchema<unknown, JobBody> = v.strictObject({
  kind: kindNameSchema,
  version: uintSchema(1_000_000),
  params: paramsSchema,
  inputs: v.pipe(v.array(contentRefSchema), v.maxLength(MAX_INPUTS)),
  replication: v.pipe(uintSchema(MAX_REPLICATION), v.minValue(1)),
  maxPrice: amountSchema,
  deadlineMs: v.pipe(uintSchema(MAX_DEADLINE_MS), v.minValue(1000)),
  nonce: nonceSchema,
})

/** A signed job. */
export const jobSchema = signedSchema(jobBodySchema)

/** Identity of a job: of what was signed and by whom. */
export function jobId(job: Job): Digest {
  return messageId(job)
}
