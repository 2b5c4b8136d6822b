// A tokenizer of a Hugging Face folder, kept in the model file: tokenizer.json and the special tokens of tokenizer_config.json.
import { Tokenizer as HuggingFace } from '@huggingface/tokenizers'
import * as v from 'valibot'
import { type Tokenizer, TokenizerError, assertWellFormed, decoderOf } from '#model/tokenizer.ts'
import { rulesForPackage } from './rules.ts'

/** What is kept of tokenizer_config.json: what its templates and its decoder look at. */
export type TokenizerConfig = v.InferOutput<typeof configSchema>

const specialSchema = v.nullish(
  v.union([
    v.string(),
    v.pipe(
      v.object({ content: v.string() }),
      v.transform(({ content }) => content),
    ),
  ]),
)
const configSchema = v.object({
  bos_token: specialSchema,
  eos_token: specialSchema,
  clean_up_tokenization_spaces: v.nullish(v.boolean()),
})
const keptSchema = v.object({
  tokenizer: v.object({ model: v.looseObject({}) }),
  config: configSchema,
})

/** The text that a model file keeps, of a folder's tokenizer.json and tokenizer_config.json. Throws {@link TokenizerError}. */
export function keepTokenizer(tokenizerJson: string, configJson: string): string {
  const config = v.safeParse(configSchema, parseJson(configJson, 'tokenizer_config.json'))
  if (!config.success) throw new TokenizerError(`tokenizer_config.json is wrong: ${config.issues[0].message}.`)
  const kept = { tokenizer: parseJson(tokenizerJson, 'tokenizer.json'), config: config.output }
  const text = JSON.stringify(kept)
  openHuggingFaceTokenizer(text)
  return text
}

/** A tokenizer, and what chat templates are told of it. */
export type KeptTokenizer = {
  readonly tokenizer: Tokenizer
  readonly config: TokenizerConfig
  /** One more than the largest token. */
  readonly vocabulary: number
}

/** Opens what {@link keepTokenizer} kept. Throws {@link TokenizerError} when it is none. */
export function openHuggingFaceTokenizer(kept: string): KeptTokenizer {
  const parsed = v.safeParse(keptSchema, parseJson(kept, 'tokenizer'))
  if (!parsed.success) throw new TokenizerError(`The tokenizer is wrong: ${parsed.issues[0].message}.`)
  const { config } = parsed.output
  const { tokenizer: json } = parseJson(kept, 'tokenizer') as { tokenizer: object }
  const inner = openInner(json, config)
  const encode = (text: string, special: boolean) => {
    assertWellFormed(text)
    return followed(() => inner.encode(text, { add_special_tokens: special }).ids)
  }
  let vocabulary = 0
  for (const id of inner.get_vocab(true).values()) vocabulary = Math.max(vocabulary, id + 1)
  // Models have more rows than tokens, for the sake of round numbers: such a row stands for no text.
  const decode = (tokens: readonly number[]) => {
    const known = tokens.filter((token) => inner.id_to_token(token) !== undefined)
    return known.length === 0 ? '' : followed(() => inner.decode(known, { skip_special_tokens: true }))
  }
  const tokenizer: Tokenizer = {
    encode: (text) => encode(text, true),
    encodeRendered: (text) => encode(text, false),
    decode,
    openDecoder: () => decoderOf(decode),
  }
  return { tokenizer, config, vocabulary }
}

/** What rules that are not sound do to a text is told like any other fault of a tokenizer. */
function followed<T>(follow: () => T): T {
  try {
    return follow()
  } catch (cause) {
    throw new TokenizerError("The tokenizer's rules fail on this text.", { cause })
  }
}

function openInner(json: object, config: TokenizerConfig): HuggingFace {
  try {
    return new HuggingFace(rulesForPackage(json as Record<string, unknown>), config)
  } catch (cause) {
    if (cause instanceof TokenizerError) throw cause
    throw new TokenizerError('tokenizer.json describes no tokenizer that can be used.', { cause })
  }
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TokenizerError(`${name} is not JSON.`, { cause })
  }
}
