// The end of a job that did not succeed: what is left in escrow goes back, with an entry in the log, in one transaction.
import type { Digest } from '#core/digest.ts'
import { AppError, toErrorRecord } from '#core/errors.ts'
import { verifyMessage } from '#core/signed.ts'
import { BadSignatureError } from './accounts.ts'
import { CANCEL_TYPE, type CancelRequest } from './admission.ts'
import type { Grid } from './grid.ts'
import { refund } from './store/accounts.ts'
import { failJob, readJob } from './store/jobs.ts'

/** Fails a running job because of `reason` and refunds what is not spent. False, and nothing changes, when it does not run any more. */
export async function endJob(grid: Grid, id: Digest, reason: AppError): Promise<boolean> {
  const error = toErrorRecord(reason)
  const hasEnded = await grid.log.transaction(async (tx, append) => {
    const job = await readJob(tx, id)
    if (job === null || !(await failJob(tx, id, error, grid.clock.nowMs()))) return false
    if (job.escrowed > 0n) {
      await refund(tx, job.account, job.escrowed)
      await append({ type: 'refund', admissionLeaf: job.admissionLeaf, amount: job.escrowed.toString() })
    }
    return true
  })
  if (hasEnded) grid.events.emit(id, { event: 'failed', data: { error } })
  return hasEnded
}

/** Ends a job at its requester's wish. Throws {@link UnknownJobError}, {@link NotYoursError}, BadSignatureError. */
export async function cancelJob(grid: Grid, request: CancelRequest): Promise<void> {
  if (!verifyMessage(request, CANCEL_TYPE, grid.network)) throw new BadSignatureError(CANCEL_TYPE)
  const job = await readJob(grid.store.db, request.body.job)
  if (job === null) throw new UnknownJobError(request.body.job)
  if (job.account !== request.signer) throw new NotYoursError(job.id)
  await endJob(grid, job.id, new CancelledError())
}

/** There is no such job. */
export class UnknownJobError extends AppError {
  override readonly name = 'coordinator.UnknownJob'
  constructor(id: string) {
    super('input', `There is no job ${id}.`)
  }
}

/** Somebody else's job. */
export class NotYoursError extends AppError {
  override readonly name = 'coordinator.NotYours'
  constructor(id: string) {
    super('input', `The job ${id} belongs to another account.`)
  }
}

/** The requester cancelled the job. */
export class CancelledError extends AppError {
  override readonly name = 'coordinator.Cancelled'
  constructor() {
    super('input', 'The requester cancelled the job; what was not done has been refunded.')
  }
}

/** The job's deadline passed. */
export class DeadlineError extends AppError {
  override readonly name = 'coordinator.Deadline'
  constructor(deadlineMs: number) {
    super('unavailable', `The job was not done within its ${deadlineMs} ms; what was not done has been refunded.`)
  }
}
