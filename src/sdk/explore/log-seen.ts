// What a browser remembers of a log between visits: the network, the size, and the signed note that says so.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import { digestSchema, uintSchema } from '#core/schema.ts'
import { type CheckpointNote, checkpointNoteSchema } from '#ledger/checkpoint.ts'

/** The largest checkpoint that was seen. */
export type LogSeen = { readonly network: Digest; readonly size: number; readonly note: CheckpointNote }

const seenSchema: v.GenericSchema<unknown, LogSeen> = v.strictObject({
  network: digestSchema,
  size: uintSchema(),
  note: checkpointNoteSchema,
})

/** The text that is kept. */
export function encodeSeen(seen: LogSeen): string {
  return JSON.stringify(seen)
}

/** What a kept text says; undefined for none, and for one that is not ours. */
export function decodeSeen(text: string | undefined): LogSeen | undefined {
  if (text === undefined) return undefined
  try {
    const parsed = v.safeParse(seenSchema, JSON.parse(text))
    return parsed.success ? parsed.output : undefined
  } catch {
    return undefined
  }
}
