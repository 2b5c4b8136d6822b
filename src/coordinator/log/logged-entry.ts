// An entry with its proof: what certificates and beacons carry of the log.
import { decodeCbor } from '#core/cbor.ts'
import { AppError } from '#core/errors.ts'
import { parseAs } from '#core/schema.ts'
import { type LogEntry, logEntrySchema } from '#ledger/entry.ts'
import type { LoggedEntry } from '#ledger/job-certificate.ts'
import type { Grid } from '#coordinator/grid.ts'
import { readLogEntries } from '#coordinator/store/log.ts'

/** Entry `index` and its path in the tree of `size` leaves. Throws {@link LogEntryMissingError}. */
export async function loggedEntry(
  { store, log }: Pick<Grid, 'store' | 'log'>,
  index: number,
  size: number,
): Promise<LoggedEntry<LogEntry>> {
  const [row] = await readLogEntries(store.db, index, 1)
  if (row === undefined || row.index !== index) throw new LogEntryMissingError(index)
  const entry = parseAs(logEntrySchema, decodeCbor(row.entry), 'log entry')
  return { index, entry, path: await log.inclusion(index, size) }
}

/** The store lacks an entry that something in it names. */
export class LogEntryMissingError extends AppError {
  override readonly name = 'coordinator.LogEntryMissing'
  constructor(index: number) {
    super('bug', `The store lacks entry ${index} of the log.`)
  }
}
