// node -> {note}; node -> {note}: the text of a signed checkpoint, or null from a node that has seen none.
import * as v from 'valibot'
import { type CheckpointNote, checkpointNoteSchema } from '#ledger/checkpoint.ts'

export type LogView = { readonly note: CheckpointNote | null }

export const logViewSchema: v.GenericSchema<unknown, LogView> = v.strictObject({
  note: v.nullable(checkpointNoteSchema),
})
