// One text through the grid: prompt to tokens, a `generate` job on a registered model, its certified tokens back to text.
import { concat } from '#core/bytes.ts'
import type { ByteSource } from '#core/byte-source.ts'
import type { Sampling } from '#tensor/exact/sampler.ts'
import { type ChatMessage, type TextModel, openTextModel } from '#model/text-model.ts'
import { TextStream, textOf } from '#model/text-stream.ts'
import {
  type Client,
  type PartialResult,
  type RegisteredModel,
  type RunOptions,
  type RunOutcome,
  blobSource,
} from '#sdk/index.ts'
import { type GeneratedText, parseResult } from '#work/kinds/generate/result.ts'
import { assertRoom, generateParams, generationOf, tokenBytes, tokensIn } from '#work/kinds/generate/task.ts'

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
  /** From the call to the first token that was streamed, in milliseconds; null when none was. */
  readonly firstTokenMs: number | null
}

/** Options of one text. `onText` hears it as it is written, before anything is verified, and then what of it was still to come. */
export type TextOptions = Omit<RunOptions, 'onPartial'> & { readonly onText?: (text: string) => void }

/** Writes a text; it is believed only after its certificate has been checked. */
export async function generateText(
  client: Client,
  request: TextRequest,
  { onText, ...options }: TextOptions,
): Promise<TextOutcome> {
  const startMs = performance.now()
  const { model, prompt, maxTokens, sampling, stops = [] } = request
  const ref = { id: model.id, layout: { form: 'blob', sizeBytes: model.sizeBytes } } as const
  const text: TextModel = await openTextModel(await client.open(ref, options.signal))
  const tokens = typeof prompt === 'string' ? text.promptTokens(prompt) : text.chatTokens(prompt)
  assertRoom({ promptLength: tokens.length, maxTokens }, text.shape)
  const params = generateParams(text.shape, maxTokens, sampling, stops)
  const parts: Uint8Array<ArrayBuffer>[] = []
  const inputs = [ref, blobSource(tokenBytes(tokens))]
  const sink = {
    writePart: async (index: number, bytes: Uint8Array<ArrayBuffer>) => {
      parts[index] = bytes
    },
  }
  const listener = onText && new TextListener(new TextStream(text.tokenizer, stops), onText)
  const onPartial = listener && ((partial: PartialResult) => listener.hear(partial))
  const task = { kind: 'generate', version: 2, params, inputs }
  const outcome = await client.run(task, async () => sink, { ...options, onPartial })
  const generated = parseResult(generationOf(outcome.certificate.job.body), concat(...parts))
  const written = textOf(text.tokenizer, generated.tokens, stops)
  listener?.finish(generated.tokens)
  const firstTokenMs = listener?.firstMs === undefined ? null : listener.firstMs - startMs
  return { text: written, promptTokens: tokens.length, generated, outcome, firstTokenMs }
}

/** Tells a text as its tokens come, in whatever pieces of bytes they do. */
class TextListener {
  readonly #text: TextStream
  readonly #onText: (text: string) => void
  #bytes = new Uint8Array(0)
  #count = 0
  #firstMs: number | undefined

  constructor(text: TextStream, onText: (text: string) => void) {
    this.#text = text
    this.#onText = onText
  }

  /** When the first token was claimed. */
  get firstMs(): number | undefined {
    return this.#firstMs
  }

  hear({ bytes }: PartialResult): void {
    this.#bytes = concat(this.#bytes, bytes)
    this.#hearTokens(tokensIn(this.#bytes))
    if (this.#count > 0) this.#firstMs ??= performance.now()
  }

  /** All of the certified tokens, which begin with those that were claimed. */
  finish(tokens: readonly number[]): void {
    this.#hearTokens(tokens)
    this.#say(this.#text.end())
  }

  #hearTokens(tokens: readonly number[]): void {
    for (const token of tokens.slice(this.#count)) this.#say(this.#text.push(token))
    this.#count = tokens.length
  }

  #say(text: string): void {
    if (text !== '') this.#onText(text)
  }
}

/** Registers the model file that `source` is. */
export function registerModel(
  client: Client,
  source: ByteSource,
  options: Parameters<Client['addModel']>[1] = {},
): Promise<RegisteredModel> {
  return client.addModel(blobSource(source), options)
}
