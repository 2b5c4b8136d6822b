// node -> {close, reveal}, peer -> {reveal | null}: one exchange opens both. A peer reveals only on a close that names both sides.
import * as v from 'valibot'
import { type Close, closeSchema } from '#verify/close.ts'
import { type Reveal, revealSchema } from '#verify/reveal.ts'

export type RevealMessage = { readonly close: Close; readonly reveal: Reveal }
export type RevealAnswer = { readonly reveal: Reveal | null }

export const revealMessageSchema: v.GenericSchema<unknown, RevealMessage> = v.strictObject({
  close: closeSchema,
  reveal: revealSchema,
})
export const revealAnswerSchema: v.GenericSchema<unknown, RevealAnswer> = v.strictObject({
  reveal: v.nullable(revealSchema),
})
