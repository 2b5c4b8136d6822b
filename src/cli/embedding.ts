// Vectors of texts through the grid: texts to tokens, batches of them to `embed` jobs on a registered model, certified vectors back.
import { concat } from '#core/bytes.ts'
import { AppError } from '#core/errors.ts'
import { type TextModel, openTextModel } from '#model/text-model.ts'
import { type Client, type RegisteredModel, type RunOptions, type RunOutcome, blobSource } from '#sdk/index.ts'
import { inParallel } from '#sdk/parallel.ts'
import { parseVectors } from '#work/kinds/embed/result.ts'
import { batchBytes, embedParams, embedParamsOf } from '#work/kinds/embed/task.ts'

/** Texts of one job: enough to fill the steps of a node, few enough that several nodes have something to do. */
export const BATCH_TEXTS = 128

/** Tokens of one job, unless one text alone has more. */
export const BATCH_TOKENS = 4096

/** Jobs under way at once. */
const JOBS = 4

/** Vectors in Q15, one a text, and the jobs that they came from, in order. */
export type VectorsOutcome = {
  readonly vectors: readonly Int16Array<ArrayBuffer>[]
  readonly tokens: number
  readonly outcomes: readonly RunOutcome[]
}

/** Options of {@link embedOnGrid}; `onProgress` hears how many texts have their vectors. */
export type EmbedOptions = Pick<RunOptions, 'replication' | 'maxPrice' | 'signal'> & {
  readonly onProgress?: (done: number, total: number) => void
}

/** Embeds `texts`; vectors are believed only after their certificates have been checked. Throws {@link TextError}. */
export async function embedOnGrid(
  client: Client,
  model: RegisteredModel,
  texts: readonly string[],
  { onProgress, ...options }: EmbedOptions = {},
): Promise<VectorsOutcome> {
  const ref = { id: model.id, layout: { form: 'blob', sizeBytes: model.sizeBytes } } as const
  const textModel = await openTextModel(await client.open(ref, options.signal))
  const tokens = texts.map((text, i) => tokensOf(text, i, textModel))
  const batches = batchesOf(tokens)
  const vectors: Int16Array<ArrayBuffer>[][] = batches.map(() => [])
  const outcomes: RunOutcome[] = []
  let done = 0
  await inParallel(batches.entries(), JOBS, options.signal, async ([at, batch], signal) => {
    const parts: Uint8Array<ArrayBuffer>[] = []
    const writePart = async (index: number, bytes: Uint8Array<ArrayBuffer>) => void (parts[index] = bytes)
    const params = embedParams(textModel.shape, batch)
    const task = { kind: 'embed', version: 1, params, inputs: [ref, blobSource(batchBytes(batch))] }
    const outcome = await client.run(task, async () => ({ writePart }), { ...options, signal })
    outcomes[at] = outcome
    vectors[at] = [...parseVectors(embedParamsOf(outcome.certificate.job.body), concat(...parts)).vectors]
    onProgress?.((done += batch.length), texts.length)
  })
  return { vectors: vectors.flat(), tokens: tokens.flat().length, outcomes }
}

/** Texts cut into jobs, in order. */
export function batchesOf(texts: readonly (readonly number[])[]): (readonly number[])[][] {
  const batches: (readonly number[])[][] = []
  let batch: (readonly number[])[] = []
  let tokens = 0
  for (const text of texts) {
    if (batch.length > 0 && (batch.length >= BATCH_TEXTS || tokens + text.length > BATCH_TOKENS)) {
      batches.push(batch)
      batch = []
      tokens = 0
    }
    batch.push(text)
    tokens += text.length
  }
  return batch.length > 0 ? [...batches, batch] : batches
}

function tokensOf(text: string, index: number, model: TextModel): number[] {
  if (text === '') throw new TextError(index, 'is empty')
  const tokens = model.promptTokens(text)
  const { maxPositions } = model.shape
  if (tokens.length > maxPositions)
    throw new TextError(index, `has ${tokens.length} tokens, and the model's context has ${maxPositions}`)
  return tokens
}

/** One of several texts cannot be embedded. */
export class TextError extends AppError {
  override readonly name = 'cli.Text'
  constructor(index: number, problem: string) {
    super('input', `Text ${index + 1} ${problem}.`)
  }
}
