// Messages of the blob protocols. After the opening one side pulls: it asks for the leaf digests, then for parts by number; each comes as
// raw frames in the order asked for.
import * as v from 'valibot'
import { digestSchema, layoutSchema, uintSchema } from '#core/schema.ts'
import { MAX_PARTS_PER_REQUEST } from './constants.ts'

/** Why a content is not given or taken. */
export const REFUSALS = ['unknown', 'forbidden', 'unwanted'] as const

/** "Give me this content." */
export const getSchema = v.strictObject({ type: v.literal('get'), id: digestSchema })

/** "Take this content, the result under that lease." */
export const putSchema = v.strictObject({
  type: v.literal('put'),
  lease: digestSchema,
  id: digestSchema,
  layout: layoutSchema,
})

/** The answer to a get: its layout, or why not. */
export const gotSchema = v.variant('type', [
  v.strictObject({ type: v.literal('found'), layout: layoutSchema }),
  v.strictObject({ type: v.literal('refused'), reason: v.picklist(REFUSALS) }),
])

/** What the pulling side says; `refused` and `stored` only after a put. */
export const pullSchema = v.variant('type', [
  v.strictObject({ type: v.literal('leaves') }),
  v.strictObject({
    type: v.literal('parts'),
    parts: v.pipe(v.array(uintSchema(2 ** 18)), v.minLength(1), v.maxLength(MAX_PARTS_PER_REQUEST)),
  }),
  v.strictObject({ type: v.literal('refused'), reason: v.picklist(REFUSALS) }),
  v.strictObject({ type: v.literal('stored') }),
])

/** Why a content is not given or taken. */
export type Refusal = (typeof REFUSALS)[number]

/** One thing the pulling side says. */
export type Pull = v.InferOutput<typeof pullSchema>
