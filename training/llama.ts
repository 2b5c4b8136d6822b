// A Llama block stack with its gradient, over the kernels: one forward and one backward function that mirror one another.
import type { LlamaConfig } from '#model/formats/config.ts'
import type { Arena, TrainingKernels } from './kernels.ts'
import type { Parameters } from './parameters.ts'

/** Rows of the packed factor in kernels/gemm.ts. */
const MAX_ROWS = 8192

/** Tokens of a batch: `windows` runs of `windowTokens`, one after another. */
export type BatchShape = { readonly windows: number; readonly windowTokens: number }

/** The training computation: fill tokens, targets, weights and first, then call forward and backward. */
export type TrainableLlama = {
  readonly tokens: Int32Array
  readonly targets: Int32Array
  readonly weights: Float32Array
  /** The first position of its window that each row sees. */
  readonly first: Int32Array
  /** The likeliest token after each row, once forward has run. */
  readonly best: Int32Array
  /** Σ weight·loss over Σ weight; leaves the gradient of the logits behind. */
  forward(): number
  /** Adds to the gradients of all parameters. */
  backward(): void
}

/** Lays out activations for batches of `shape` and returns the computation over `parameters`. */
export function createLlama(
  config: LlamaConfig,
  shape: BatchShape,
  parameters: Parameters,
  kernels: TrainingKernels,
  arena: Arena,
): TrainableLlama {
  const { vocabulary, width, hidden, layers, heads, kvHeads, headDim, epsilon } = config
  const T = shape.windows * shape.windowTokens
  if (T > MAX_ROWS)
    throw new RangeError(`A batch of ${T} tokens is past the ${MAX_ROWS} that the kernels pack at once.`)
  const queryWidth = heads * headDim
  const kvWidth = kvHeads * headDim
  const W = parameters.weights
  const G = parameters.gradients

  const tokens = arena.take(T)
  const targets = arena.take(T)
  const weights = arena.take(T)
  const first = arena.take(T)
  const best = arena.take(T)
  const pairs = headDim / 2
  const cos = arena.take(shape.windowTokens * pairs)
  const sin = arena.take(shape.windowTokens * pairs)
  kernels.ropeTables(cos, sin, shape.windowTokens, headDim, config.theta)

  const x = Array.from({ length: layers + 1 }, () => arena.take(T * width)) // input of each layer, then of the final norm
  const kept = Array.from({ length: layers }, () => ({
    inverse1: arena.take(T),
    a1: arena.take(T * width),
    q: arena.take(T * queryWidth),
    k: arena.take(T * kvWidth),
    v: arena.take(T * kvWidth),
    p: arena.take(shape.windows * heads * shape.windowTokens ** 2),
    joined: arena.take(T * queryWidth),
    middle: arena.take(T * width),
    inverse2: arena.take(T),
    a2: arena.take(T * width),
    gate: arena.take(T * hidden),
    up: arena.take(T * hidden),
    gated: arena.take(T * hidden),
  }))
  const inverse = arena.take(T)
  const final = arena.take(T * width)
  const logits = arena.take(T * vocabulary)
  const d = {
    x: arena.take(T * width),
    a: arena.take(T * width),
    q: arena.take(T * queryWidth),
    joined: arena.take(T * queryWidth),
    k: arena.take(T * kvWidth),
    v: arena.take(T * kvWidth),
    gate: arena.take(T * hidden),
    up: arena.take(T * hidden),
    gated: arena.take(T * hidden),
  }

  /** y (T, N) = x (T, K)·wᵀ. */
  const linear = (from: number, w: number, y: number, N: number, K: number) =>
    kernels.gemm(from, K, 1, w, 1, K, y, N, T, N, K, false)
  /** dw += dyᵀ·x, and dx = dy·w (or += if `accumulate`). */
  const linearBackward = (
    from: number,
    w: number,
    dw: number,
    dy: number,
    dx: number,
    N: number,
    K: number,
    accumulate = false,
  ) => {
    kernels.gemm(dy, 1, N, from, K, 1, dw, K, N, K, T, true)
    kernels.gemm(dy, N, 1, w, K, 1, dx, K, T, K, N, accumulate)
  }
  const rotate = (at: number, count: number, direction: 1 | -1) =>
    kernels.rotate(at, cos, sin, T, count, headDim, shape.windowTokens, direction)
  /** Calls `visit` with the byte offsets of each head of each window. */
  const eachHead = (visit: (q: number, kv: number, p: number, window: number) => void) => {
    for (let b = 0; b < shape.windows; b++) {
      for (let h = 0; h < heads; h++) {
        const row = b * shape.windowTokens
        const kv = Math.floor((h * kvHeads) / heads)
        visit(
          4 * (row * queryWidth + h * headDim),
          4 * (row * kvWidth + kv * headDim),
          4 * (b * heads + h) * shape.windowTokens ** 2,
          4 * row,
        )
      }
    }
  }

  const layerForward = (i: number) => {
    const [w, c, input, output] = [W.layers[i], kept[i], x[i], x[i + 1]]
    if (w === undefined || c === undefined || input === undefined || output === undefined) return
    kernels.rmsNorm(input, w.attentionNorm, c.a1, c.inverse1, T, width, epsilon)
    linear(c.a1, w.query, c.q, queryWidth, width)
    linear(c.a1, w.key, c.k, kvWidth, width)
    linear(c.a1, w.value, c.v, kvWidth, width)
    rotate(c.q, heads, 1)
    rotate(c.k, kvHeads, 1)
    eachHead((q, kv, p, window) =>
      kernels.attend(
        c.q + q,
        queryWidth,
        c.k + kv,
        c.v + kv,
        kvWidth,
        c.p + p,
        first + window,
        c.joined + q,
        shape.windowTokens,
        headDim,
      ),
    )
    linear(c.joined, w.output, c.middle, width, queryWidth)
    kernels.add(c.middle, input, T * width)
    kernels.rmsNorm(c.middle, w.feedForwardNorm, c.a2, c.inverse2, T, width, epsilon)
    linear(c.a2, w.gate, c.gate, hidden, width)
    linear(c.a2, w.up, c.up, hidden, width)
    kernels.siluGate(c.gate, c.up, c.gated, T * hidden)
    linear(c.gated, w.down, output, width, hidden)
    kernels.add(output, c.middle, T * width)
  }

  /** d.x is the gradient of the layer's output on entry and of its input on return. */
  const layerBackward = (i: number) => {
    const [w, g, c, input] = [W.layers[i], G.layers[i], kept[i], x[i]]
    if (w === undefined || g === undefined || c === undefined || input === undefined) return
    linearBackward(c.gated, w.down, g.down, d.x, d.gated, width, hidden)
    kernels.siluGateBackward(c.gate, c.up, d.gated, d.gate, d.up, T * hidden)
    linearBackward(c.a2, w.gate, g.gate, d.gate, d.a, hidden, width)
    linearBackward(c.a2, w.up, g.up, d.up, d.a, hidden, width, true)
    kernels.rmsNormBackward(c.middle, w.feedForwardNorm, c.inverse2, d.a, d.x, g.feedForwardNorm, T, width)
    linearBackward(c.joined, w.output, g.output, d.x, d.joined, width, queryWidth)
    arena.f32(d.k, T * kvWidth).fill(0)
    arena.f32(d.v, T * kvWidth).fill(0)
    eachHead((q, kv, p, window) =>
      kernels.attendBackward(
        c.q + q,
        queryWidth,
        c.k + kv,
        c.v + kv,
        kvWidth,
        c.p + p,
        first + window,
        d.joined + q,
        d.q + q,
        d.k + kv,
        d.v + kv,
        shape.windowTokens,
        headDim,
      ),
    )
    rotate(d.q, heads, -1)
    rotate(d.k, kvHeads, -1)
    linearBackward(c.a1, w.query, g.query, d.q, d.a, queryWidth, width)
    linearBackward(c.a1, w.key, g.key, d.k, d.a, kvWidth, width, true)
    linearBackward(c.a1, w.value, g.value, d.v, d.a, kvWidth, width, true)
    kernels.rmsNormBackward(input, w.attentionNorm, c.inverse1, d.a, d.x, g.attentionNorm, T, width)
  }

  const input = x[0] ?? 0
  const last = x[layers] ?? 0
  return {
    tokens: arena.i32(tokens, T),
    targets: arena.i32(targets, T),
    weights: arena.f32(weights, T),
    first: arena.i32(first, T),
    best: arena.i32(best, T),
    forward() {
      kernels.embed(tokens, W.embedding, input, T, width)
      for (let i = 0; i < layers; i++) layerForward(i)
      kernels.rmsNorm(last, W.norm, final, inverse, T, width, epsilon)
      linear(final, W.embedding, logits, vocabulary, width)
      const total = arena.f32(weights, T).reduce((sum, weight) => sum + weight, 0)
      return kernels.crossEntropy(logits, targets, weights, best, T, vocabulary, total) / total
    },
    backward() {
      linearBackward(final, W.embedding, G.embedding, logits, d.a, vocabulary, width)
      arena.f32(d.x, T * width).fill(0)
      kernels.rmsNormBackward(last, W.norm, inverse, d.a, d.x, G.norm, T, width)
      for (let i = layers - 1; i >= 0; i--) layerBackward(i)
      kernels.embedBackward(tokens, d.x, G.embedding, T, width)
    },
  }
}
