// One job from its inputs to a verified result: digest, upload, sign and submit, follow, check the certificate, fetch the parts it names.
import { toHex } from '#core/bytes.ts'
import type { ContentRef } from '#core/content.ts'
import { DIGEST_BYTES, type Digest } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { signMessage } from '#core/signed.ts'
import { type JobCertificate, MAX_JOB_CERTIFICATE_BYTES } from '#ledger/job-certificate.ts'
import { formatCredits, priceAtto } from '#ledger/price.ts'
import { resultLeaves } from '#ledger/verify-job-certificate.ts'
import { JOB_TYPE, type JobBody, jobId } from '#work/job.ts'
import { kindOf } from '#work/kinds.ts'
import { openAccount } from './account.ts'
import { download } from './download.ts'
import { Follower, type PartialResult, ProgressRefusedError, StreamContradictedError } from './follow.ts'
import { AnswerError, type Http } from './http.ts'
import { type Admission, admissionSchema, jobEvents, jobStatusSchema } from './jobs.ts'
import { type NetworkInfo, fetchNetwork, signingContext } from './network.ts'
import { type Addressed, type ContentSink, type ContentSource, addressOf } from './parts.ts'
import type { RunOutcome, Task } from './task.ts'
import { upload } from './upload.ts'
import { verifyCertificate } from './verify.ts'

/** What a client acts with. */
export type Session = { readonly http: Http; readonly signer: Signer; readonly info: NetworkInfo }

/** The stages of a run, in order. */
export type Stage = 'digest' | 'upload' | 'compute' | 'download'

/** Options of one job. */
export type RunOptions = {
  /** Nodes that compute each unit and check one another: 2 when omitted. */
  readonly replication?: number | undefined
  /** Most that may be paid, in atto-credit; the list price when omitted. */
  readonly maxPrice?: bigint | undefined
  /** Time from admission to the end, in milliseconds: an hour when omitted. */
  readonly deadlineMs?: number | undefined
  /** Aborting cancels the job; what is not done is refunded. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((stage: Stage, done: number, total: number) => void) | undefined
  /** Hears the beginning of a result while it is computed, for kinds that have one, as a node claims it: the certificate comes later. */
  readonly onPartial?: ((partial: PartialResult) => void) | undefined
}

/** Nodes that compute a unit when nothing else is asked for. */
export const DEFAULT_REPLICATION = 2

const DEFAULT_DEADLINE_MS = 3_600_000

/** Time for the coordinator to hear that a job is cancelled. */
const CANCEL_TIMEOUT_MS = 5_000

/** An input: bytes to be uploaded, or a content that the coordinator has. */
export type TaskInput = ContentSource | ContentRef

/** Runs a task on its inputs; the sink that `open` gives receives the parts of the result once its certificate has been verified. */
export async function runTask(
  session: Session,
  task: Omit<Task, 'inputs'> & { readonly inputs: readonly TaskInput[] },
  open: (outcome: RunOutcome) => Promise<ContentSink>,
  options: RunOptions = {},
): Promise<RunOutcome> {
  const { signal, onProgress } = options
  const inputs = await addressInputs(task.inputs, options)
  const addressedTask = { ...task, inputs: inputs.map(({ ref }) => ref) }
  // Refused here rather than after an upload.
  kindOf(task.kind, task.version).assertJob(addressedTask)
  taskBody(session, addressedTask, options)
  await openAccount(session.http, session.signer, signingContext(session.info), signal)
  for (const [index, source] of task.inputs.entries()) {
    const addressed = inputs[index]
    if (addressed === undefined || !('readPart' in source)) continue
    const onPart = (done: number, total: number) => onProgress?.('upload', done, total)
    await upload(session.http, source, addressed, { signal, onPart })
  }
  const admission = await submitTask(session, addressedTask, options)
  const follower = followerOf(session, admission.id, addressedTask, options)
  try {
    await followJob(session, admission, options, follower)
  } catch (error) {
    if (signal?.aborted === true || error instanceof ProgressRefusedError)
      await cancelJob(session, admission.id, AbortSignal.timeout(CANCEL_TIMEOUT_MS)).catch(() => undefined)
    throw error
  }
  const outcome = await verifiedOutcome(session, admission.id, signal)
  const onPart = (done: number, total: number) => onProgress?.('download', done, total)
  const sink = await open(outcome)
  const parts = new Map<number, Uint8Array>()
  const checked: ContentSink = {
    async writePart(index, bytes) {
      if (follower !== undefined) parts.set(index, bytes.slice())
      await sink.writePart(index, bytes)
    },
  }
  await download(session.http, outcome.result, checked, { leaves: resultLeaves(outcome.certificate), signal, onPart })
  const contradictions = follower?.contradictions((index) => parts.get(index) ?? new Uint8Array(0)) ?? []
  if (contradictions.length > 0) throw new StreamContradictedError(outcome, contradictions)
  return outcome
}

/** Listens to what nodes claim, where somebody wants to hear it and the kind has something to say. */
function followerOf({ info }: Session, id: Digest, task: Task, { onPartial }: RunOptions): Follower | undefined {
  if (onPartial === undefined || kindOf(task.kind, task.version).progress === undefined) return undefined
  const authority = { network: info.network, coordinator: info.genesis.coordinator }
  return new Follower({ id, task, authority, onPartial })
}

/** What is to be signed for `task`. Throws {@link OverBudgetError} when the list price is more than the ceiling. */
export function taskBody({ http }: Pick<Session, 'http'>, task: Task, options: RunOptions): JobBody {
  const replication = options.replication ?? DEFAULT_REPLICATION
  const price = listPrice(task, replication)
  const maxPrice = options.maxPrice ?? price
  if (price > maxPrice) throw new OverBudgetError(price, maxPrice)
  const { kind, version, params, inputs } = task
  const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS
  const nonce = toHex(http.random.bytes(DIGEST_BYTES)) as Digest
  return { kind, version, params, inputs, replication, maxPrice: maxPrice.toString(), deadlineMs, nonce }
}

/** Signs and submits `task`. Its inputs must be uploaded and its account open. */
export async function submitTask(session: Session, task: Task, options: RunOptions = {}): Promise<Admission> {
  const { http, signer, info } = session
  // The latest checkpoint is signed along, and whoever answers now must still be the network that was pinned.
  const context = signingContext(await fetchNetwork(http, { expected: info.network, signal: options.signal }))
  const job = await signMessage(signer, JOB_TYPE, context, taskBody(session, task, options))
  const path = '/api/v1/jobs'
  const admission = await http.json(path, admissionSchema, { method: 'POST', body: job, signal: options.signal })
  if (admission.id !== jobId(job)) throw new AnswerError(path, `is about job ${admission.id}, not ${jobId(job)}`)
  return admission
}

/** Ends a job; what is not done is refunded. */
export async function cancelJob({ http, signer, info }: Session, id: Digest, signal?: AbortSignal): Promise<void> {
  const body = await signMessage(signer, 'cancel', signingContext(info), { job: id })
  await http.bytes(`/api/v1/jobs/${id}`, 65_536, { method: 'DELETE', body, signal })
}

async function addressInputs(sources: readonly TaskInput[], options: RunOptions): Promise<Addressed[]> {
  const inputs: Addressed[] = []
  for (const source of sources) {
    inputs.push(
      'readPart' in source ? await addressOf(source, { signal: options.signal }) : { ref: source, leaves: [] },
    )
    options.onProgress?.('digest', inputs.length, sources.length)
  }
  return inputs
}

function listPrice(task: Task, replication: number): bigint {
  const kind = kindOf(task.kind, task.version)
  const operations = kind.split(task).reduce((sum, unit) => sum + kind.operations(unit), 0n)
  return priceAtto(operations, replication)
}

async function followJob(
  { http, signer, info }: Session,
  admission: Admission,
  { signal, onProgress }: RunOptions,
  follower: Follower | undefined,
): Promise<void> {
  onProgress?.('compute', 0, admission.units)
  const request = { job: admission.id }
  const follow = follower === undefined ? undefined : await signMessage(signer, 'follow', signingContext(info), request)
  for await (const event of jobEvents(http, admission.id, { signal, follow })) {
    if (event.event === 'progress') follower?.take(event)
    if (event.event === 'unit') onProgress?.('compute', event.done, event.total)
    if (event.event === 'failed') throw new JobFailedError(event.error)
  }
}

/** Fetches the certificate of a finished job and checks it. */
async function verifiedOutcome({ http, info }: Session, id: Digest, signal?: AbortSignal): Promise<RunOutcome> {
  const path = `/api/v1/jobs/${id}/certificate`
  const certificateBytes = await http.bytes(path, MAX_JOB_CERTIFICATE_BYTES, { signal })
  const options = { network: info.network, http, signal }
  const { verdict, certificate, pendingDraws, evidence } = await verifyCertificate(certificateBytes, options)
  if (!verdict.ok)
    throw new CertificateRefusedError(verdict.check, verdict.reason, {
      certificate: certificateBytes,
      document: evidence,
    })
  if (certificate === undefined || jobId(certificate.job) !== id) throw new AnswerError(path, 'is of another job')
  const status = await http.json(`/api/v1/jobs/${id}`, jobStatusSchema, { signal })
  const paid = paidFor(certificate)
  const { result } = certificate
  return { job: id, result, certificateBytes, certificate, checks: verdict.checks, pendingDraws, status, paid }
}

/** What the requester paid: the units that were computed for this job. */
function paidFor({ units, repeated }: JobCertificate): bigint {
  const isRepeated = new Set(repeated.map(({ unit }) => unit))
  return units.reduce((sum, { body }, at) => (isRepeated.has(at) ? sum : sum + BigInt(body.price)), 0n)
}

/** The list price is more than the requester allows. */
export class OverBudgetError extends AppError {
  override readonly name = 'sdk.OverBudget'
  constructor(price: bigint, maxPrice: bigint) {
    super(
      'input',
      `The job costs ${formatCredits(price, 18)} credits, more than the ${formatCredits(maxPrice, 18)} allowed.`,
    )
  }
}

/** The job failed; it was refunded. */
export class JobFailedError extends AppError {
  override readonly name = 'sdk.JobFailed'
  constructor(reason: string) {
    super('unavailable', `The job failed and what was not done is refunded: ${reason}`)
  }
}

/** What is left of a certificate that does not hold: its bytes, and a document that convicts the coordinator where there is one. */
export type CertificateEvidence = {
  readonly certificate: Uint8Array<ArrayBuffer>
  readonly document: Uint8Array<ArrayBuffer> | undefined
}

/** The coordinator's certificate does not hold: its result is not used. `evidence` is what can be kept and shown to others. */
export class CertificateRefusedError extends AppError {
  override readonly name = 'sdk.CertificateRefused'
  readonly evidence: CertificateEvidence
  constructor(check: string, reason: string, evidence: CertificateEvidence) {
    super('hostile', `The job's certificate fails the check "${check}": ${reason}`)
    this.evidence = evidence
  }
}
