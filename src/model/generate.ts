// Generation: a prompt in, tokens out one by one. The prompt is prefilled in chunks; a cache that already holds a prefix of it is reused.
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { GREEDY, type SampleRequest, type Sampling } from '#tensor/exact/sampler.ts'
import type { ModelShape } from '#tensor/exact/weights.ts'
import type { DeviceModel, KvCache, SequenceRows, StepOutput } from '#tensor/language-backend.ts'
import { PREFILL_ROWS } from '#tensor/memory-plan.ts'
import { positionDigest } from './digest.ts'
import { type Wanted, forward } from './transformer.ts'

/** Positions by which the capacity of caches grows. */
const CACHE_STEP = 256

/** What to generate from. */
export type GenerateRequest = {
  readonly prompt: readonly number[]
  readonly maxTokens: number
  readonly endTokens: ReadonlySet<number>
  readonly sampling?: Sampling
  /** Called after each token; returning true stops: it completed a stop string. */
  readonly onToken?: (token: number) => boolean | void
  /** Hears the boundary leaves of the positions that are fed, as they are. */
  readonly onLeaves?: (leaves: StepOutput['leaves']) => void
  readonly signal?: AbortSignal
}

/** Why generation ended: an end token came next, the token limit, the end of the context, or the last token completed a stop string. */
export type FinishReason = 'stop' | 'length' | 'context' | 'stop-string'

/** What was generated. `positions` commits to every token fed in: prompt and output but the last token. */
export type Generated = {
  readonly tokens: readonly number[]
  readonly finishReason: FinishReason
  readonly positions: readonly Digest[]
}

/** A cache and the tokens it holds, so that the next prompt can reuse their shared prefix. */
export type Conversation = { readonly cache: KvCache; fed: number[]; positions: Digest[] }

/** How tokens are chosen, wherever, and who hears of leaves. */
type Choice = Omit<SampleRequest, 'point'> & { readonly onLeaves: GenerateRequest['onLeaves'] }

/** An empty conversation of at most `capacity` positions. */
export function openConversation(model: DeviceModel, capacity: number): Conversation {
  return { cache: model.openCache(capacity), fed: [], positions: [] }
}

/** Capacity of a cache for `positions`: in steps, so that a backend can use the caches of earlier sequences again. */
export function cacheCapacity({ maxPositions }: Pick<ModelShape, 'maxPositions'>, positions: number): number {
  return Math.max(positions, Math.min(maxPositions, Math.ceil(positions / CACHE_STEP) * CACHE_STEP))
}

/** Continues `conversation` with the request's prompt. Throws {@link PromptError} on prompts that are empty or past the context. */
export async function generate(
  model: DeviceModel,
  conversation: Conversation,
  request: GenerateRequest,
): Promise<Generated> {
  const { prompt, maxTokens, endTokens, sampling = GREEDY, onToken, onLeaves, signal } = request
  assertPrompt(prompt, model.shape.vocabulary, conversation.cache.capacity)
  reusePrefix(conversation, prompt)

  const seen = new Set(prompt)
  const counts = new Map<number, number>()
  const choice = { sampling, seen, counts, onLeaves }
  const tokens: number[] = []
  for (let token = await prefill(model, conversation, prompt, choice, signal); ;) {
    if (endTokens.has(token)) return finished(conversation, tokens, 'stop')
    tokens.push(token)
    seen.add(token)
    counts.set(token, (counts.get(token) ?? 0) + 1)
    if (onToken?.(token) === true) return finished(conversation, tokens, 'stop-string')
    if (tokens.length >= maxTokens) return finished(conversation, tokens, 'length')
    if (conversation.fed.length >= conversation.cache.capacity) return finished(conversation, tokens, 'context')
    signal?.throwIfAborted()
    token = await nextToken(model, conversation, [token], choice)
  }
}

/** Boundary leaves of every position of `tokens`, in order of their boundary. */
export async function prefillLeaves(
  model: DeviceModel,
  tokens: readonly number[],
  signal?: AbortSignal,
): Promise<(readonly Digest[])[]> {
  const cache = model.openCache(cacheCapacity(model.shape, tokens.length))
  const leaves: (readonly Digest[])[] = []
  try {
    for (const [first, end] of evenSteps(0, tokens.length)) {
      signal?.throwIfAborted()
      leaves.push(...(await forward(model, [{ cache, tokens: tokens.slice(first, end) }], 'none')).leaves)
    }
    return leaves
  } finally {
    cache.close()
  }
}

/**
 * Digests of every position of `tokens` by one prefill: what a checker compares with a generation's. Calls `onLogits` for the rows from
 * position `from` on; where many come before them, those are fed without logits.
 */
export async function prefillDigests(
  model: DeviceModel,
  tokens: readonly number[],
  onLogits: (position: number, logits: Int32Array<ArrayBuffer>) => void,
  signal?: AbortSignal,
  from = 0,
): Promise<Digest[]> {
  const conversation = openConversation(model, cacheCapacity(model.shape, tokens.length))
  try {
    const split = from > PREFILL_ROWS / 2 ? Math.min(from, tokens.length) : 0
    for (const [first, end] of [...evenSteps(0, split), ...evenSteps(split, tokens.length)]) {
      signal?.throwIfAborted()
      const rows = { cache: conversation.cache, tokens: tokens.slice(first, end) }
      const output = await forward(model, [rows], end <= from ? 'none' : 'all')
      remember(conversation, rows, output)
      for (const [i, logits] of output.logits.entries()) if (first + i >= from) onLogits(first + i, logits)
    }
    return conversation.positions
  } finally {
    conversation.cache.close()
  }
}

/** Positions `from` .. `to` in as few steps as there may be, of about one size: a short one would cost more a row. */
function evenSteps(from: number, to: number): [number, number][] {
  const count = Math.ceil((to - from) / PREFILL_ROWS)
  const rows = Math.ceil((to - from) / count)
  return Array.from({ length: count }, (_, i) => [from + i * rows, Math.min(to, from + (i + 1) * rows)])
}

async function prefill(
  model: DeviceModel,
  conversation: Conversation,
  prompt: readonly number[],
  choice: Choice,
  signal: AbortSignal | undefined,
): Promise<number> {
  let at = conversation.fed.length
  for (; at + PREFILL_ROWS < prompt.length; at += PREFILL_ROWS) {
    signal?.throwIfAborted()
    choice.onLeaves?.((await feed(model, conversation, prompt.slice(at, at + PREFILL_ROWS), 'none')).leaves)
  }
  signal?.throwIfAborted()
  return nextToken(model, conversation, prompt.slice(at), choice)
}

/** Feeds `tokens` and chooses the one that follows. */
async function nextToken(
  model: DeviceModel,
  conversation: Conversation,
  tokens: readonly number[],
  { onLeaves, ...choice }: Choice,
): Promise<number> {
  const point = { position: conversation.fed.length + tokens.length, choice: 0 }
  const output = await feed(model, conversation, tokens, [{ ...choice, point }])
  onLeaves?.(output.leaves)
  const [token] = output.tokens
  if (token === undefined) throw new RangeError('A step chose no token.')
  return token
}

async function feed(
  model: DeviceModel,
  conversation: Conversation,
  tokens: readonly number[],
  wanted: Wanted,
): Promise<StepOutput> {
  const rows = { cache: conversation.cache, tokens }
  const output = await forward(model, [rows], wanted)
  remember(conversation, rows, output)
  return output
}

function remember(conversation: Conversation, { tokens }: SequenceRows, { leaves }: StepOutput): void {
  for (const [i, token] of tokens.entries()) {
    conversation.fed.push(token)
    conversation.positions.push(positionDigest(token, leaves[i] ?? []))
  }
}

/** Keeps what the cache shares with `prompt`; the prompt's last token is always fed again, since its logits are needed. */
function reusePrefix(conversation: Conversation, prompt: readonly number[]): void {
  let shared = 0
  const most = Math.min(conversation.fed.length, prompt.length - 1)
  while (shared < most && conversation.fed[shared] === prompt[shared]) shared++
  conversation.cache.truncate(shared)
  conversation.fed.length = shared
  conversation.positions.length = shared
}

function finished({ positions }: Conversation, tokens: readonly number[], finishReason: FinishReason): Generated {
  return { tokens, finishReason, positions: [...positions] }
}

function assertPrompt(prompt: readonly number[], vocabulary: number, capacity: number): void {
  if (prompt.length === 0) throw new PromptError('is empty')
  if (prompt.length > capacity) throw new PromptError(`has ${prompt.length} tokens where the context holds ${capacity}`)
  const wrong = prompt.find((token) => !Number.isSafeInteger(token) || token < 0 || token >= vocabulary)
  if (wrong !== undefined) throw new PromptError(`holds token ${wrong}, outside a vocabulary of ${vocabulary}`)
}

/** A prompt cannot be used. */
export class PromptError extends AppError {
  override readonly name = 'model.Prompt'
  constructor(problem: string) {
    super('input', `The prompt ${problem}.`)
  }
}
