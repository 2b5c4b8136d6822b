// Writes Llamas as ONNX the way published models for transformers.js are: ONNX Runtime's fused attention and norms, floats everywhere.
import { concat } from '#core/bytes.ts'
import type { FloatTensors } from '#model/convert/llama.ts'
import type { LlamaConfig } from '#model/formats/config.ts'
import { type Encoded, float, integer, message, text } from './protobuf.ts'

/** ONNX's numbers for element types, and for the kinds of attributes. */
const ELEMENT = { f32: 1, i32: 6, i64: 7 } as const
const ATTRIBUTE = { float: 1, integer: 2 } as const

/** ONNX Runtime's own operators. */
const MICROSOFT = 'com.microsoft'

type Dimension = number | string
type Attributes = Readonly<Record<string, { readonly f: number } | { readonly i: number }>>

/** The model file. */
export async function llamaOnnx(config: LlamaConfig, tensors: FloatTensors): Promise<Encoded> {
  const graph = new Graph()
  const { headDim, kvHeads, layers, vocabulary, width } = config
  graph.input('input_ids', ELEMENT.i64, ['batch_size', 'sequence_length'])
  graph.input('attention_mask', ELEMENT.i64, ['batch_size', 'total_sequence_length'])
  countPositions(graph)
  addRotations(graph, config)
  graph.floats('embedding', [vocabulary, width], await tensors.read('model.embed_tokens.weight', [vocabulary, width]))
  let [residual, added] = [graph.node('Gather', ['embedding', 'input_ids']), '']
  for (let i = 0; i < layers; i++) {
    const cache = ['batch_size', kvHeads, 'past_sequence_length', headDim]
    for (const part of ['key', 'value']) {
      graph.input(`past_key_values.${i}.${part}`, ELEMENT.f32, cache)
      graph.output(`present.${i}.${part}`, ELEMENT.f32, ['batch_size', kvHeads, 'total_sequence_length', headDim])
    }
    ;[residual, added] = await addLayer(graph, config, tensors, i, residual, added)
  }
  const [normed] = await addNorm(graph, config, tensors, 'model.norm', residual, added)
  const head = await tensors.read(config.isTied ? 'model.embed_tokens.weight' : 'lm_head.weight', [vocabulary, width])
  graph.floats('head', [width, vocabulary], transposed(head, vocabulary, width))
  graph.node('MatMul', [normed, 'head'], {}, { outputs: ['logits'] })
  graph.output('logits', ELEMENT.f32, ['batch_size', 'sequence_length', vocabulary])
  return graph.encode()
}

/** What transformers.js reads beside the model. */
export function onnxConfigs(config: LlamaConfig): Readonly<Record<'config.json' | 'generation_config.json', object>> {
  return {
    'config.json': {
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      vocab_size: config.vocabulary,
      hidden_size: config.width,
      intermediate_size: config.hidden,
      num_hidden_layers: config.layers,
      num_attention_heads: config.heads,
      num_key_value_heads: config.kvHeads,
      head_dim: config.headDim,
      rms_norm_eps: config.epsilon,
      rope_theta: config.theta,
      max_position_embeddings: config.maxPositions,
      tie_word_embeddings: config.isTied,
    },
    'generation_config.json': {},
  }
}

/** A layer's addition to the residual is left to the norm after it, which adds and normalises in one. */
async function addLayer(
  graph: Graph,
  config: LlamaConfig,
  tensors: FloatTensors,
  layer: number,
  before: string,
  addedBefore: string,
): Promise<[residual: string, added: string]> {
  const { width, hidden, heads, kvHeads, headDim } = config
  const prefix = `model.layers.${layer}`
  const linear = async (from: string, name: string, rows: number, cols: number) => {
    graph.floats(name, [cols, rows], transposed(await tensors.read(`${name}.weight`, [rows, cols]), rows, cols))
    return graph.node('MatMul', [from, name])
  }
  const [a, residual] = await addNorm(graph, config, tensors, `${prefix}.input_layernorm`, before, addedBefore)
  const query = await linear(a, `${prefix}.self_attn.q_proj`, heads * headDim, width)
  const key = await linear(a, `${prefix}.self_attn.k_proj`, kvHeads * headDim, width)
  const value = await linear(a, `${prefix}.self_attn.v_proj`, kvHeads * headDim, width)
  const past = [`past_key_values.${layer}.key`, `past_key_values.${layer}.value`]
  const attended = graph.node(
    'GroupQueryAttention',
    [query, key, value, ...past, 'lengths', 'total', 'cos', 'sin'],
    { num_heads: { i: heads }, kv_num_heads: { i: kvHeads }, do_rotary: { i: 1 }, rotary_interleaved: { i: 0 } },
    { domain: MICROSOFT, outputs: [`${prefix}.attended`, `present.${layer}.key`, `present.${layer}.value`] },
  )
  const output = await linear(attended, `${prefix}.self_attn.o_proj`, width, heads * headDim)
  const [b, sum] = await addNorm(graph, config, tensors, `${prefix}.post_attention_layernorm`, residual, output)
  const gate = await linear(b, `${prefix}.mlp.gate_proj`, hidden, width)
  const up = await linear(b, `${prefix}.mlp.up_proj`, hidden, width)
  const silu = graph.node('Mul', [gate, graph.node('Sigmoid', [gate])])
  const down = await linear(graph.node('Mul', [silu, up]), `${prefix}.mlp.down_proj`, width, hidden)
  return [sum, down]
}

async function addNorm(
  graph: Graph,
  { epsilon, width }: LlamaConfig,
  tensors: FloatTensors,
  name: string,
  residual: string,
  added: string,
): Promise<[normed: string, sum: string]> {
  graph.floats(name, [width], await tensors.read(`${name}.weight`, [width]))
  if (added === '')
    return [graph.node('SimplifiedLayerNormalization', [residual, name], { epsilon: { f: epsilon } }), residual]
  const [normed, sum] = [`${name}.normed`, `${name}.sum`]
  graph.node(
    'SkipSimplifiedLayerNormalization',
    [residual, added, name],
    { epsilon: { f: epsilon } },
    { domain: MICROSOFT, outputs: [normed, '', '', sum] },
  )
  return [normed, sum]
}

/** Fused attention wants the last position of each sequence and the positions of all. */
function countPositions(graph: Graph): void {
  graph.integers('one', [1], ELEMENT.i64, [1n])
  graph.integers('index', [], ELEMENT.i64, [1n])
  const count = graph.node('ReduceSum', ['attention_mask', 'one'], { keepdims: { i: 0 } })
  graph.node('Cast', [graph.node('Sub', [count, 'one'])], { to: { i: ELEMENT.i32 } }, { outputs: ['lengths'] })
  const positions = graph.node('Gather', [graph.node('Shape', ['attention_mask']), 'index'], { axis: { i: 0 } })
  graph.node('Cast', [positions], { to: { i: ELEMENT.i32 } }, { outputs: ['total'] })
}

function addRotations(graph: Graph, { headDim, maxPositions, theta }: LlamaConfig): void {
  const pairs = headDim / 2
  const angles = Float64Array.from(
    { length: maxPositions * pairs },
    (_, i) => Math.floor(i / pairs) * theta ** (-(i % pairs) / pairs),
  )
  graph.floats('cos', [maxPositions, pairs], Float32Array.from(angles, Math.cos))
  graph.floats('sin', [maxPositions, pairs], Float32Array.from(angles, Math.sin))
}

function transposed(values: Float32Array, rows: number, cols: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length)
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++) out[col * rows + row] = values[row * cols + col] ?? 0
  return out
}

/** GraphProto and ModelProto of onnx.proto3, field by field. */
class Graph {
  readonly #nodes: Encoded[] = []
  readonly #initializers: Encoded[] = []
  readonly #values: Encoded[] = []

  input(name: string, element: number, shape: readonly Dimension[]): void {
    this.#values.push(message(11, valueInfo(name, element, shape)))
  }

  output(name: string, element: number, shape: readonly Dimension[]): void {
    this.#values.push(message(12, valueInfo(name, element, shape)))
  }

  floats(name: string, shape: readonly number[], values: Float32Array): void {
    this.#initializers.push(tensor(name, shape, ELEMENT.f32, new Uint8Array(Float32Array.from(values).buffer)))
  }

  integers(name: string, shape: readonly number[], element: number, values: readonly bigint[]): void {
    this.#initializers.push(tensor(name, shape, element, new Uint8Array(BigInt64Array.from(values).buffer)))
  }

  /** Adds an operator and returns the name of its first output. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    {
      domain = '',
      outputs = [`${operator}.${this.#nodes.length}`],
    }: { domain?: string; outputs?: readonly string[] } = {},
  ): string {
    this.#nodes.push(
      message(
        1,
        ...inputs.map((name) => text(1, name)),
        ...outputs.map((name) => text(2, name)),
        text(3, `${operator}.${this.#nodes.length}`),
        text(4, operator),
        ...Object.entries(attributes).map(([name, value]) => message(5, text(1, name), ...attributeValue(value))),
        text(7, domain),
      ),
    )
    return outputs[0] ?? ''
  }

  encode(): Encoded {
    const graph = message(7, ...this.#nodes, text(2, 'llama'), ...this.#initializers, ...this.#values)
    const opset = message(8, text(1, ''), integer(2, 17))
    const own = message(8, text(1, MICROSOFT), integer(2, 1))
    return concat(integer(1, 8), graph, opset, own)
  }
}

function attributeValue(value: { readonly f: number } | { readonly i: number }): Encoded[] {
  return 'f' in value
    ? [float(2, value.f), integer(20, ATTRIBUTE.float)]
    : [integer(3, value.i), integer(20, ATTRIBUTE.integer)]
}

function tensor(name: string, shape: readonly number[], element: number, bytes: Uint8Array): Encoded {
  const dims = shape.map((dim) => integer(1, dim))
  return message(5, ...dims, integer(2, element), text(8, name), message(9, bytes))
}

function valueInfo(name: string, element: number, shape: readonly Dimension[]): Encoded {
  const dims = shape.map((dim) => message(1, typeof dim === 'number' ? integer(1, dim) : text(2, dim)))
  return concat(text(1, name), message(2, message(1, integer(1, element), message(2, ...dims))))
}
