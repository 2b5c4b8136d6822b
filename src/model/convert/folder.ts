// A Hugging Face folder -> a float model to be converted: config.json, weights in one or more safetensors files, tokenizer and template.
import * as v from 'valibot'
import type { ByteSource } from '#core/byte-source.ts'
import { fromUtf8, utf8 } from '#core/bytes.ts'
import { digestBytes } from '#core/digest.ts'
import { parseLlamaConfig } from '#model/formats/config.ts'
import { floatTensors } from '#model/formats/float-tensors.ts'
import { openSafetensors } from '#model/formats/safetensors.ts'
import { UnsupportedModelError } from '#model/formats/unsupported.ts'
import { type ModelSource, type TextCard, digestOfSource, keptTokenizer } from './source.ts'

/** A folder by the names of its files. */
export interface ModelFolder {
  readonly names: readonly string[]
  open(name: string): Promise<ByteSource>
}

/** Largest text file of a folder: tokenizers of 250,000 pieces have about 20 MiB. */
const MAX_TEXT_BYTES = 64 * 2 ** 20

const indexSchema = v.object({ weight_map: v.record(v.string(), v.string()) })
const tokenIds = v.union([v.number(), v.array(v.number())])
const endSchema = v.object({ eos_token_id: v.nullish(tokenIds) })
const templateSchema = v.object({ chat_template: v.nullish(v.unknown()) })

/** Opens the model in `folder`. Everything small is read first: a folder that lies is refused before its weights are read. */
export async function openFolderModel(folder: ModelFolder): Promise<ModelSource> {
  const configText = await readText(folder, 'config.json')
  const json: unknown = parseJson('config.json', configText)
  const config = parseLlamaConfig(json)
  const tokenizer = await tokenizerOf(folder, config.vocabulary)
  const endTokens = await endTokensOf(folder, json)
  const weightNames = await weightFiles(folder)
  const files = []
  for (const file of weightNames) files.push(await openSafetensors(await folder.open(file)))
  return {
    config,
    tensors: floatTensors(files),
    text: { ...tokenizer, endTokens },
    async digests() {
      const sources: Record<string, string> = { 'config.json': digestBytes(utf8(configText)) }
      for (const file of weightNames) sources[file] = await digestOfSource(await folder.open(file))
      return sources
    },
  }
}

type TokenizerCard = Omit<TextCard, 'endTokens'>

async function tokenizerOf(folder: ModelFolder, vocabulary: number): Promise<TokenizerCard> {
  const configText = folder.names.includes('tokenizer_config.json')
    ? await readText(folder, 'tokenizer_config.json')
    : '{}'
  const chatTemplate = await chatTemplateOf(folder, configText)
  if (!folder.names.includes('tokenizer.json')) {
    if (vocabulary === 256) return { tokenizer: 'bytes', tokenizerJson: '', chatTemplate }
    throw new UnsupportedModelError(`there is no tokenizer.json, and a vocabulary of ${vocabulary} is not one of bytes`)
  }
  const tokenizerJson = keptTokenizer(await readText(folder, 'tokenizer.json'), configText, vocabulary)
  return { tokenizer: 'huggingface', tokenizerJson, chatTemplate }
}

async function chatTemplateOf(folder: ModelFolder, configText: string): Promise<string> {
  if (folder.names.includes('chat_template.jinja')) return readText(folder, 'chat_template.jinja')
  const parsed = v.safeParse(templateSchema, parseJson('tokenizer_config.json', configText))
  const template = parsed.success ? parsed.output.chat_template : null
  if (typeof template === 'string') return template
  // Some folders keep several, by name.
  const named = v.safeParse(v.array(v.object({ name: v.string(), template: v.string() })), template)
  return named.success ? (named.output.find(({ name }) => name === 'default')?.template ?? '') : ''
}

async function endTokensOf(folder: ModelFolder, config: unknown): Promise<number[]> {
  const generation = folder.names.includes('generation_config.json')
    ? parseJson('generation_config.json', await readText(folder, 'generation_config.json'))
    : {}
  const ids = [generation, config].flatMap((json) => {
    const parsed = v.safeParse(endSchema, json)
    return parsed.success ? [parsed.output.eos_token_id ?? []].flat() : []
  })
  return [...new Set(ids)].sort((a, b) => a - b)
}

/** The weight files: those that the index of a sharded model names, or the one there is. */
async function weightFiles(folder: ModelFolder): Promise<string[]> {
  const index = 'model.safetensors.index.json'
  if (!folder.names.includes(index)) {
    if (folder.names.includes('model.safetensors')) return ['model.safetensors']
    throw new UnsupportedModelError('there is neither model.safetensors nor an index of its shards')
  }
  const parsed = v.safeParse(indexSchema, parseJson(index, await readText(folder, index)))
  if (!parsed.success) throw new UnsupportedModelError(`${index} is wrong: ${parsed.issues[0].message}`)
  const names = [...new Set(Object.values(parsed.output.weight_map))].sort()
  const missing = names.find((name) => !folder.names.includes(name))
  if (missing !== undefined) throw new UnsupportedModelError(`the shard ${missing.slice(0, 200)} is not there`)
  return names
}

async function readText(folder: ModelFolder, name: string): Promise<string> {
  if (!folder.names.includes(name)) throw new UnsupportedModelError(`there is no ${name}`)
  const source = await folder.open(name)
  if (source.sizeBytes > MAX_TEXT_BYTES)
    throw new UnsupportedModelError(`${name} has ${source.sizeBytes} bytes, more than ${MAX_TEXT_BYTES}`)
  const bytes = await source.read(0, source.sizeBytes)
  try {
    return fromUtf8(bytes)
  } catch {
    throw new UnsupportedModelError(`${name} is not UTF-8`)
  }
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UnsupportedModelError(`${name} is not JSON`)
  }
}
