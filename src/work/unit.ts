// A unit is what one node computes. Its identity is the operation that is meant, never the kernel that happens to compute it:
// the same exact unit has the same result for ever.
import * as v from 'valibot'
import type { ContentRef } from '#core/content.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import { contentRefSchema, uintSchema } from '#core/schema.ts'
import { MAX_INPUTS, type Params, kindNameSchema, paramsSchema } from './job.ts'

/** One piece of work of a kind. */
export type Unit = {
  readonly kind: string
  readonly version: number
  readonly inputs: readonly ContentRef[]
  readonly params: Params
}

/** A unit as it comes from elsewhere. */
export const unitSchema: v.GenericSchema<unknown, Unit> = v.strictObject({
  kind: kindNameSchema,
  version: uintSchema(1_000_000),
  inputs: v.pipe(v.array(contentRefSchema), v.maxLength(MAX_INPUTS)),
  params: paramsSchema,
})

/** Identity of a unit. */
export function unitId(unit: Unit): Digest {
  return digestOf('unit', unit)
}
