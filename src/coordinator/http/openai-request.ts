// Requests of OpenAI's chat API as they come: what can be served is understood, what cannot is refused by name instead of ignored.
import * as v from 'valibot'
import { AppError } from '#core/errors.ts'
import type { Sampling } from '#tensor/exact/sampler.ts'
import type { ChatMessage } from '#model/text-model.ts'
import { MAX_STOPS, MAX_STOP_LENGTH } from '#model/text-stream.ts'

/** A chat request in our terms. Without a temperature the likeliest token is taken each time: the same answer every time. */
export type ChatRequest = {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly maxTokens: number | undefined
  readonly sampling: Partial<Sampling>
  readonly stop: readonly string[]
  readonly isStreamed: boolean
  readonly hasUsage: boolean
}

const MAX_MESSAGES = 1024

const textPart = v.object({ type: v.literal('text'), text: v.string() })
const contentSchema = v.pipe(
  v.union([v.string(), v.array(textPart)]),
  v.transform((content) => (typeof content === 'string' ? content : content.map(({ text }) => text).join(''))),
)
const number = (min: number, max: number) => v.nullish(v.pipe(v.number(), v.minValue(min), v.maxValue(max)))
const integer = (min: number, max: number) =>
  v.nullish(v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max)))
const stopText = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_STOP_LENGTH))
const requestSchema = v.looseObject({
  model: v.string(),
  messages: v.pipe(
    v.array(v.object({ role: v.string(), content: contentSchema })),
    v.minLength(1),
    v.maxLength(MAX_MESSAGES),
  ),
  max_tokens: integer(1, 65_536),
  max_completion_tokens: integer(1, 65_536),
  temperature: number(0, 2),
  top_p: number(0, 1),
  seed: integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  stop: v.nullish(v.union([stopText, v.pipe(v.array(stopText), v.maxLength(MAX_STOPS))])),
  presence_penalty: number(-2, 2),
  frequency_penalty: number(-2, 2),
  n: integer(1, 1),
  stream: v.nullish(v.boolean()),
  stream_options: v.nullish(v.object({ include_usage: v.nullish(v.boolean()) })),
})

/** Fields that change an answer and that nothing here can honour. */
const UNSUPPORTED = [
  'tools',
  'tool_choice',
  'functions',
  'function_call',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'audio',
] as const

/** Reads a request body. Throws {@link ChatRequestError} naming the first parameter that is wrong or not supported. */
export function parseChatRequest(body: unknown): ChatRequest {
  const parsed = v.safeParse(requestSchema, body, { abortEarly: true })
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw new ChatRequestError(v.getDotPath(issue), issue.message)
  }
  const request = parsed.output
  const unsupported = UNSUPPORTED.find((name) => request[name] != null && request[name] !== false)
  if (unsupported !== undefined) throw new ChatRequestError(unsupported, 'this is not supported here')
  const format = v.safeParse(v.object({ type: v.string() }), request['response_format'])
  if (format.success && format.output.type !== 'text')
    throw new ChatRequestError('response_format', 'only text is supported here')
  return {
    model: request.model,
    messages: request.messages,
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
    sampling: samplingOf(request),
    stop: [request.stop ?? []].flat(),
    isStreamed: request.stream === true,
    hasUsage: request.stream_options?.include_usage === true,
  }
}

function samplingOf(request: v.InferOutput<typeof requestSchema>): Partial<Sampling> {
  const presence = Math.round((request.presence_penalty ?? 0) * 1000)
  const frequency = Math.round((request.frequency_penalty ?? 0) * 1000)
  const penalties = { presence, frequency }
  const temperature = Math.round((request.temperature ?? 0) * 1000)
  if (temperature === 0) return penalties
  const topP = Math.max(1, Math.round((request.top_p ?? 1) * 1e6))
  const seed = request.seed == null ? {} : { seed: BigInt.asUintN(64, BigInt(request.seed)) }
  return { ...penalties, temperature, topP, ...seed }
}

/** A parameter of a chat request is wrong or cannot be honoured. */
export class ChatRequestError extends AppError {
  override readonly name = 'coordinator.ChatRequest'
  readonly param: string | null
  constructor(param: string | null, problem: string) {
    super('input', `${param === null ? 'The request' : `The parameter "${param}"`} is wrong: ${problem}.`)
    this.param = param
  }
}
