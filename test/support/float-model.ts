// Float models of random weights under the tensor names of their architecture: what a conversion reads, and nothing else is there.
import { seededRandom } from '#core/random.ts'
import type { FloatTensors } from '#model/convert/llama.ts'
import { type LlamaConfig, parseLlamaConfig } from '#model/formats/config.ts'
import { MissingTensorError } from '#model/formats/safetensors.ts'

/** config.json of a small model; `change` makes it one of an architecture. */
export function smallConfig(change: object): LlamaConfig {
  return parseLlamaConfig({
    architectures: ['LlamaForCausalLM'],
    vocab_size: 256,
    hidden_size: 48,
    intermediate_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 16,
    rms_norm_eps: 1e-6,
    max_position_embeddings: 512,
    tie_word_embeddings: false,
    ...change,
  })
}

/** Names and shapes of an architecture's tensors. */
export function tensorShapes(config: LlamaConfig): Map<string, readonly number[]> {
  const { architecture, vocabulary, width, hidden, layers, heads, kvHeads, headDim } = config
  const shapes = new Map<string, readonly number[]>([
    ['model.embed_tokens.weight', [vocabulary, width]],
    ['model.norm.weight', [width]],
  ])
  if (!config.isTied) shapes.set('lm_head.weight', [vocabulary, width])
  for (let i = 0; i < layers; i++) {
    const set = (name: string, ...shape: number[]) => shapes.set(`model.layers.${i}.${name}`, shape)
    for (const name of ['input_layernorm', 'post_attention_layernorm']) set(`${name}.weight`, width)
    for (const [name, rows] of [['q', heads] as const, ['k', kvHeads] as const, ['v', kvHeads] as const]) {
      set(`self_attn.${name}_proj.weight`, rows * headDim, width)
      if (architecture === 'qwen2') set(`self_attn.${name}_proj.bias`, rows * headDim)
      if (architecture === 'qwen3' && name !== 'v') set(`self_attn.${name}_norm.weight`, headDim)
    }
    set('self_attn.o_proj.weight', width, heads * headDim)
    for (const name of ['gate', 'up']) set(`mlp.${name}_proj.weight`, hidden, width)
    set('mlp.down_proj.weight', width, hidden)
  }
  return shapes
}

/** The tensors, drawn from `seed`: gains about 1, biases and weights about 0, so that nothing fades away. `change` may replace values. */
export function randomFloatTensors(
  config: LlamaConfig,
  seed: string,
  change: (name: string, values: Float32Array<ArrayBuffer>) => void = () => undefined,
): FloatTensors {
  const shapes = tensorShapes(config)
  const readOptional = async (name: string, shape: readonly number[]) => {
    const own = shapes.get(name)
    if (own === undefined) return null
    if (own.join('x') !== shape.join('x'))
      throw new RangeError(`${name} has shape ${own.join('x')}, not ${shape.join('x')}.`)
    const values = draw(name, own)
    change(name, values)
    return values
  }
  const draw = (name: string, [rows = 1, cols = 1]: readonly number[]) => {
    const bytes = new Int16Array(seededRandom(`${seed}/${name}`).bytes(2 * rows * cols).buffer)
    if (name.endsWith('norm.weight')) return Float32Array.from(bytes, (x) => 1 + x / 2 ** 16)
    const spread = name.endsWith('bias') ? 0.5 : Math.sqrt(3 / cols)
    return Float32Array.from(bytes, (x) => (x / 2 ** 15) * spread)
  }
  return {
    readOptional,
    async read(name, shape) {
      const values = await readOptional(name, shape)
      if (values === null) throw new MissingTensorError(name)
      return values
    },
  }
}
