// Statements that must change exactly one row: anything else is a broken invariant and undoes the transaction.
import type { UpdateResult } from 'kysely'
import { AppError } from '#core/errors.ts'

/** Throws {@link RowNotChangedError} unless one row was changed. */
export function assertOneChanged({ numUpdatedRows }: UpdateResult, what: string): void {
  if (numUpdatedRows !== 1n) throw new RowNotChangedError(what, numUpdatedRows)
}

/** A row that must be there, in the state that it must be in, is not. */
export class RowNotChangedError extends AppError {
  override readonly name = 'coordinator.RowNotChanged'
  constructor(what: string, rows: bigint) {
    super('bug', `Changing ${what} changed ${rows} rows instead of one.`)
  }
}
