// The trained model of models/ on WebAssembly, and what it writes after a prompt: the same bytes everywhere.
import { readFile } from 'node:fs/promises'
import { bytesSource } from '#core/byte-source.ts'
import { fromUtf8, utf8 } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import type { ModelCard } from '#model/card.ts'
import { parseExactModel } from '#model/exact-file.ts'
import { runRoot } from '#model/digest.ts'
import { generate, openConversation } from '#model/generate.ts'
import type { Sampling } from '#model/sampler.ts'
import type { DeviceModel } from '#tensor/language-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'

/** What a prompt gives: the tokens, the text they spell, and the root over every position. */
export type Completion = {
  readonly tokens: readonly number[]
  readonly text: string
  readonly finishReason: string
  readonly root: Digest
}

/** The model's file. */
export const TINY_MODEL = new URL('../../models/commonwatt-tiny.safetensors', import.meta.url)

/** Loads the model on the WASM backend. */
export async function loadTinyModel(): Promise<{ card: ModelCard; model: DeviceModel }> {
  const { card, weights } = await parseExactModel(bytesSource(await readFile(TINY_MODEL)))
  return { card, model: await openWasmLanguageBackend(await loadKernels()).load(weights) }
}

/** Continues `prompt` until the model's end token, at most 64 tokens. */
export async function complete(
  { card, model }: { card: ModelCard; model: DeviceModel },
  prompt: string,
  sampling?: Sampling,
): Promise<Completion> {
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
