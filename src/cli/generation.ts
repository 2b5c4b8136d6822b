// One text through the grid: prompt to tokens, a `generate` job on a registered model, its certified tokens back to text.
import { concat } from '#core/bytes.ts'
import type { ByteSource } from '#core/byte-source.ts'
import type { Sampling } from '#model/sampler.ts'
import { type ChatMessage, type TextModel, openTextModel } from '#model/text-model.ts'
import { textOf } from '#model/text-stream.ts'
import { type Client, type RegisteredModel, type RunOptions, type RunOutcome, blobSource } from '#sdk/index.ts'
import { type GeneratedText, parseResult } from '#work/kinds/generate/result.ts'
import { generateParams, generationOf, tokenBytes } from '#work/kinds/generate/task.ts'

/** What is to be written. */
export type TextRequest = {
  readonly model: RegisteredModel
  readonly prompt: string | readonly ChatMessage[]
  readonly maxTokens: number
  readonly sampling?: Partial<Sampling>
  /** The text ends before the first of these. */
  readonly stops?: readonly string[]
}

/** A text, and the job that it came from. */
export type TextOutcome = {
  readonly text: string
  readonly promptTokens: number
  readonly generated: GeneratedText
  readonly outcome: RunOutcome
}

/** Writes a text; it is believed only after its certificate has been checked. */
export async function generateText(client: Client, request: TextRequest, options: RunOptions): Promise<TextOutcome> {
  const { model, prompt, maxTokens, sampling, stops = [] } = request
  const ref = { id: model.id, layout: { form: 'blob', sizeBytes: model.sizeBytes } } as const
  const text: TextModel = await openTextModel(await client.open(ref, options.signal))
  const tokens = typeof prompt === 'string' ? text.promptTokens(prompt) : text.chatTokens(prompt)
  const params = generateParams(text.shape, maxTokens, sampling, stops)
  const parts: Uint8Array<ArrayBuffer>[] = []
  const inputs = [ref, blobSource(tokenBytes(tokens))]
  const sink = {
    writePart: async (index: number, bytes: Uint8Array<ArrayBuffer>) => {
      parts[index] = bytes
    },
  }
  const outcome = await client.run({ kind: 'generate', version: 2, params, inputs }, async () => sink, options)
  const generated = parseResult(generationOf(outcome.certificate.job.body), concat(...parts))
  const written = textOf(text.tokenizer, generated.tokens, stops)
  return { text: written, promptTokens: tokens.length, generated, outcome }
}

/** Registers the model file that `source` is. */
export function registerModel(
  client: Client,
  source: ByteSource,
  options: Parameters<Client['addModel']>[1] = {},
): Promise<RegisteredModel> {
  return client.addModel(blobSource(source), options)
}
