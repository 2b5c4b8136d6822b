// Opens the tokenizer that a model's card keeps.
import type { ModelCard } from '#model/card.ts'
import { type Tokenizer, byteTokenizer } from '#model/tokenizer.ts'
import { type TokenizerConfig, openHuggingFaceTokenizer } from './hugging-face.ts'

/** A tokenizer, and what chat templates are told of it. */
export type OpenTokenizer = { readonly tokenizer: Tokenizer; readonly config: TokenizerConfig }

/** The tokenizer of a kind; `kept` is what the model file keeps of it. Throws TokenizerError when it is none. */
export function openTokenizer(kind: ModelCard['tokenizer'], kept: string): OpenTokenizer {
  return kind === 'bytes' ? { tokenizer: byteTokenizer(), config: {} } : openHuggingFaceTokenizer(kept)
}

const opened = new WeakMap<ModelCard, Tokenizer>()

/** The tokenizer of a loaded model, opened once: a large one takes a second. */
export function tokenizerOf(card: ModelCard): Tokenizer {
  const known = opened.get(card) ?? openTokenizer(card.tokenizer, card.tokenizerJson).tokenizer
  opened.set(card, known)
  return known
}
