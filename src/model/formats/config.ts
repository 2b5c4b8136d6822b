// config.json of a Hugging Face folder -> the sizes of a Llama-family model. What the exact format cannot express is named and refused.
import * as v from 'valibot'
import { AppError } from '#core/errors.ts'

/** A float model's architecture. `theta` and `epsilon` are the doubles of the source. */
export type LlamaConfig = {
  readonly architecture: 'llama' | 'mistral' | 'qwen2'
  readonly vocabulary: number
  readonly width: number
  readonly hidden: number
  readonly layers: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  readonly epsilon: number
  readonly theta: number
  readonly maxPositions: number
  readonly isTied: boolean
}

/** Largest vocabulary, width and layer count: beyond any published model, so that products of them stay exact. */
const MAX_VOCABULARY = 2 ** 20
const MAX_WIDTH = 2 ** 15
const MAX_LAYERS = 512

/** Longest context: 65,536 positions keep attention sums exact in doubles. */
const MAX_CONTEXT = 65_536

/** Largest head: what keeps a score's sums in range. */
const MAX_HEAD_DIM = 512

const ARCHITECTURES: Readonly<Record<string, LlamaConfig['architecture']>> = {
  LlamaForCausalLM: 'llama',
  MistralForCausalLM: 'mistral',
  Qwen2ForCausalLM: 'qwen2',
}

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
  rms_norm_eps: positive,
  rope_theta: v.optional(positive),
  rope_scaling: v.nullish(v.unknown()),
  rope_parameters: v.nullish(v.looseObject({ rope_theta: v.optional(positive), rope_type: v.optional(v.string()) })),
  max_position_embeddings: count(2 ** 31 - 1),
  tie_word_embeddings: v.optional(v.boolean()),
  hidden_act: v.optional(v.string()),
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
  const name = config.architectures[0] ?? ''
  const architecture = ARCHITECTURES[name]
  if (architecture === undefined)
    throw new UnsupportedModelError(
      `the architecture ${name} is not supported (${Object.keys(ARCHITECTURES).join(', ')} are)`,
    )
  assertPlainRope(config)
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
    theta: config.rope_parameters?.rope_theta ?? config.rope_theta ?? 10_000,
    maxPositions: contextLength(config),
    isTied: config.tie_word_embeddings ?? false,
  }
}

type ParsedConfig = v.InferOutput<typeof configSchema>

/** Attention here sees everything before it: a sliding window bounds the context instead of being ignored. */
function contextLength(config: ParsedConfig): number {
  const hasWindow = config.sliding_window != null && config.use_sliding_window !== false
  const window = hasWindow ? (config.sliding_window ?? MAX_CONTEXT) : MAX_CONTEXT
  return Math.min(config.max_position_embeddings, window, MAX_CONTEXT)
}

function assertPlainRope(config: ParsedConfig): void {
  const type = config.rope_parameters?.rope_type ?? 'default'
  if (config.rope_scaling != null || type !== 'default')
    throw new UnsupportedModelError('scaled rotary embeddings (rope_scaling) are not supported yet')
}

/** A model that the exact format cannot express. */
export class UnsupportedModelError extends AppError {
  override readonly name = 'model.Unsupported'
  constructor(problem: string) {
    super('input', `The model cannot be used: ${problem}.`)
  }
}
