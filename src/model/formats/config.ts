// config.json of a Hugging Face folder -> the sizes of a Llama-family model. What the exact format cannot express is named and refused.
import * as v from 'valibot'
import { type RopeScaling, parseRopeConfig } from './rope-config.ts'
import { UnsupportedModelError } from './unsupported.ts'

/** A float model's architecture. `theta` and `epsilon` are the doubles of the source; qwen3 normalises the heads of queries and keys. */
export type LlamaConfig = {
  readonly architecture: 'llama' | 'mistral' | 'qwen2' | 'qwen3'
  readonly vocabulary: number
  readonly width: number
  readonly hidden: number
  readonly layers: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  readonly epsilon: number
  readonly theta: number
  /** Absent: the frequencies are theta^(-2j/d). */
  readonly ropeScaling?: RopeScaling
  readonly maxPositions: number
  readonly isTied: boolean
}

/** Largest vocabulary, width and layer count: beyond any published model, so that products of them stay exact. */
const MAX_VOCABULARY = 2 ** 20
const MAX_WIDTH = 2 ** 15
const MAX_LAYERS = 512

/** Largest epsilon of a norm; they are near 1e-5. With it, width·eps·2^48 stays within 64 bits. */
const MAX_EPSILON = 1

/** Longest context: 65,536 positions keep attention sums exact in doubles. */
const MAX_CONTEXT = 65_536

/** Largest head: what keeps a score's sums in range. */
const MAX_HEAD_DIM = 512

const ARCHITECTURES: Readonly<Record<string, LlamaConfig['architecture']>> = {
  LlamaForCausalLM: 'llama',
  MistralForCausalLM: 'mistral',
  Qwen2ForCausalLM: 'qwen2',
  Qwen3ForCausalLM: 'qwen3',
}

/** What some configs ask for and the exact format has not, whatever the architecture is called. */
const REFUSED: readonly [name: string, what: string][] = [
  ['num_experts', 'a mixture of experts'],
  ['num_local_experts', 'a mixture of experts'],
  ['n_routed_experts', 'a mixture of experts'],
  ['attn_logit_softcapping', 'a soft cap on attention'],
  ['final_logit_softcapping', 'a soft cap on logits'],
  ['mlp_bias', 'biases in the feed-forward layers'],
  ['quantization_config', 'weights that are quantised already'],
]

const count = (max: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(max))
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0))
const configSchema = v.object({
  architectures: v.pipe(v.array(v.string()), v.minLength(1)),
  vocab_size: count(MAX_VOCABULARY),
  hidden_size: count(MAX_WIDTH),
  intermediate_size: count(MAX_WIDTH * 8),
  num_hidden_layers: count(MAX_LAYERS),
  num_attention_heads: count(1024),
  num_key_value_heads: v.optional(count(1024)),
  head_dim: v.nullish(count(MAX_HEAD_DIM)),
  rms_norm_eps: v.pipe(positive, v.maxValue(MAX_EPSILON)),
  max_position_embeddings: count(2 ** 31 - 1),
  tie_word_embeddings: v.optional(v.boolean()),
  hidden_act: v.optional(v.string()),
  attention_bias: v.optional(v.boolean()),
  sliding_window: v.nullish(count(2 ** 31 - 1)),
  use_sliding_window: v.optional(v.boolean()),
})

/** Reads the parsed `config.json`. Throws {@link UnsupportedModelError} naming what does not fit. */
export function parseLlamaConfig(json: unknown): LlamaConfig {
  const parsed = v.safeParse(configSchema, json)
  if (!parsed.success) {
    const issue = parsed.issues[0]
    throw new UnsupportedModelError(`config.json is wrong at ${v.getDotPath(issue) ?? 'its root'}: ${issue.message}`)
  }
  const config = parsed.output
  assertPlain(json, config)
  const name = config.architectures[0] ?? ''
  const architecture = ARCHITECTURES[name]
  if (architecture === undefined)
    throw new UnsupportedModelError(
      `the architecture ${name} is not supported (${Object.keys(ARCHITECTURES).join(', ')} are)`,
    )
  const { theta, scaling } = parseRopeConfig(json)
  if ((config.hidden_act ?? 'silu') !== 'silu')
    throw new UnsupportedModelError(`the activation ${config.hidden_act} is not supported (silu is)`)
  const heads = config.num_attention_heads
  const kvHeads = config.num_key_value_heads ?? heads
  const headDim = config.head_dim ?? config.hidden_size / heads
  if (heads % kvHeads !== 0) throw new UnsupportedModelError(`${heads} heads do not divide into ${kvHeads} groups`)
  if (!Number.isInteger(headDim) || headDim % 8 !== 0 || headDim > MAX_HEAD_DIM)
    throw new UnsupportedModelError(`a head of ${headDim} values is not a multiple of 8 up to ${MAX_HEAD_DIM}`)
  return {
    architecture,
    vocabulary: config.vocab_size,
    width: config.hidden_size,
    hidden: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads,
    kvHeads,
    headDim,
    epsilon: config.rms_norm_eps,
    theta,
    ...(scaling === null ? {} : { ropeScaling: scaling }),
    maxPositions: contextLength(config),
    isTied: config.tie_word_embeddings ?? false,
  }
}

type ParsedConfig = v.InferOutput<typeof configSchema>

function assertPlain(json: unknown, { attention_bias: hasBias, architectures }: ParsedConfig): void {
  const fields = new Map(Object.entries(Object(json) as Record<string, unknown>))
  const refused = REFUSED.find(([name]) => Boolean(fields.get(name)))
  if (refused !== undefined) throw new UnsupportedModelError(`${refused[1]} (${refused[0]}) is not supported`)
  // Where a config asks for it, the output projection has a bias too; Qwen2 has its three without being asked.
  if (hasBias === true) throw new UnsupportedModelError(`attention_bias of ${architectures[0]} is not supported`)
}

/** Attention here sees everything before it: a sliding window bounds the context instead of being ignored. */
function contextLength(config: ParsedConfig): number {
  const hasWindow = config.sliding_window != null && config.use_sliding_window !== false
  const window = hasWindow ? (config.sliding_window ?? MAX_CONTEXT) : MAX_CONTEXT
  return Math.min(config.max_position_embeddings, window, MAX_CONTEXT)
}
