// The tokenizer in a GGUF file's metadata -> tokenizer.json and tokenizer_config.json, so that one library makes tokens of both. Known are
// byte-pair vocabularies of GPT-2's kind ("gpt2") and SentencePiece's ("llama").
import { TokenizerError } from '#model/tokenizer.ts'
import type { GgufValue } from '#model/formats/gguf.ts'
import { preTokenizerOf } from './pre-tokenizers.ts'
import { sentencePieceMerges } from './sentencepiece-merges.ts'

/** The files that Hugging Face would have beside the model. */
export type TokenizerFiles = {
  readonly tokenizerJson: string
  readonly configJson: string
  readonly chatTemplate: string
  readonly endTokens: readonly number[]
}

type Metadata = ReadonlyMap<string, GgufValue>

/** Kinds of tokens: the numbers are llama.cpp's. */
const UNKNOWN = 2
const CONTROL = 3
const USER_DEFINED = 4
const UNUSED = 5

type Vocabulary = {
  readonly tokens: readonly string[]
  readonly types: readonly number[]
  readonly begin: string | null
}

/** Reads the metadata. Throws {@link TokenizerError} when it describes no tokenizer that is known. */
export function tokenizerOfGguf(metadata: Metadata): TokenizerFiles {
  const model = metadata.get('tokenizer.ggml.model')
  if (model !== 'gpt2' && model !== 'llama')
    throw new TokenizerError(`The tokenizer "${String(model)}" is not supported; "gpt2" and "llama" are.`)
  const tokens = textsOf(metadata, 'tokenizer.ggml.tokens')
  const begin = tokenAt(metadata, tokens, 'bos')
  const vocabulary: Vocabulary = { tokens, types: typesOf(metadata, tokens.length), begin }
  const json = model === 'gpt2' ? bytePairs(metadata, vocabulary) : sentencePieces(metadata, vocabulary)
  const config = { bos_token: begin, eos_token: tokenAt(metadata, tokens, 'eos'), clean_up_tokenization_spaces: false }
  const template = metadata.get('tokenizer.chat_template')
  return {
    tokenizerJson: JSON.stringify({ version: '1.0', truncation: null, padding: null, ...json }),
    configJson: JSON.stringify(config),
    chatTemplate: typeof template === 'string' ? template : '',
    endTokens: endTokensOf(metadata, tokens),
  }
}

function bytePairs(metadata: Metadata, vocabulary: Vocabulary) {
  const { normalizer, preTokenizer, ignoresMerges, begins } = preTokenizerOf(metadata.get('tokenizer.ggml.pre'))
  const merges = textsOf(metadata, 'tokenizer.ggml.merges')
  if (merges.some((merge) => !/^[^ ]+ [^ ]+$/.test(merge)))
    throw new TokenizerError('The tokenizer has a merge that is not two pieces.')
  return {
    added_tokens: addedTokens(vocabulary),
    normalizer,
    pre_tokenizer: preTokenizer,
    post_processor: beginProcessor(metadata, vocabulary, begins),
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: ignoresMerges,
      vocab: Object.fromEntries(pieces(vocabulary, [CONTROL, USER_DEFINED, UNUSED])),
      merges,
    },
  }
}

/** Hugging Face has such a vocabulary as byte pairs too, ordered by the scores; characters outside of it become the tokens of their bytes. */
function sentencePieces(metadata: Metadata, vocabulary: Vocabulary) {
  const scores = metadata.get('tokenizer.ggml.scores')
  if (!isNumbers(scores) || scores.length !== vocabulary.tokens.length)
    throw new TokenizerError('The tokenizer has no score for each token.')
  const ids = pieces(vocabulary, [UNUSED])
  const hasPrefix = metadata.get('tokenizer.ggml.add_space_prefix') !== false
  const spaces = { type: 'Replace', pattern: { String: ' ' }, content: '▁' }
  const prefix = hasPrefix ? [{ type: 'Prepend', prepend: '▁' }] : []
  const strip = hasPrefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []
  return {
    added_tokens: addedTokens(vocabulary),
    normalizer: { type: 'Sequence', normalizers: [...prefix, spaces] },
    pre_tokenizer: null,
    post_processor: beginProcessor(metadata, vocabulary, true),
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...strip,
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: vocabulary.tokens.find((_, id) => vocabulary.types[id] === UNKNOWN) ?? null,
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(ids),
      merges: sentencePieceMerges(ids, scores),
    },
  }
}

/** Ids by token, without the kinds in `without`. */
function pieces({ tokens, types }: Vocabulary, without: readonly number[]): Map<string, number> {
  const ids = new Map<string, number>()
  for (const [id, token] of tokens.entries()) {
    if (without.includes(types[id] ?? 0)) continue
    if (ids.has(token)) throw new TokenizerError(`The tokenizer has the token "${token.slice(0, 100)}" twice.`)
    ids.set(token, id)
  }
  return ids
}

/** Tokens that are found in text before anything else happens to it. */
function addedTokens({ tokens, types }: Vocabulary) {
  return [...tokens.entries()]
    .filter(([id, content]) => content !== '' && [UNKNOWN, CONTROL, USER_DEFINED].includes(types[id] ?? 0))
    .map(([id, content]) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: types[id] !== USER_DEFINED,
    }))
}

function beginProcessor(metadata: Metadata, { tokens, begin }: Vocabulary, byDefault: boolean) {
  const isWanted = metadata.get('tokenizer.ggml.add_bos_token') ?? byDefault
  if (isWanted !== true || begin === null) return null
  return {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: begin, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { [begin]: { id: begin, ids: [tokens.indexOf(begin)], tokens: [begin] } },
  }
}

function tokenAt(metadata: Metadata, tokens: readonly string[], name: string): string | null {
  const id = metadata.get(`tokenizer.ggml.${name}_token_id`)
  return typeof id === 'number' ? (tokens[id] ?? null) : null
}

/** Tokens that end a text, or a turn of a chat. */
function endTokensOf(metadata: Metadata, tokens: readonly string[]): number[] {
  const ids = ['eos', 'eot', 'eom'].map((name) => metadata.get(`tokenizer.ggml.${name}_token_id`))
  const known = ids.filter((id): id is number => typeof id === 'number' && tokens[id] !== undefined)
  return [...new Set(known)].sort((a, b) => a - b)
}

function typesOf(metadata: Metadata, length: number): readonly number[] {
  const types = metadata.get('tokenizer.ggml.token_type') ?? Array.from({ length }, () => 1)
  if (!isNumbers(types) || types.length !== length)
    throw new TokenizerError('The tokenizer has no type for each token.')
  return types
}

function textsOf(metadata: Metadata, key: string): readonly string[] {
  const texts = metadata.get(key)
  if (Array.isArray(texts) && texts.every((text): text is string => typeof text === 'string')) return texts
  throw new TokenizerError(`The tokenizer has no list of texts at ${key}.`)
}

function isNumbers(value: GgufValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number')
}
