// A GGUF file -> a float model to be converted: sizes, tokenizer and template from its metadata, weights from its blocks.
import type { ByteSource } from '#core/byte-source.ts'
import { parseLlamaConfig } from '#model/formats/config.ts'
import { UnsupportedModelError } from '#model/formats/unsupported.ts'
import { type Gguf, openGguf } from '#model/formats/gguf.ts'
import { configOfGguf } from '#model/formats/gguf-config.ts'
import { ROPE_FACTORS } from '#model/formats/gguf-names.ts'
import { ggufTensors } from '#model/formats/gguf-tensors.ts'
import { tokenizerOfGguf } from '#model/tokenizers/gguf.ts'
import { type ModelSource, type TextCard, digestOfSource, keptTokenizer } from './source.ts'

/** Most factors of rotary frequencies: half of the largest head. */
const MAX_ROPE_FACTORS = 256

/** Opens the model in `source`, whose file is called `fileName`. Throws GgufError, {@link UnsupportedModelError} and their kin. */
export async function openGgufModel(source: ByteSource, fileName: string): Promise<ModelSource> {
  const file = await openGguf(source)
  const config = parseLlamaConfig(configOfGguf(file, await ropeFactors(file)))
  const architecture = String(file.metadata.get('general.architecture'))
  return {
    config,
    tensors: ggufTensors(file, architecture, config.headDim),
    text: textOf(file, config.vocabulary),
    digests: async () => ({ [fileName]: await digestOfSource(source) }),
  }
}

function textOf(file: Gguf, vocabulary: number): TextCard {
  const { tokenizerJson, configJson, chatTemplate, endTokens } = tokenizerOfGguf(file.metadata)
  const kept = keptTokenizer(tokenizerJson, configJson, vocabulary)
  return { tokenizer: 'huggingface', tokenizerJson: kept, chatTemplate, endTokens }
}

async function ropeFactors(file: Gguf): Promise<Float32Array | null> {
  const tensor = file.tensors.get(ROPE_FACTORS)
  if (tensor === undefined) return null
  const [length = 0, ...rest] = tensor.shape
  if (rest.length > 0 || length > MAX_ROPE_FACTORS)
    throw new UnsupportedModelError(`${ROPE_FACTORS} is not a list of at most ${MAX_ROPE_FACTORS} factors`)
  return file.readFloats(tensor)
}
