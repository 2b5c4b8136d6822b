// The trained model of models/ on a backend, and what it writes after a prompt: the same bytes everywhere. Runs in Node and in pages.
import { bytesSource } from '#core/byte-source.ts'
import { fromUtf8, utf8 } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import type { ModelCard } from '#model/card.ts'
import { parseExactModel } from '#model/exact-file.ts'
import { runRoot } from '#model/digest.ts'
import { generate, openConversation } from '#model/generate.ts'
import type { Sampling } from '#tensor/exact/sampler.ts'
import type { DeviceModel, LanguageBackend } from '#tensor/language-backend.ts'

/** What a prompt gives: the tokens, the text they spell, and the root over every position. */
export type Completion = {
  readonly tokens: readonly number[]
  readonly text: string
  readonly finishReason: string
  readonly root: Digest
}

/** The model's file. */
export const TINY_MODEL = new URL('../../models/commonwatt-tiny.safetensors', import.meta.url)

/** The model, ready. */
export type TinyModel = { readonly card: ModelCard; readonly model: DeviceModel }

/** Loads the model's file on `backend`. */
export async function loadTinyModel(file: Uint8Array<ArrayBuffer>, backend: LanguageBackend): Promise<TinyModel> {
  const { card, weights } = await parseExactModel(bytesSource(file))
  return { card, model: await backend.load(weights) }
}

/** Continues `prompt` until the model's end token, at most 64 tokens. */
export async function complete({ card, model }: TinyModel, prompt: string, sampling?: Sampling): Promise<Completion> {
  const conversation = openConversation(model, 192)
  const { tokens, finishReason, positions } = await generate(model, conversation, {
    prompt: [...utf8(prompt)],
    maxTokens: 64,
    endTokens: new Set(card.endTokens),
    ...(sampling === undefined ? {} : { sampling }),
  })
  conversation.cache.close()
  return { tokens, text: fromUtf8(Uint8Array.from(tokens)), finishReason, root: runRoot(positions) }
}
