// The end of a job that did not succeed: what is left in escrow goes back, with an entry in the log, in one transaction.
import type { Digest } from '#core/digest.ts'
import { AppError, toErrorRecord } from '#core/errors.ts'
import type { Grid } from './grid.ts'
import { CANCEL_TYPE, type JobRequest, ownJob } from './job-request.ts'
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

/** Ends a job at its requester's wish. Throws what `ownJob` throws. */
export async function cancelJob(grid: Grid, request: JobRequest): Promise<void> {
  const { id } = await ownJob(grid, request, CANCEL_TYPE)
  await endJob(grid, id, new CancelledError())
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
