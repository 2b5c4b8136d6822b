// To the coordinator: node -> {beat}, coordinator -> {witness: whom to ask | null}, node -> {countersignature | null}, coordinator -> {ok}.
// To a witness: node -> {beat}, witness -> {countersignature}.
import * as v from 'valibot'
import type { PublicKey } from '#core/ed25519.ts'
import { publicKeySchema, textSchema } from '#core/schema.ts'
import { type Beat, type Witness, beatSchema, witnessSchema } from '#liveness/beat.ts'

export type BeatMessage = { readonly beat: Beat }
export type WitnessDraw = {
  readonly witness: { readonly node: PublicKey; readonly addresses: readonly string[] } | null
}
export type Countersignature = { readonly countersignature: Witness | null }
export type BeatAnswer = { readonly ok: boolean; readonly reason: string }

export const beatMessageSchema: v.GenericSchema<unknown, BeatMessage> = v.strictObject({ beat: beatSchema })
export const witnessDrawSchema: v.GenericSchema<unknown, WitnessDraw> = v.strictObject({
  witness: v.nullable(
    v.strictObject({ node: publicKeySchema, addresses: v.pipe(v.array(textSchema(512)), v.maxLength(8)) }),
  ),
})
export const countersignatureSchema: v.GenericSchema<unknown, Countersignature> = v.strictObject({
  countersignature: v.nullable(witnessSchema),
})
export const beatAnswerSchema: v.GenericSchema<unknown, BeatAnswer> = v.strictObject({
  ok: v.boolean(),
  reason: textSchema(300),
})
