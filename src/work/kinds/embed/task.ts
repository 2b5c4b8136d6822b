// What a batch of texts to be embedded is before any byte of it is read: its parameters, the sizes of batch and result, and what it costs.
import * as v from 'valibot'
import type { ContentLayout } from '#core/content.ts'
import { DIGEST_BYTES } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { uintSchema } from '#core/schema.ts'
import type { ModelShape } from '#tensor/exact/weights.ts'
import type { Params } from '#work/job.ts'
import type { JobTask } from '#work/kind.ts'
import { MAX_MODEL_BYTES } from '#work/model-input.ts'

/** Texts of one batch. */
export const MAX_TEXTS = 4096

/** Tokens of one batch, over all its texts: at most as many as of one text. */
export const MAX_TOKENS = 65_536

/** Bytes of all vectors of a batch: a result is in memory as a whole. */
export const MAX_VECTOR_BYTES = 64 * 2 ** 20

/** Parameters as a job carries them. `pairs` counts each token with each that it sees; all but the model's are sums over the batch. */
export type EmbedParams = {
  readonly texts: number
  readonly tokens: number
  readonly pairs: number
  /** Components of a vector: the model's width. */
  readonly width: number
  readonly tokenOps: number
  readonly pairOps: number
}

const between = (min: number, max: number) => v.pipe(uintSchema(max), v.minValue(min))
const paramsSchema: v.GenericSchema<unknown, EmbedParams> = v.strictObject({
  texts: between(1, MAX_TEXTS),
  tokens: between(1, MAX_TOKENS),
  pairs: between(1, (MAX_TOKENS * (MAX_TOKENS + 1)) / 2),
  width: between(1, 2 ** 15),
  tokenOps: between(1, 2 ** 48),
  pairOps: between(1, 2 ** 32),
})

/** Bytes of a number in a batch: u32, little endian. */
const WORD_BYTES = 4

/** The parameters of a job or unit. Throws {@link EmbedError} on parameters or inputs that do not fit. */
export function embedParamsOf({ params, inputs }: JobTask): EmbedParams {
  const parsed = v.safeParse(paramsSchema, params, { abortEarly: true })
  if (!parsed.success) {
    const [issue] = parsed.issues
    throw new EmbedError(`the parameter "${v.getDotPath(issue) ?? ''}" is wrong: ${issue.message}`)
  }
  const { texts, tokens, width } = parsed.output
  const [model, batch] = inputs
  if (model === undefined || batch === undefined || inputs.length !== 2)
    throw new EmbedError(`it takes a model and a batch of texts, and there are ${inputs.length} inputs`)
  const modelBytes = blobBytes('model', model.layout)
  if (modelBytes > MAX_MODEL_BYTES)
    throw new EmbedError(`the model has ${modelBytes} bytes, more than ${MAX_MODEL_BYTES}`)
  const batchBytes = blobBytes('batch', batch.layout)
  if (batchBytes !== WORD_BYTES * (1 + texts + tokens))
    throw new EmbedError(`the batch has ${batchBytes} bytes, which are not ${texts} texts of ${tokens} tokens`)
  if (texts * width * 2 > MAX_VECTOR_BYTES)
    throw new EmbedError(`${texts} vectors of ${width} components are more than ${MAX_VECTOR_BYTES} bytes`)
  return parsed.output
}

/** Parameters for `texts` on a model of `shape`. */
export function embedParams(shape: ModelShape, texts: readonly (readonly number[])[]): Params & EmbedParams {
  return { ...countsOf(texts), ...modelParams(shape) }
}

/** Integer operations, counted from the specification: the head is not used. */
export function operationsOf({ tokens, pairs, tokenOps, pairOps }: EmbedParams): bigint {
  return BigInt(tokenOps) * BigInt(tokens) + BigInt(pairOps) * BigInt(pairs)
}

/** Layout of the result (result.ts). */
export function layoutOf({ texts, tokens, width }: EmbedParams): ContentLayout & { form: 'blob' } {
  return { form: 'blob', sizeBytes: 2 * texts * width + DIGEST_BYTES * (tokens + 1) }
}

/** The bytes of a batch: u32 texts, u32 lengths[texts], u32 tokens of all texts. */
export function batchBytes(texts: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  const words = [texts.length, ...texts.map(({ length }) => length), ...texts.flat()]
  const view = new DataView(new ArrayBuffer(WORD_BYTES * words.length))
  for (const [i, word] of words.entries()) view.setUint32(WORD_BYTES * i, word, true)
  return new Uint8Array(view.buffer)
}

/** The texts in a batch's bytes, on a model of `shape`. Throws {@link EmbedError} when they are not what `params` say or do not fit. */
export function parseBatch(params: EmbedParams, bytes: Uint8Array, shape: ModelShape): number[][] {
  assertModel(params, shape)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const word = (i: number) => view.getUint32(WORD_BYTES * i, true)
  if (word(0) !== params.texts) throw new EmbedError(`the batch holds ${word(0)} texts, not ${params.texts}`)
  const lengths = Array.from({ length: params.texts }, (_, i) => word(1 + i))
  for (const [i, length] of lengths.entries()) {
    if (length === 0) throw new EmbedError(`text ${i} is empty`)
    if (length > shape.maxPositions)
      throw new EmbedError(`text ${i} has ${length} tokens, and the model's context has ${shape.maxPositions}`)
  }
  const total = lengths.reduce((sum, length) => sum + length, 0)
  if (total !== params.tokens) throw new EmbedError(`the batch holds ${total} tokens, not ${params.tokens}`)
  let at = 1 + params.texts
  const texts = lengths.map((length) => Array.from({ length }, () => word(at++)))
  if (countsOf(texts).pairs !== params.pairs) throw new EmbedError(`its texts do not make ${params.pairs} pairs`)
  const wrong = texts.flat().find((token) => token >= shape.vocabulary)
  if (wrong !== undefined) throw new EmbedError(`the batch holds token ${wrong} of a vocabulary of ${shape.vocabulary}`)
  return texts
}

function assertModel(params: EmbedParams, shape: ModelShape): void {
  for (const [name, value] of Object.entries(modelParams(shape)))
    if (params[name as keyof EmbedParams] !== value)
      throw new EmbedError(`it claims a ${name} of ${params[name as keyof EmbedParams]} where the model has ${value}`)
}

function modelParams({ width, layers, heads, kvHeads, headDim, hidden }: ModelShape) {
  const block = width * headDim * (2 * heads + 2 * kvHeads) + 3 * width * hidden
  return { width, tokenOps: 2 * layers * block, pairOps: 4 * layers * heads * headDim }
}

function countsOf(texts: readonly (readonly number[])[]) {
  const lengths = texts.map(({ length }) => length)
  const sum = (of: (length: number) => number) => lengths.reduce((total, length) => total + of(length), 0)
  return { texts: texts.length, tokens: sum((length) => length), pairs: sum((length) => (length * (length + 1)) / 2) }
}

function blobBytes(name: string, layout: ContentLayout): number {
  if (layout.form !== 'blob') throw new EmbedError(`the ${name} is a matrix, not a blob`)
  return layout.sizeBytes
}

/** Texts cannot be embedded as it was asked for. */
export class EmbedError extends AppError {
  override readonly name = 'work.Embed'
  constructor(problem: string) {
    super('input', `These texts cannot be embedded: ${problem}.`)
  }
}
