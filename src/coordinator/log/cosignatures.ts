// Cosignatures that witnesses hand in, and the checkpoint with them. Only admitted nodes cosign, so that made-up keys cannot fill the note.
import { AppError } from '#core/errors.ts'
import { MAX_AHEAD_SECONDS, openCosignature } from '#ledger/cosignature.ts'
import { decodeNote } from '#ledger/note.ts'
import type { Grid } from '#coordinator/grid.ts'
import type { LiveNodes } from '#coordinator/live-nodes.ts'
import { insertCosignature, pruneCosignatures, readCheckpoint, readCosignatures } from '#coordinator/store/log.ts'

/** Cosignatures of one checkpoint: the least that every reader of notes takes, with the coordinator's own signature. */
export const MAX_COSIGNATURES = 15

/** Checkpoints whose cosignatures are kept. */
export const CHECKPOINTS_COSIGNED = 100

/** Keeps a cosignature `line` of the checkpoint of `size`. Throws {@link CosignatureError}. */
export async function takeCosignature(
  { grid, nodes }: { readonly grid: Grid; readonly nodes: LiveNodes },
  size: number,
  line: string,
): Promise<{ readonly isKept: boolean }> {
  const { db } = grid.store
  const signed = await readCheckpoint(db, size)
  if (signed === null) throw new CosignatureError(`no checkpoint of ${size} entries was signed`)
  const cosignature = openCosignature(line, decodeNote(signed.note).text)
  if (cosignature === undefined) throw new CosignatureError(`it is none of the checkpoint of ${size} entries`)
  const { witness, time } = cosignature
  if (nodes.get(witness) === undefined) throw new CosignatureError(`node ${witness} is not admitted now`)
  if (time > grid.clock.nowMs() / 1000 + MAX_AHEAD_SECONDS) throw new CosignatureError('its time is in the future')
  const isKept = await insertCosignature(db, size, witness, line, MAX_COSIGNATURES)
  await pruneCosignatures(db, CHECKPOINTS_COSIGNED)
  return { isKept }
}

/** The note of the latest checkpoint, with the cosignatures that it has by now. */
export async function cosignedNote({ log, store }: Pick<Grid, 'log' | 'store'>): Promise<string> {
  const { note, checkpoint } = await log.signed()
  return note + (await readCosignatures(store.db, checkpoint.size)).join('')
}

/** A cosignature is refused. */
export class CosignatureError extends AppError {
  override readonly name = 'coordinator.Cosignature'
  constructor(problem: string) {
    super('input', `The cosignature is refused: ${problem}.`)
  }
}
