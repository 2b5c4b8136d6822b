// Models that hurt integers, made from others: outliers that leave the function as it is, large key biases, one channel far above the rest,
// a massive residual, an attention sink. Each is a float model like any other, with a float64 reference of its own.
import type { FloatTensors } from '#model/convert/llama.ts'
import type { LlamaConfig } from '#model/formats/config.ts'

/** A float model. */
export type FloatSource = { readonly config: LlamaConfig; readonly tensors: FloatTensors }

type Change = (values: Float32Array<ArrayBuffer>) => void

/** Two channels of each kind `factor` times larger: the function stays. */
export function withOutliers(source: FloatSource, factor: number): FloatSource {
  return withLoudNormed(withLoudHidden(source, [5, 200], factor), [7, 90], factor)
}

/** Channels of every feed-forward layer `factor` times larger between up and down: the function stays, as far as nothing is cut. */
export function withLoudHidden(
  { config, tensors }: FloatSource,
  wanted: readonly number[],
  factor: number,
): FloatSource {
  const { width, hidden, layers } = config
  const channels = wanted.map((each) => each % hidden)
  const changes = new Map<string, Change>()
  for (let i = 0; i < layers; i++) {
    changes.set(`model.layers.${i}.mlp.up_proj.weight`, (values) => {
      for (const row of channels) scaleRow(values, width, row, factor)
    })
    changes.set(`model.layers.${i}.mlp.down_proj.weight`, (values) =>
      scaleColumns(values, hidden, channels, 1 / factor),
    )
  }
  return { config, tensors: changed(tensors, changes) }
}

/** Channels of every norm before a feed-forward layer `factor` times larger between its gain and gate and up: the function stays. */
export function withLoudNormed(
  { config, tensors }: FloatSource,
  wanted: readonly number[],
  factor: number,
): FloatSource {
  const { width, layers } = config
  const channels = wanted.map((each) => each % width)
  const changes = new Map<string, Change>()
  const quieter: Change = (values) => scaleColumns(values, width, channels, 1 / factor)
  for (let i = 0; i < layers; i++) {
    const prefix = `model.layers.${i}`
    changes.set(`${prefix}.post_attention_layernorm.weight`, (values) => scaleColumns(values, width, channels, factor))
    changes.set(`${prefix}.mlp.gate_proj.weight`, quieter)
    changes.set(`${prefix}.mlp.up_proj.weight`, quieter)
  }
  return { config, tensors: changed(tensors, changes) }
}

/** A token whose embedding holds `residual` in one channel, which the norms' gains keep small: the massive activation of larger models. */
export function withMassiveToken({ config, tensors }: FloatSource, token: number, residual: number): FloatSource {
  const at = 3 % config.width
  const changes = new Map<string, Change>([
    ['model.embed_tokens.weight', (values) => void (values[token * config.width + at] = residual)],
  ])
  for (let i = 0; i < config.layers; i++)
    for (const name of ['input_layernorm', 'post_attention_layernorm'])
      changes.set(`model.layers.${i}.${name}.weight`, (values) => scaleColumns(values, config.width, [at], 1 / 1024))
  changes.set('model.norm.weight', (values) => scaleColumns(values, config.width, [at], 1 / 1024))
  return withOwnHead({ config, tensors }, changed(tensors, changes))
}

/** Qwen2's biases, those of keys with `norm` in each head, on the pair that turns slowest, where such models have theirs. */
export function withKeyBias({ config, tensors }: FloatSource, norm: number): FloatSource {
  const { headDim } = config
  const fill = (bias: Float32Array) => {
    for (let head = 0; head < bias.length; head += headDim) {
      bias[head + headDim / 2 - 1] = norm * 0.8
      bias[head + headDim - 1] = norm * 0.6
    }
  }
  return { config: { ...config, architecture: 'qwen2' }, tensors: withBias(tensors, 'k_proj', fill) }
}

/**
 * Keys and queries that let every position look at token 0 with about `nats` more than elsewhere, through the pair that turns slowest; with
 * a theta at which that pair hardly turns within 8,192 positions.
 */
export function withSink({ config, tensors }: FloatSource, nats: number): FloatSource {
  const { headDim, width } = config
  const slow = headDim / 2 - 1
  const changes = new Map<string, Change>([
    [
      'model.embed_tokens.weight',
      (values) => {
        for (let at = 0; at < values.length; at += width) values[at] = 0
        values[0] = 64 // token 0 alone has this channel, and little else beside it
      },
    ],
  ])
  for (let i = 0; i < config.layers; i++) {
    changes.set(`model.layers.${i}.input_layernorm.weight`, (values) => void (values[0] = 1))
    changes.set(`model.layers.${i}.self_attn.k_proj.weight`, (values) => {
      for (let row = 0; row < values.length / width; row++) values[row * width] = row % headDim === slow ? 1 : 0
    })
  }
  const own = withOwnHead({ config, tensors }, changed(tensors, changes))
  // A normed token 0 has about sqrt(width) in that channel.
  const query = (nats * Math.sqrt(headDim)) / Math.sqrt(width)
  const fill = (bias: Float32Array) => {
    for (let at = slow; at < bias.length; at += headDim) bias[at] = query
  }
  return {
    config: { ...own.config, architecture: 'qwen2', theta: 1e6 },
    tensors: withBias(own.tensors, 'q_proj', fill),
  }
}

/** Biases of zero but where `fill` sets those of one projection. */
function withBias(tensors: FloatTensors, projection: string, fill: (bias: Float32Array) => void): FloatTensors {
  return {
    read: (name, shape) => tensors.read(name, shape),
    async readOptional(name, shape) {
      if (!name.endsWith('_proj.bias')) return tensors.readOptional(name, shape)
      const bias = new Float32Array(shape[0] ?? 0)
      if (name.endsWith(`${projection}.bias`)) fill(bias)
      return bias
    },
  }
}

/** A tied head stays what it was when the embedding changes: no token is to be written more often for that. */
function withOwnHead({ config, tensors }: FloatSource, own: FloatTensors): FloatSource {
  if (!config.isTied) return { config, tensors: own }
  const read = async (name: string, shape: readonly number[]) =>
    name === 'lm_head.weight' ? tensors.read('model.embed_tokens.weight', shape) : own.read(name, shape)
  const readOptional = (name: string, shape: readonly number[]) => own.readOptional(name, shape)
  return { config: { ...config, isTied: false }, tensors: { read, readOptional } }
}

function changed(tensors: FloatTensors, changes: ReadonlyMap<string, Change>): FloatTensors {
  const apply = <T extends Float32Array | null>(name: string, values: T): T => {
    const change = changes.get(name)
    if (values === null || change === undefined) return values
    const copy = Float32Array.from(values)
    change(copy)
    return copy as T
  }
  return {
    read: async (name, shape) => apply(name, await tensors.read(name, shape)),
    readOptional: async (name, shape) => apply(name, await tensors.readOptional(name, shape)),
  }
}

function scaleRow(values: Float32Array, cols: number, row: number, factor: number): void {
  for (let i = row * cols; i < (row + 1) * cols; i++) values[i] = (values[i] ?? 0) * factor
}

function scaleColumns(values: Float32Array, cols: number, columns: readonly number[], factor: number): void {
  for (let start = 0; start < values.length; start += cols)
    for (const column of columns) values[start + column] = (values[start + column] ?? 0) * factor
}
