// What only a job's own requester may ask for: that it ends, or to be told how it goes on.
import * as v from 'valibot'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { digestSchema, signedSchema } from '#core/schema.ts'
import { type Signed, verifyMessage } from '#core/signed.ts'
import { BadSignatureError } from './accounts.ts'
import type { Grid } from './grid.ts'
import { type JobRecord, readJob } from './store/jobs.ts'

/** What a requester signs about its job. */
export type JobRequest = Signed<{ readonly job: Digest }>

/** Message types of a {@link JobRequest}. */
export const CANCEL_TYPE = 'cancel'
export const FOLLOW_TYPE = 'follow'

/** A request about a job. */
export const jobRequestSchema: v.GenericSchema<unknown, JobRequest> = signedSchema(
  v.strictObject({ job: digestSchema }),
)

/** The job of a request of `type`. Throws {@link UnknownJobError}, {@link NotYoursError}, BadSignatureError. */
export async function ownJob({ store, network }: Grid, request: JobRequest, type: string): Promise<JobRecord> {
  if (!verifyMessage(request, type, network)) throw new BadSignatureError(type)
  const job = await readJob(store.db, request.body.job)
  if (job === null) throw new UnknownJobError(request.body.job)
  if (job.account !== request.signer) throw new NotYoursError(job.id)
  return job
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
