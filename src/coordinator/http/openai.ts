// The part of OpenAI's API that chats need, for clients that know no other: models and chat completions, streamed or whole. A stream
// is what a node claims as it writes; its last chunk, like a whole answer, comes with the certificate's address once that exists.
import { type Context as HonoContext, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Digest } from '#core/digest.ts'
import { randomInt } from '#core/random.ts'
import { AppError, toErrorRecord } from '#core/errors.ts'
import { Completions, type Writing, accountOfKey } from '#coordinator/completions.ts'
import type { Grid } from '#coordinator/grid.ts'
import { type ListedModel, registeredModels } from '#coordinator/models.ts'
import { readAccount } from '#coordinator/store/accounts.ts'
import { TextStream, textOf } from '#model/text-stream.ts'
import type { GeneratedText } from '#work/kinds/generate/result.ts'
import { BadJsonError, MAX_JSON_BYTES, readBytes } from './body.ts'
import type { HttpParts } from './context.ts'
import { ChatRequestError, type ChatRequest, parseChatRequest } from './openai-request.ts'
import { remoteAddress } from './remote-address.ts'

/** A key is a secret that its holder makes up: long enough that nobody else makes up the same. */
export const MIN_KEY_LENGTH = 20
const MAX_KEY_LENGTH = 200

/** A comment is sent this often while a text is written. */
const SSE_HEARTBEAT_MS = 10_000

/** `/v1`. */
export function openAiRoutes(parts: HttpParts): Hono {
  const { grid, writes } = parts
  const completions = new Completions(grid, parts.wake)
  const app = new Hono()
  app.onError((error, c) => errorAnswer(c, error, grid.report))
  app.get('/models', async (c) => c.json({ object: 'list', data: (await registeredModels(grid)).map(modelJson) }))
  app.get('/models/:id', async (c) => c.json(modelJson(await findModel(parts, c.req.param('id')))))
  app.post('/chat/completions', async (c) => {
    writes.take(remoteAddress(c))
    const account = accountOfKey(grid.network, keyOf(c))
    const request = parseChatRequest(await readBody(c))
    const model = await findModel(parts, request.model)
    // The first request of a key opens an account, which is granted credits.
    if ((await readAccount(grid.store.db, account.publicKey)).granted === 0n) parts.newAccounts.take(remoteAddress(c))
    const own = { ...request, model, sampling: withSeed(parts, request) }
    const writing = await completions.begin(account, own)
    c.header('x-commonwatt-certificate', certificatePath(writing.job))
    const answering = { ...request, model, writing }
    return request.isStreamed ? streamed(c, parts, answering) : whole(c, parts, answering)
  })
  app.all('/*', (c) => errorAnswer(c, new UnknownRouteError(c.req.method, c.req.path), grid.report))
  return app
}

type Answering = Pick<ChatRequest, 'stop' | 'hasUsage'> & { readonly model: ListedModel; readonly writing: Writing }

/** With a temperature and without a seed one is drawn, as every such request expects. */
function withSeed({ grid }: HttpParts, { sampling }: ChatRequest): ChatRequest['sampling'] {
  if (sampling.temperature === undefined || sampling.seed !== undefined) return sampling
  return { ...sampling, seed: BigInt(randomInt(grid.random, 2 ** 32)) }
}

async function whole(c: HonoContext, { grid }: HttpParts, request: Answering): Promise<Response> {
  const { writing, stop } = request
  const generated = await writing.finish(c.req.raw.signal)
  return c.json({
    ...headOf(request, grid),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: textOf(writing.tokenizer, generated.tokens, stop), refusal: null },
        logprobs: null,
        finish_reason: finishReason(generated),
      },
    ],
    usage: usageOf(writing, generated),
    commonwatt: certifiedBy(writing),
  })
}

/** Deltas come as a node claims them; the last chunk with a choice says that they have been certified, and where. */
function streamed(c: HonoContext, { grid }: HttpParts, request: Answering): Response {
  const { writing, stop, hasUsage } = request
  const head = { ...headOf(request, grid), object: 'chat.completion.chunk' }
  return streamSSE(c, async (stream) => {
    const gone = new AbortController()
    stream.onAbort(() => gone.abort())
    const stopHeartbeat = beatHeart(grid, () => void stream.write(': writing\n\n').catch(() => undefined))
    let said: Promise<unknown> = Promise.resolve()
    const say = (data: object): void => {
      said = said.then(() => stream.writeSSE({ data: JSON.stringify(data) }))
    }
    const sayChoice = (delta: object, finish: string | null, commonwatt: object) =>
      say({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], commonwatt })
    const claimed = { job: writing.job, isVerified: false }
    const text = new TextStream(writing.tokenizer, stop)
    const sayText = (content: string): void => {
      if (content !== '') sayChoice({ content }, null, claimed)
    }
    let count = 0
    const sayTokens = (tokens: readonly number[]) => {
      for (const token of tokens) sayText(text.push(token))
      count += tokens.length
    }
    try {
      sayChoice({ role: 'assistant', content: '', refusal: null }, null, claimed)
      const generated = await writing.finish(gone.signal, sayTokens)
      sayTokens(generated.tokens.slice(count))
      sayText(text.end())
      sayChoice({}, finishReason(generated), certifiedBy(writing))
      if (hasUsage) say({ ...head, choices: [], usage: usageOf(writing, generated) })
    } catch (error) {
      if (gone.signal.aborted) return
      say({ error: errorBody(error, grid.report).error })
    } finally {
      stopHeartbeat()
    }
    await said
    await stream.writeSSE({ data: '[DONE]' })
  })
}

function headOf({ writing, model }: Answering, { clock }: Grid) {
  return {
    id: `chatcmpl-${writing.job}`,
    created: Math.floor(clock.nowMs() / 1000),
    model: model.name,
    system_fingerprint: model.id,
  }
}

function finishReason({ finishReason }: GeneratedText): 'stop' | 'length' {
  return finishReason === 'length' ? 'length' : 'stop'
}

function usageOf({ promptTokens }: Writing, { tokens }: GeneratedText) {
  const { length } = tokens
  return { prompt_tokens: promptTokens, completion_tokens: length, total_tokens: promptTokens + length }
}

function certifiedBy({ job }: Writing) {
  return { job, isVerified: true, certificate: certificatePath(job) }
}

function certificatePath(job: Digest): string {
  return `/api/v1/jobs/${job}/certificate`
}

function modelJson({ id, name, registeredMs }: ListedModel) {
  return { id: name, object: 'model', created: Math.floor(registeredMs / 1000), owned_by: 'commonwatt', content: id }
}

async function findModel({ grid }: HttpParts, name: string): Promise<ListedModel> {
  const models = await registeredModels(grid)
  const model = models.find((each) => each.id === name) ?? models.find((each) => each.name === name)
  if (model === undefined) throw new ModelNotFoundError(name)
  return model
}

function keyOf(c: HonoContext): string {
  const key = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1] ?? ''
  if (key.length < MIN_KEY_LENGTH || key.length > MAX_KEY_LENGTH) throw new ApiKeyError()
  return key
}

async function readBody(c: HonoContext): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await readBytes(c, MAX_JSON_BYTES)))
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new BadJsonError('request')
  }
}

function beatHeart({ clock }: Grid, say: () => void): () => void {
  let cancel = () => {}
  const arm = () => {
    cancel = clock.after(SSE_HEARTBEAT_MS, () => {
      say()
      arm()
    })
  }
  arm()
  return () => cancel()
}

const CODES: Readonly<
  Record<string, { status: 400 | 401 | 402 | 404 | 413 | 429 | 503; code: string; type?: string }>
> = {
  'coordinator.ApiKey': { status: 401, code: 'invalid_api_key' },
  'coordinator.ModelNotFound': { status: 404, code: 'model_not_found' },
  'coordinator.UnknownRoute': { status: 404, code: 'unknown_url' },
  'coordinator.Context': { status: 400, code: 'context_length_exceeded' },
  'coordinator.CannotPay': { status: 402, code: 'insufficient_quota', type: 'insufficient_quota' },
  'coordinator.StreamContradicted': { status: 503, code: 'stream_contradicted', type: 'server_error' },
  'coordinator.RateLimited': { status: 429, code: 'rate_limit_exceeded', type: 'rate_limit_error' },
  'coordinator.BodyTooLarge': { status: 413, code: 'request_too_large' },
}

function errorAnswer(c: HonoContext, error: unknown, report: (error: unknown) => void): Response {
  const { status, error: body } = errorBody(error, report)
  return c.json({ error: body }, status)
}

/** An error in OpenAI's shape; a bug's message stays here. */
function errorBody(error: unknown, report: (error: unknown) => void) {
  const { name, kind, message } = toErrorRecord(error)
  const param = error instanceof ChatRequestError ? error.param : null
  const known = CODES[name]
  if (known !== undefined) {
    const { status, code, type = 'invalid_request_error' } = known
    return { status, error: { message, type, param, code } } as const
  }
  if (kind === 'bug') {
    report(error)
    const own = 'Something went wrong here; the operator finds it in the log.'
    return { status: 500, error: { message: own, type: 'server_error', param, code: null } } as const
  }
  if (kind === 'unavailable')
    return { status: 503, error: { message, type: 'server_error', param, code: 'unavailable' } } as const
  return { status: 400, error: { message, type: 'invalid_request_error', param, code: null } } as const
}

/** A request has no usable key. */
export class ApiKeyError extends AppError {
  override readonly name = 'coordinator.ApiKey'
  constructor() {
    super(
      'input',
      `Send an API key of your own making, ${MIN_KEY_LENGTH} to ${MAX_KEY_LENGTH} characters long, as a bearer token.`,
    )
  }
}

/** No model is called that. */
export class ModelNotFoundError extends AppError {
  override readonly name = 'coordinator.ModelNotFound'
  constructor(name: string) {
    super('input', `The model "${name.slice(0, 200)}" does not exist here; GET /v1/models lists those that do.`)
  }
}

/** OpenAI's API has more routes than are served. */
export class UnknownRouteError extends AppError {
  override readonly name = 'coordinator.UnknownRoute'
  constructor(method: string, path: string) {
    super('input', `There is no route ${method} ${path.slice(0, 100)}.`)
  }
}
