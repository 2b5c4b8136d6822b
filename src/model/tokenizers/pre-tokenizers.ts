// How byte-pair tokenizers cut text into words before they merge, by llama.cpp's names. GGUF files have the name alone; the rules are those
// of the tokenizer.json of the models that it stands for.
import { TokenizerError } from '#model/tokenizer.ts'

/** Parts of a tokenizer.json, and two habits that come with the name. */
export type PreTokenizer = {
  readonly normalizer: object | null
  readonly preTokenizer: object
  /** A word that is a token is that token, whatever the merges say. */
  readonly ignoresMerges: boolean
  /** Whether texts begin with the token of the beginning when the file does not say. */
  readonly begins: boolean
}

const byteLevel = (splitsWords: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: splitsWords,
})

const sequence = (...pretokenizers: object[]) => ({ type: 'Sequence', pretokenizers })

const splitAt = (regex: string) =>
  sequence({ type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false }, byteLevel(false))

/** Words as Llama 3 has them, with at most `digits` (a quantifier) digits together. */
const words = (digits: string) =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`

/** Words that also end where small letters are followed by large ones. */
const TEKKEN =
  '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|' +
  '[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|' +
  '\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'

const PLAIN = { normalizer: null, ignoresMerges: false, begins: false }
const LLAMA3: PreTokenizer = { ...PLAIN, preTokenizer: splitAt(words('{1,3}')), ignoresMerges: true, begins: true }
const QWEN2: PreTokenizer = { ...PLAIN, normalizer: { type: 'NFC' }, preTokenizer: splitAt(words('')) }

const PRE_TOKENIZERS: ReadonlyMap<unknown, PreTokenizer> = new Map([
  ['gpt-2', { ...PLAIN, preTokenizer: byteLevel(true) }],
  ['smollm', { ...PLAIN, preTokenizer: sequence({ type: 'Digits', individual_digits: true }, byteLevel(true)) }],
  ['llama-bpe', LLAMA3],
  ['llama3', LLAMA3],
  ['llama-v3', LLAMA3],
  ['qwen2', QWEN2],
  ['deepseek-r1-qwen', QWEN2],
  ['tekken', { ...PLAIN, preTokenizer: splitAt(TEKKEN), ignoresMerges: true, begins: true }],
])

/** The rules called `name`. Throws {@link TokenizerError}. */
export function preTokenizerOf(name: unknown): PreTokenizer {
  const found = PRE_TOKENIZERS.get(name)
  if (found !== undefined) return found
  const known = [...PRE_TOKENIZERS.keys()].join(', ')
  throw new TokenizerError(`The pre-tokenizer "${String(name).slice(0, 100)}" is not supported; ${known} are.`)
}
