// Texts for requesters who sign nothing themselves: an API key stands for an account whose key the coordinator derives from it, and jobs
// are signed in its name. Who holds the key trusts this coordinator with the account; certificates are as good as any.
import { utf8 } from '#core/bytes.ts'
import { type ContentRef, CHUNK_BYTES, contentBytes, partCount, partSpan } from '#core/content.ts'
import { toHex } from '#core/bytes.ts'
import { DIGEST_BYTES, type Digest, domain, sha256 } from '#core/digest.ts'
import { type Signer, signerFromSecret } from '#core/ed25519.ts'
import { AppError, RemoteError } from '#core/errors.ts'
import { leafDigest } from '#core/merkle.ts'
import { signMessage } from '#core/signed.ts'
import type { Sampling } from '#tensor/exact/sampler.ts'
import { type ChatMessage, type TextModel, openTextModel } from '#model/text-model.ts'
import { type ClaimedProgress, ShownProgress } from '#verify/progress.ts'
import { JOB_TYPE, type JobBody } from '#work/job.ts'
import { type GeneratedText, parseResult } from '#work/kinds/generate/result.ts'
import { generateParams, generationOf, tokenBytes, tokensIn } from '#work/kinds/generate/task.ts'
import { ACCOUNT_TYPE, openAccount } from './accounts.ts'
import { admit, quote } from './admission.ts'
import type { JobEvent, ProgressEvent } from './events.ts'
import { type Grid, signingContext } from './grid.ts'
import { cancelJob } from './job-end.ts'
import { CANCEL_TYPE } from './job-request.ts'
import type { ListedModel } from './models.ts'
import { completeContent, insertContent } from './store/contents.ts'
import { readJob } from './store/jobs.ts'

/** Time a text may take; whoever waits longer has gone. */
const DEADLINE_MS = 600_000

/** Tokens written when a request names no limit, if the context has room. */
const DEFAULT_TOKENS = 256

/** Models whose tokenizers are kept in memory. */
const MAX_TEXT_MODELS = 8

/** A chat to be answered. */
export type CompletionRequest = {
  readonly model: ListedModel
  readonly messages: readonly ChatMessage[]
  readonly maxTokens: number | undefined
  readonly sampling: Partial<Sampling>
  readonly stop: readonly string[]
}

/** A chat whose job has been admitted. */
export type Writing = {
  readonly job: Digest
  readonly promptTokens: number
  readonly tokenizer: TextModel['tokenizer']
  /**
   * Its certified text. `onTokens` hears what a node claims of it meanwhile. An abort cancels the job and refunds it.
   * Throws {@link StreamContradictedError} when the text does not begin with what was claimed.
   */
  finish(signal: AbortSignal, onTokens?: TokenListener): Promise<GeneratedText>
}

/** Told the tokens that a node says come next. */
export type TokenListener = (tokens: readonly number[]) => void

/** The account of an API key: its Ed25519 secret is the key's digest on this network. */
export function accountOfKey(network: Digest, apiKey: string): Signer {
  return signerFromSecret(sha256(utf8(`${domain('api-key')}\0${network}\0${apiKey}`)))
}

/** Answers chats through the grid. */
export class Completions {
  readonly #grid: Grid
  readonly #wake: () => void
  readonly #models = new Map<Digest, Promise<TextModel>>()

  constructor(grid: Grid, wake: () => void) {
    this.#grid = grid
    this.#wake = wake
  }

  /** Admits the job of `request` for `account`, opening the account first. */
  async begin(account: Signer, request: CompletionRequest): Promise<Writing> {
    const grid = this.#grid
    const model: ContentRef = { id: request.model.id, layout: { form: 'blob', sizeBytes: request.model.sizeBytes } }
    const text = await this.#open(model)
    const tokens = text.chatTokens(request.messages)
    const maxTokens = roomFor(request, tokens.length, text.shape.maxPositions)
    const context = signingContext(grid)
    const nonce = () => toHex(grid.random.bytes(DIGEST_BYTES)) as Digest
    await openAccount(grid, await signMessage(account, ACCOUNT_TYPE, context, { nonce: nonce() }))
    const task = {
      kind: 'generate',
      version: 2,
      params: generateParams(text.shape, maxTokens, request.sampling, request.stop),
      inputs: [model, await this.#keep(tokenBytes(tokens))],
    }
    const body: JobBody = { ...task, replication: 2, maxPrice: '0', deadlineMs: DEADLINE_MS, nonce: nonce() }
    const maxPrice = quote(body).price.toString()
    const { id } = await admit(grid, await signMessage(account, JOB_TYPE, context, { ...body, maxPrice }))
    this.#wake()
    const finish = async (signal: AbortSignal, onTokens?: TokenListener): Promise<GeneratedText> => {
      const shown: number[] = []
      const hear =
        onTokens &&
        tokenReader((added) => {
          shown.push(...added)
          onTokens(added)
        })
      const result = await this.#finished(id, account, signal, hear)
      const bytes = await grid.blobs.source(result).read(0, contentBytes(result.layout))
      const generated = parseResult(generationOf(task), bytes)
      if (shown.some((token, i) => token !== generated.tokens[i])) throw new StreamContradictedError(id)
      return generated
    }
    return { job: id, promptTokens: tokens.length, tokenizer: text.tokenizer, finish }
  }

  #open(model: ContentRef): Promise<TextModel> {
    const known = this.#models.get(model.id) ?? openTextModel(this.#grid.blobs.source(model))
    this.#models.delete(model.id)
    this.#models.set(model.id, known)
    known.catch(() => this.#models.delete(model.id))
    const [oldest] = this.#models.keys()
    if (oldest !== undefined && this.#models.size > MAX_TEXT_MODELS) this.#models.delete(oldest)
    return known
  }

  /** Keeps a prompt as a content of this coordinator. */
  async #keep(bytes: Uint8Array<ArrayBuffer>): Promise<ContentRef> {
    const { blobs, store, clock } = this.#grid
    const layout = { form: 'blob', sizeBytes: bytes.length } as const
    const parts = Array.from({ length: partCount(layout) }, (_, index) => {
      const { offset, length } = partSpan(layout, index)
      return bytes.subarray(offset, offset + length)
    })
    const { id } = await blobs.announce(
      layout,
      parts.map((part) => leafDigest(part)),
    )
    await insertContent(store.db, id, Math.max(CHUNK_BYTES, bytes.length), clock.nowMs())
    for (const [index, part] of parts.entries()) await blobs.put(id, index, part)
    await completeContent(store.db, id, clock.nowMs())
    return { id, layout }
  }

  async #finished(
    id: Digest,
    account: Signer,
    signal: AbortSignal,
    hear?: (claimed: ClaimedProgress) => void,
  ): Promise<ContentRef> {
    const { events, store } = this.#grid
    const onAbort = () => void this.#cancel(id, account).catch(this.#grid.report)
    const ended = Promise.withResolvers<void>()
    const onEvent = ({ event, data }: JobEvent | ProgressEvent) => {
      if (event === 'progress') hear?.(data)
      if (event === 'done' || event === 'failed') ended.resolve()
    }
    const unsubscribe = hear === undefined ? events.subscribe(id, onEvent) : events.follow(id, onEvent)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      if (signal.aborted) onAbort()
      const present = await readJob(store.db, id)
      if (present?.state === 'running') await ended.promise
      const job = await readJob(store.db, id)
      signal.throwIfAborted()
      if (job?.result != null) return job.result
      throw job?.error == null ? new UnfinishedError(id) : new RemoteError(job.error)
    } finally {
      signal.removeEventListener('abort', onAbort)
      unsubscribe()
    }
  }

  async #cancel(id: Digest, account: Signer): Promise<void> {
    await cancelJob(this.#grid, await signMessage(account, CANCEL_TYPE, signingContext(this.#grid), { job: id }))
    this.#wake()
  }
}

/** Tokens to write at most. Throws {@link ContextError} when there is no room for them. */
function roomFor({ maxTokens }: CompletionRequest, promptTokens: number, maxPositions: number): number {
  const room = maxPositions - promptTokens + 1
  if (room < 1) throw new ContextError(promptTokens, maxPositions)
  if (maxTokens !== undefined && maxTokens > room) throw new ContextError(promptTokens + maxTokens - 1, maxPositions)
  return maxTokens ?? Math.min(DEFAULT_TOKENS, room)
}

/** Hears claims and tells the tokens that are new in them. */
function tokenReader(onTokens: TokenListener): (claimed: ClaimedProgress) => void {
  const shown = new ShownProgress()
  let count = 0
  return ({ bytes }) => {
    if (shown.extend(bytes).length === 0) return
    const tokens = tokensIn(shown.bytes)
    onTokens(tokens.slice(count))
    count = tokens.length
  }
}

/** Prompt and text do not fit in a model's context. */
export class ContextError extends AppError {
  override readonly name = 'coordinator.Context'
  constructor(positions: number, maxPositions: number) {
    super('input', `This takes ${positions} positions, and the model's context has ${maxPositions}.`)
  }
}

/** A node streamed something else than what was certified. */
export class StreamContradictedError extends AppError {
  override readonly name = 'coordinator.StreamContradicted'
  constructor(id: string) {
    super(
      'hostile',
      `What a node streamed is not how the certified text begins: use the result of the job ${id}, not the stream.`,
    )
  }
}

/** A job ended without a result or a reason. */
export class UnfinishedError extends AppError {
  override readonly name = 'coordinator.Unfinished'
  constructor(id: string) {
    super('bug', `The job ${id} ended without a result.`)
  }
}
