// A float model as it was found, in whatever format, and the one way from there to an exact model.
import { openSha256 } from '#core/digest.ts'
import type { ByteSource } from '#core/byte-source.ts'
import { toHex } from '#core/bytes.ts'
import type { ExactModel } from '#model/exact-file.ts'
import type { LlamaConfig } from '#model/formats/config.ts'
import { UnsupportedModelError } from '#model/formats/unsupported.ts'
import { keepTokenizer, openHuggingFaceTokenizer } from '#model/tokenizers/hugging-face.ts'
import type { FloatTensors } from './llama.ts'
import { type ConvertOptions, type SourceCard, convertModel } from './model.ts'

/** What a source says of text. */
export type TextCard = Pick<SourceCard, 'tokenizer' | 'tokenizerJson' | 'chatTemplate' | 'endTokens'>

/** A float model. Everything small is read and checked, no weights are. */
export type ModelSource = {
  readonly config: LlamaConfig
  readonly tensors: FloatTensors
  readonly text: TextCard
  /** SHA-256 of each file that the weights come from, by name. */
  readonly digests: () => Promise<Record<string, string>>
}

/** Read at a time for a digest. */
const PIECE_BYTES = 2 ** 20

/** Converts `source`. The same files give the same model anywhere. Throws {@link UnsupportedModelError} and its kin. */
export async function convertSource(
  { config, tensors, text, digests }: ModelSource,
  name: string,
  options: ConvertOptions = {},
): Promise<ExactModel> {
  const card = { name, ...text, beginToken: null, sources: await digests() }
  return convertModel(config, tensors, card, options)
}

/** A card's tokenizer from the texts of both files. Throws {@link UnsupportedModelError} when it does not go with `vocabulary`. */
export function keptTokenizer(tokenizerJson: string, configJson: string, vocabulary: number): string {
  const kept = keepTokenizer(tokenizerJson, configJson)
  const own = openHuggingFaceTokenizer(kept).vocabulary
  if (own > vocabulary)
    throw new UnsupportedModelError(`its tokenizer has ${own} tokens where the model's vocabulary has ${vocabulary}`)
  return kept
}

/** SHA-256 of a file, a piece at a time. */
export async function digestOfSource(source: ByteSource): Promise<string> {
  const hash = openSha256()
  for (let at = 0; at < source.sizeBytes; at += PIECE_BYTES)
    hash.update(await source.read(at, Math.min(PIECE_BYTES, source.sizeBytes - at)))
  return toHex(hash.digest())
}
