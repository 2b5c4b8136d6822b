// Metadata of a GGUF file -> what config.json of the same model says, so that one function decides what is supported.
import type { Gguf, GgufValue } from './gguf.ts'
import { UnsupportedModelError } from './unsupported.ts'

/** Hugging Face's class for llama.cpp's architecture; Mistral is a "llama" there, and computes the same. */
const CLASSES: ReadonlyMap<string, string> = new Map([
  ['llama', 'LlamaForCausalLM'],
  ['qwen2', 'Qwen2ForCausalLM'],
  ['qwen3', 'Qwen3ForCausalLM'],
])

/** Llama 3's scaling of rotary frequencies, of which a GGUF file has only the outcome, one factor a frequency. */
const LLAMA3 = { low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 }

/** How far a factor of the file may be from that of the formula: it is computed in f32. */
const FACTOR_TOLERANCE = 1e-4

/** What config.json would hold. `ropeFactors` are the values of the tensor of that name, null when there is none. */
export function configOfGguf(file: Gguf, ropeFactors: Float32Array | null): Record<string, unknown> {
  const architecture = file.metadata.get('general.architecture')
  if (typeof architecture !== 'string') throw new UnsupportedModelError('general.architecture is missing')
  const name = CLASSES.get(architecture)
  if (name === undefined)
    throw new UnsupportedModelError(
      `the architecture ${architecture.slice(0, 100)} is not supported (${[...CLASSES.keys()].join(', ')} are)`,
    )
  const value = (key: string) => numberOf(file, `${architecture}.${key}`)
  if ((value('expert_count') ?? 0) > 0) throw new UnsupportedModelError('mixtures of experts are not supported')
  const shards = numberOf(file, 'split.count') ?? 1
  if (shards > 1)
    throw new UnsupportedModelError(`the file is one of ${shards} parts: join them first (llama-gguf-split --merge)`)
  const need = (key: string) => {
    const found = value(key)
    if (found === undefined) throw new UnsupportedModelError(`${architecture}.${key} is missing`)
    return found
  }
  const [width, heads] = [need('embedding_length'), need('attention.head_count')]
  const headDim = value('attention.key_length') ?? width / heads
  if ((value('attention.value_length') ?? headDim) !== headDim)
    throw new UnsupportedModelError('values of another size than keys are not supported')
  const turned = value('rope.dimension_count') ?? headDim
  if (turned !== headDim)
    throw new UnsupportedModelError(`rotary embeddings of ${turned} of ${headDim} values are not supported`)
  const theta = decimal(value('rope.freq_base') ?? 10_000)
  return {
    architectures: [name],
    vocab_size: file.tensors.get('token_embd.weight')?.shape[0],
    hidden_size: width,
    intermediate_size: need('feed_forward_length'),
    num_hidden_layers: need('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: value('attention.head_count_kv') ?? heads,
    head_dim: headDim,
    rms_norm_eps: decimal(need('attention.layer_norm_rms_epsilon')),
    rope_theta: theta,
    rope_scaling: ropeScaling(file, architecture, ropeFactors, theta),
    max_position_embeddings: need('context_length'),
    sliding_window: value('attention.sliding_window') ?? null,
    tie_word_embeddings: !file.tensors.has('output.weight'),
  }
}

/** An f32 of the file stands for the shortest decimal that rounds to it: 1e-5, not 9.99999974737875e-6. */
function decimal(value: number): number {
  if (Math.fround(value) !== value) return value
  for (let digits = 1; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits))
    if (Math.fround(shorter) === value) return shorter
  }
  return value
}

function ropeScaling(
  file: Gguf,
  architecture: string,
  ropeFactors: Float32Array | null,
  theta: number,
): Record<string, unknown> | null {
  if (ropeFactors !== null) return llama3Scaling(ropeFactors, theta)
  const type = file.metadata.get(`${architecture}.rope.scaling.type`) ?? 'none'
  if (type === 'none') return null
  const value = (key: string) => {
    const found = numberOf(file, `${architecture}.rope.scaling.${key}`)
    return found === undefined ? undefined : decimal(found)
  }
  if ((value('attn_factor') ?? 1) !== 1)
    throw new UnsupportedModelError('rope scaling with a factor of attention is not supported')
  const given = {
    factor: value('factor'),
    original_max_position_embeddings: value('original_context_length'),
    beta_fast: value('yarn_beta_fast'),
    beta_slow: value('yarn_beta_slow'),
  }
  return { rope_type: type, ...Object.fromEntries(Object.entries(given).filter(([, each]) => each !== undefined)) }
}

/** The scaling whose factors these are. Throws {@link UnsupportedModelError} unless they are Llama 3's. */
function llama3Scaling(factors: Float32Array, theta: number): Record<string, unknown> | null {
  const factor = factors.reduce((a, b) => Math.max(a, b), 1)
  if (factor === 1 && factors.every((each) => each === 1)) return null
  const { low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: original } = LLAMA3
  const isLlama3 = factors.every((each, i) => {
    const wavelength = 2 * Math.PI * theta ** (i / factors.length)
    const smooth = Math.min(Math.max((original / wavelength - low) / (high - low), 0), 1)
    const wanted = 1 / ((1 - smooth) / factor + smooth)
    return Math.abs(each - wanted) <= FACTOR_TOLERANCE * wanted
  })
  if (!isLlama3) throw new UnsupportedModelError("the factors of its rotary frequencies are not Llama 3's")
  return { rope_type: 'llama3', factor, ...LLAMA3 }
}

/** A number of the metadata. Throws {@link UnsupportedModelError} when there is another thing: some models vary by layer. */
function numberOf(file: Gguf, key: string): number | undefined {
  const value: GgufValue | undefined = file.metadata.get(key)
  if (value === undefined || typeof value === 'number') return value
  throw new UnsupportedModelError(`${key} is ${Array.isArray(value) ? 'a list' : typeof value}, not a number`)
}
