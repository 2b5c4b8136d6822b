// What a requester asks for, and what a finished job brings.
import type { ContentRef } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import type { JobCertificate } from '#ledger/job-certificate.ts'
import type { Passed } from '#verify/verdict.ts'
import type { JobTask } from '#work/kind.ts'
import type { JobStatus } from './jobs.ts'

/** A piece of work: a kind of this build, its parameters and inputs. */
export type Task = JobTask & { readonly kind: string; readonly version: number }

/** A finished job whose certificate was verified. */
export type RunOutcome = {
  readonly job: Digest
  readonly result: ContentRef
  /** The certificate in the exact bytes that can be kept and verified anywhere. */
  readonly certificateBytes: Uint8Array<ArrayBuffer>
  readonly certificate: JobCertificate
  /** Every check that the certificate passed. */
  readonly checks: readonly Passed[]
  /** Draw epochs that are not over: `client.verify` with `drawWaitMs` waits for their secrets and makes their draws again. */
  readonly pendingDraws: readonly number[]
  readonly status: JobStatus
  /** Atto-credit that was paid. */
  readonly paid: bigint
}
