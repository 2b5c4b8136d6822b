// The requester's client: connects to one coordinator of one network, runs jobs and believes a result only after its certificate and
// every one of its parts have been checked. Runs in pages and in Node.
import { type Clock, systemClock } from '#core/clock.ts'
import type { ByteSource } from '#core/byte-source.ts'
import type { ContentRef } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { type PublicKey, type Signer, signerFromSecret } from '#core/ed25519.ts'
import { type Random, systemRandom } from '#core/random.ts'
import { type Account, fetchAccount, openAccount } from './account.ts'
import { remoteSource } from './download.ts'
import { type Fetcher, Http } from './http.ts'
import {
  type Admission,
  type JobEvent,
  type JobStatus,
  type Quote,
  jobEvents,
  jobStatusSchema,
  quoteSchema,
} from './jobs.ts'
import { type AddModelOptions, type RegisteredModel, addModel, listModels, removeModel } from './models.ts'
import { checkLogContinues } from './log-check.ts'
import { FIRST_TRIES, type NetworkInfo, fetchNetwork, signingContext } from './network.ts'
import { type ContentSink, type ContentSource, type Matrix, matrixSink, matrixSource } from './parts.ts'
import { type RunOptions, type Session, type TaskInput, cancelJob, runTask, submitTask, taskBody } from './run.ts'
import type { RunOutcome, Task } from './task.ts'
import { type Verification, type VerifyOptions, verifyCertificate } from './verify.ts'
import { type FaultVerification, type VerifyFaultOptions, verifyFault } from './verify-fault.ts'

/** How to connect. */
export type ConnectOptions = {
  /** Signs and pays for jobs; a fresh key with the starter grant when omitted. */
  readonly account?: Signer | undefined
  /** The network that must answer, where it is known from an earlier contact. */
  readonly network?: Digest | undefined
  /** The checkpoint's note (`network.note`) of an earlier contact: the log that answers now must continue it. */
  readonly checkpoint?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly fetch?: Fetcher | undefined
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
}

/** A verified product: the matrix, and the outcome with its certificate. */
export type MatmulOutcome = Omit<RunOutcome, 'result'> & { readonly result: Matrix }

/** A connection to one coordinator of one network. */
export type Client = {
  readonly url: string
  readonly network: NetworkInfo
  readonly account: PublicKey
  /** C = A · B: int8 matrices give the exact int32 product, float32 ones a product within bounds. */
  matmul(a: Matrix | ContentSource, b: Matrix | ContentSource, options?: RunOptions): Promise<MatmulOutcome>
  /** Any job; the sink that `open` gives receives the verified result, part by part. */
  run(
    task: Omit<Task, 'inputs'> & { readonly inputs: readonly TaskInput[] },
    open: (outcome: RunOutcome) => Promise<ContentSink>,
    options?: RunOptions,
  ): Promise<RunOutcome>
  /** Language models that are registered. */
  models(signal?: AbortSignal): Promise<readonly RegisteredModel[]>
  /** Uploads a model file and registers it. */
  addModel(source: ContentSource, options?: AddModelOptions): Promise<RegisteredModel>
  /** Takes a model that this account registered off the list. */
  removeModel(id: Digest, signal?: AbortSignal): Promise<void>
  /** A blob of the coordinator's, fetched and checked part by part as it is read. */
  open(content: ContentRef, signal?: AbortSignal): Promise<ByteSource>
  /** What a task would cost. Nothing is uploaded. */
  quote(task: Task, options?: RunOptions): Promise<Quote>
  /** Signs and submits a task whose inputs the coordinator has. */
  submit(task: Task, options?: RunOptions): Promise<Admission>
  job(id: Digest, signal?: AbortSignal): Promise<JobStatus>
  /** What happens to a job, until it is done or has failed. */
  events(id: Digest, signal?: AbortSignal): AsyncGenerator<JobEvent>
  /** Ends a job; what is not done is refunded. */
  cancel(id: Digest, signal?: AbortSignal): Promise<void>
  /** Opens the account with the starter grant; one that is open already stays as it is. */
  openAccount(signal?: AbortSignal): Promise<Account>
  accountOf(key: PublicKey, signal?: AbortSignal): Promise<Account>
  /** Checks a certificate, which must be of this network. */
  verify(certificate: Uint8Array<ArrayBuffer>, options?: VerifyOptions): Promise<Verification>
  /** Checks a fault proof, which must be of this network. */
  verifyFault(proof: Uint8Array<ArrayBuffer>, options?: VerifyFaultOptions): Promise<FaultVerification>
}

/** Connects to the coordinator at `url`, e.g. http://localhost:4747, and pins its network for the client's life. */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Client> {
  const {
    fetch = (url, init) => globalThis.fetch(url, init),
    clock = systemClock,
    random = systemRandom,
    signal,
  } = options
  const http = new Http(url, { fetch, clock, random })
  const info = await fetchNetwork(http, { expected: options.network, tries: FIRST_TRIES, signal })
  if (options.checkpoint !== undefined) await checkLogContinues(http, info, options.checkpoint)
  const signer = options.account ?? signerFromSecret(random.bytes(32))
  return clientOf({ http, signer, info })
}

function clientOf(session: Session): Client {
  const { http, signer, info } = session
  return {
    url: http.url,
    network: info,
    account: signer.publicKey,
    matmul: (a, b, options) => multiply(session, a, b, options),
    run: (task, open, options) => runTask(session, task, open, options),
    models: (signal) => listModels(http, signal),
    addModel: (source, options) => addModel(session, source, options),
    removeModel: (id, signal) => removeModel(session, id, signal),
    open: (content, signal) => remoteSource(http, content, signal),
    quote: (task, options = {}) =>
      http.json('/api/v1/quote', quoteSchema, {
        method: 'POST',
        body: taskBody(session, task, options),
        signal: options.signal,
      }),
    submit: (task, options) => submitTask(session, task, options),
    job: (id, signal) => http.json(`/api/v1/jobs/${id}`, jobStatusSchema, { signal }),
    events: (id, signal) => publicEvents(http, id, signal),
    cancel: (id, signal) => cancelJob(session, id, signal),
    openAccount: (signal) => openAccount(http, signer, signingContext(info), signal),
    accountOf: (key, signal) => fetchAccount(http, key, signal),
    verifyFault: (proof, options) =>
      verifyFault(proof, { network: info.network, coordinator: info.genesis.coordinator, http, ...options }),
    verify: (certificate, options) => verifyCertificate(certificate, { network: info.network, http, ...options }),
  }
}

/** What anybody may hear of a job. */
async function* publicEvents(http: Http, id: Digest, signal?: AbortSignal): AsyncGenerator<JobEvent> {
  for await (const event of jobEvents(http, id, { signal })) if (event.event !== 'progress') yield event
}

async function multiply(
  session: Session,
  a: Matrix | ContentSource,
  b: Matrix | ContentSource,
  options?: RunOptions,
): Promise<MatmulOutcome> {
  const inputs = [a, b].map((input) => ('readPart' in input ? input : matrixSource(input)))
  const task = { kind: 'matmul', version: 1, params: {}, inputs }
  let result: Matrix | undefined
  const outcome = await runTask(
    session,
    task,
    async ({ result: { layout } }) => {
      const { matrix, sink } = matrixSink(layout)
      result = matrix
      return sink
    },
    options,
  )
  if (result === undefined) throw new RangeError('The run ended without a result.')
  return { ...outcome, result }
}
