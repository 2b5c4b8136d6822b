// What a generation is before any byte of it is read: its parameters, the sizes of prompt and result, and what it costs.
import * as v from 'valibot'
import type { ContentLayout } from '#core/content.ts'
import { DIGEST_BYTES } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { uintSchema } from '#core/schema.ts'
import { GREEDY, type Sampling } from '#tensor/exact/sampler.ts'
import { MAX_STOPS, MAX_STOP_LENGTH, canonicalStops } from '#model/text-stream.ts'
import type { ModelShape } from '#tensor/exact/weights.ts'
import type { Params } from '#work/job.ts'
import type { JobTask } from '#work/kind.ts'
import { MAX_MODEL_BYTES } from '#work/model-input.ts'

/** Positions of prompt and text together: the longest context of a model. */
export const MAX_POSITIONS = 65_536

/** Bytes of a token in a prompt and in a result: u32, little endian. */
export const TOKEN_BYTES = 4

/** What a generation costs on one model: integer operations a token, and for each token and position that it sees. */
export type ModelCost = { readonly tokenOps: number; readonly pairOps: number }

/** A generation. */
export type Generation = ModelCost & {
  readonly promptLength: number
  readonly maxTokens: number
  readonly sampling: Sampling
  /** Texts after which it ends, in their one order. */
  readonly stops: readonly string[]
}

const signed = (max: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(-max), v.maxValue(max))
const between = (min: number, max: number) => v.pipe(uintSchema(max), v.minValue(min))
const seedSchema = v.pipe(
  v.string(),
  v.regex(/^(?:0|[1-9][0-9]{0,19})$/),
  v.check((text) => BigInt(text) < 1n << 64n, 'a seed below 2^64'),
)
const stopSchema = v.optional(v.pipe(v.string(), v.maxLength(MAX_STOP_LENGTH)))
const paramsSchema = v.strictObject({
  maxTokens: between(1, MAX_POSITIONS),
  temperature: uintSchema(2 ** 31 - 1),
  topP: between(1, 1_000_000),
  topK: uintSchema(2 ** 20),
  repetition: between(1, 2 ** 20),
  presence: signed(100_000),
  frequency: signed(100_000),
  seed: v.optional(seedSchema),
  stop1: stopSchema,
  stop2: stopSchema,
  stop3: stopSchema,
  stop4: stopSchema,
  tokenOps: between(1, 2 ** 48),
  pairOps: between(1, 2 ** 32),
})

/** Parameters as a job carries them; `seed` is decimal text and there only where the temperature is above 0, stop strings only where there are any. */
export type GenerateParams = v.InferOutput<typeof paramsSchema>

/** The generation of a job or unit. Throws {@link GenerateError} on parameters or inputs that do not fit. */
export function generationOf({ params, inputs }: JobTask): Generation {
  const parsed = v.safeParse(paramsSchema, params, { abortEarly: true })
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw new GenerateError(`its parameter "${v.getDotPath(issue) ?? ''}" is wrong: ${issue.message}`)
  }
  const { maxTokens, tokenOps, pairOps, stop1, stop2, stop3, stop4, ...given } = parsed.output
  assertSampling(given)
  const stops = stopsOf([stop1, stop2, stop3, stop4])
  const [model, prompt] = inputs
  if (model === undefined || prompt === undefined || inputs.length !== 2)
    throw new GenerateError(`it needs a model and a prompt, got ${inputs.length} inputs`)
  const modelBytes = blobBytes('model', model.layout)
  if (modelBytes > MAX_MODEL_BYTES)
    throw new GenerateError(`its model has ${modelBytes} bytes, more than ${MAX_MODEL_BYTES}`)
  const promptBytes = blobBytes('prompt', prompt.layout)
  const promptLength = promptBytes / TOKEN_BYTES
  if (promptLength === 0) throw new GenerateError('its prompt is empty')
  if (!Number.isInteger(promptLength)) throw new GenerateError(`its prompt has ${promptBytes} bytes, no multiple of 4`)
  if (promptLength + maxTokens - 1 > MAX_POSITIONS)
    throw new GenerateError(`${promptLength} tokens and ${maxTokens} more do not fit in ${MAX_POSITIONS} positions`)
  const sampling = { ...given, seed: BigInt(given.seed ?? '0') }
  return { promptLength, maxTokens, tokenOps, pairOps, sampling, stops }
}

/** Parameters of a generation on a model of `shape`; what is left out is greedy. Throws StopError on stop strings that cannot be used. */
export function generateParams(
  shape: ModelShape,
  maxTokens: number,
  sampling: Partial<Sampling> = {},
  stops: readonly string[] = [],
): Params {
  const { seed, ...rest } = { ...GREEDY, ...sampling }
  const own = rest.temperature === 0 ? {} : { seed: seed.toString() }
  const ends = Object.fromEntries(canonicalStops(stops).map((stop, i) => [`stop${i + 1}`, stop]))
  return { maxTokens, ...rest, ...own, ...ends, ...costOf(shape) }
}

/** Operations on a model of `shape`, counted from the specification: two for each weight of a matrix, four for each value of a key. */
export function costOf(shape: ModelShape): ModelCost {
  const { vocabulary, width, layers, heads, kvHeads, headDim, hidden } = shape
  const block = width * headDim * (2 * heads + 2 * kvHeads) + 3 * width * hidden
  return { tokenOps: 2 * (layers * block + vocabulary * width), pairOps: 4 * layers * heads * headDim }
}

/** Positions that are fed in at most: the last token is not. */
export function positionsOf({ promptLength, maxTokens }: Generation): number {
  return promptLength + maxTokens - 1
}

/** Integer operations of a generation that takes all its tokens, by the shape that its parameters claim. */
export function operationsOf(generation: Generation): bigint {
  const positions = BigInt(positionsOf(generation))
  const pairs = (positions * (positions + 1n)) / 2n
  return BigInt(generation.tokenOps) * positions + BigInt(generation.pairOps) * pairs
}

/** Layout of the result (see result.ts), which has the same size whatever the text. */
export function layoutOf(generation: Generation): ContentLayout & { form: 'blob' } {
  const sizeBytes = 8 + TOKEN_BYTES * generation.maxTokens + DIGEST_BYTES * (positionsOf(generation) + 1)
  return { form: 'blob', sizeBytes }
}

/** Throws {@link GenerateError} unless `shape` is what the parameters claim and has room for every position. */
export function assertFits(generation: Generation, shape: ModelShape): void {
  const { tokenOps, pairOps } = costOf(shape)
  if (generation.tokenOps !== tokenOps || generation.pairOps !== pairOps)
    throw new GenerateError(
      `it claims ${generation.tokenOps} and ${generation.pairOps} operations where its model takes ${tokenOps} and ${pairOps}`,
    )
  assertRoom(generation, shape)
}

/** Throws {@link GenerateError} unless prompt and text fit in the model's context. */
export function assertRoom(
  { promptLength, maxTokens }: Pick<Generation, 'promptLength' | 'maxTokens'>,
  { maxPositions }: Pick<ModelShape, 'maxPositions'>,
): void {
  if (promptLength + maxTokens - 1 > maxPositions)
    throw new GenerateError(
      `${promptLength} tokens and ${maxTokens} more do not fit in the model's context of ${maxPositions}`,
    )
}

/** The tokens of a prompt's bytes. Throws {@link GenerateError} on one outside the vocabulary. */
export function promptTokens(bytes: Uint8Array, vocabulary: number): number[] {
  const tokens = tokensIn(bytes)
  const wrong = tokens.find((token) => token >= vocabulary)
  if (wrong !== undefined) throw new GenerateError(`its prompt holds token ${wrong} of a vocabulary of ${vocabulary}`)
  return tokens
}

/** The whole tokens in `bytes`. */
export function tokensIn(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = Math.floor(bytes.length / TOKEN_BYTES)
  return Array.from({ length: count }, (_, i) => view.getUint32(TOKEN_BYTES * i, true))
}

/** The bytes of tokens: of a prompt, and of a text as it is streamed. */
export function tokenBytes(tokens: readonly number[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(TOKEN_BYTES * tokens.length))
  for (const [i, token] of tokens.entries()) view.setUint32(TOKEN_BYTES * i, token, true)
  return new Uint8Array(view.buffer)
}

/** One way to say one thing: without a temperature nothing is drawn, and a seed or a cut of the choices would mean nothing. */
function assertSampling({
  temperature,
  seed,
  topK,
  topP,
}: Pick<GenerateParams, 'temperature' | 'seed' | 'topK' | 'topP'>): void {
  if (temperature === 0 && (seed !== undefined || topK !== 0 || topP !== 1_000_000))
    throw new GenerateError('a seed, topK and topP need a temperature above 0')
  if (temperature > 0 && seed === undefined) throw new GenerateError('a temperature above 0 needs a seed')
}

/** One way to say one thing here too: sorted, each once, from `stop1` on. */
function stopsOf(given: readonly (string | undefined)[]): string[] {
  const stops = given.filter((stop) => stop !== undefined)
  const canonical = stops.length <= MAX_STOPS ? canonicalStops(stops) : []
  if (canonical.length !== stops.length || canonical.some((stop, i) => stop !== given[i]))
    throw new GenerateError('its stop strings are not in order, each once, from stop1 on')
  return canonical
}

function blobBytes(name: string, layout: ContentLayout): number {
  if (layout.form !== 'blob') throw new GenerateError(`its ${name} is a matrix, not a blob`)
  return layout.sizeBytes
}

/** A generation cannot be computed as it was asked for. */
export class GenerateError extends AppError {
  override readonly name = 'work.Generate'
  constructor(problem: string, options?: ErrorOptions) {
    super('input', `This text cannot be generated: ${problem}.`, options)
  }
}
