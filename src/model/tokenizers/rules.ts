// A tokenizer.json as @huggingface/tokenizers (0.2.0) has to be told it. Where the package does otherwise than the tokenizers that trained the
// models, the rules are put in words that it follows; where there are none, they are refused. What a model file keeps stays as it was.
import { TokenizerError } from '#model/tokenizer.ts'
import { assertTamePattern } from './patterns.ts'

/** Largest token: the vocabulary of the exact format. The package walks all ids up to the largest. */
export const MAX_TOKEN = 2 ** 20 - 1

/** Deepest nesting of normalizers and the like. */
export const MAX_RULE_DEPTH = 16

const GPT2_WORDS = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

type Json = Readonly<Record<string, unknown>>

/** The same rules, for the package. Throws {@link TokenizerError} for what it cannot follow, or must not. */
export function rulesForPackage(tokenizer: Json): Json {
  for (const id of tokenIds(tokenizer))
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > MAX_TOKEN)
      throw new TokenizerError(
        `The tokenizer has a token of the id ${String(id).slice(0, 40)}: ids are integers up to ${MAX_TOKEN}.`,
      )
  for (const token of listOf(tokenizer['added_tokens'])) {
    if (typeof token['content'] !== 'string' || token['content'] === '')
      throw new TokenizerError('The tokenizer adds a token without text.')
    if (token['single_word'] === true)
      throw new TokenizerError(
        `The tokenizer adds "${token['content'].slice(0, 100)}" as a word of its own (single_word): that is not supported.`,
      )
  }
  const kept = ['normalizer', 'post_processor', 'decoder'].map((name) => [name, rewrite(tokenizer[name] ?? null, 0)])
  return {
    ...tokenizer,
    ...Object.fromEntries(kept),
    pre_tokenizer: rewrite(tokenizer['pre_tokenizer'] ?? null, 0, translated),
  }
}

/** Ids in the vocabulary and of added tokens. A vocabulary that is a list counts its pieces. */
function tokenIds(tokenizer: Json): unknown[] {
  const { vocab } = Object(tokenizer['model']) as { vocab?: unknown }
  const ids = Array.isArray(vocab) ? [Math.max(vocab.length - 1, 0)] : Object.values(Object(vocab) as Json)
  for (const token of listOf(tokenizer['added_tokens'])) ids.push(token['id'])
  return ids
}

function listOf(value: unknown): Json[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'object' || each === null))
    throw new TokenizerError('The tokenizer adds tokens that are none.')
  return value as Json[]
}

/** Goes through rules within rules, and changes each as `change` does. */
function rewrite(value: unknown, depth: number, change: (rule: Json) => Json = (rule) => rule): unknown {
  if (depth > MAX_RULE_DEPTH) throw new TokenizerError(`The tokenizer nests rules deeper than ${MAX_RULE_DEPTH}.`)
  if (Array.isArray(value)) return value.map((each) => rewrite(each, depth + 1, change))
  if (typeof value !== 'object' || value === null) return value
  const rule = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rewrite(each, depth + 1, change)]))
  // Without one the package warns on the console, and goes on.
  if ('pattern' in rule || rule['type'] === 'Split' || rule['type'] === 'Replace') assertPattern(rule['pattern'])
  return change(rule)
}

/** A pattern is a text to be found as it is, or a regular expression. */
function assertPattern(value: unknown): void {
  const { Regex: regex, String: text } = Object(value) as Json
  if (typeof (regex ?? text) !== 'string') throw new TokenizerError('The tokenizer has a pattern that is no text.')
  if (typeof regex === 'string') assertTamePattern(regex)
}

/** A rule that cuts text into words. */
function translated(rule: Json): Json {
  switch (rule['type']) {
    case 'Digits':
      // The package knows the digits of ASCII alone.
      return splitAt(rule['individual_digits'] === true ? '\\p{N}' : '\\p{N}+')
    case 'ByteLevel':
      return wordsOf(rule)
    case 'Split':
      assertIsolating(rule)
      return rule
    default:
      return rule
  }
}

/** The package's own pattern takes U+FEFF for a space, and a line end of Unicode for none. */
function wordsOf(rule: Json): Json {
  // A space in front of every word is another thing than one in front of the text.
  if (rule['use_regex'] === false || rule['add_prefix_space'] === true) return rule
  return { type: 'Sequence', pretokenizers: [splitAt(GPT2_WORDS), { ...rule, use_regex: false }] }
}

function splitAt(pattern: string): Json {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false }
}

/** The package cuts and keeps, or cuts and drops. */
function assertIsolating({ behavior }: Json): void {
  if (behavior === undefined || (typeof behavior === 'string' && /^(?:isolated|removed)$/i.test(behavior))) return
  const name = typeof behavior === 'string' ? behavior.slice(0, 40) : typeof behavior
  throw new TokenizerError(`The tokenizer splits with the behavior "${name}": Isolated and Removed are supported.`)
}
