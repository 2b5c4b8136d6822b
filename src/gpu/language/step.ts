// One forward pass on the GPU. Its operations are recorded as they are called; finish() encodes them into one submit with one read-back,
// so nothing of the model's shared scratch is touched before.
import { AppError } from '#core/errors.ts'
import { ContextLengthError } from '#tensor/context-length.ts'
import { INT16_MAX } from '#tensor/exact/attention.ts'
import { RESIDUAL_MAX } from '#tensor/exact/residual.ts'
import type { SampleRequest } from '#tensor/exact/sampler.ts'
import { GATE_MAX } from '#tensor/exact/silu-gate.ts'
import type { LayerWeights } from '#tensor/exact/weights.ts'
import type {
  KvCache,
  LogitRows,
  NormSite,
  Quantised,
  Queries,
  Rows,
  SequenceRows,
  Step,
  StepOutput,
} from '#tensor/language-backend.ts'
import { type DeviceGain, type DeviceWeights, wordsOf } from './device-weights.ts'
import { ArenaCache } from './kv-arena.ts'
import { dispatchAttention } from './attention-layer.ts'
import { dispatchLeaves, takeBoundary } from './boundary-layer.ts'
import { dispatchLogits, readLogits } from './head-layer.ts'
import { type Encoding, type Input, type RowRange, dispatchLinear } from './linear-layer.ts'
import type { StepHost } from './model-parts.ts'
import { MAXIMA_AT } from './scratch.ts'
import { type StepRow, rowTable } from './row-table.ts'
import { sampleWords } from './sample-requests.ts'
import { type OutputCounts, outputOffsets, readOutput } from './step-output.ts'

type Operation = (encoding: Encoding) => void

/** A step of the WebGPU backend. */
export class GpuStep implements Step {
  readonly #host: StepHost
  readonly #rows: readonly StepRow[]
  readonly #operations: Operation[] = []
  readonly #boundaries: number[] = []
  #logitRows = 0
  #tokens = 0
  #isRead = false

  constructor(host: StepHost, sequences: readonly SequenceRows[]) {
    this.#host = host
    this.#rows = sequences.flatMap(({ cache, tokens }) => {
      const own = cacheOf(cache)
      const end = own.length + tokens.length
      if (end > own.capacity) throw new ContextLengthError(end, own.capacity)
      return tokens.map((token, i) => ({
        cache: own,
        token,
        position: own.length + i,
        isLast: i === tokens.length - 1,
      }))
    })
  }

  embed(): Rows {
    const { shape } = this.#host
    this.#record(({ encoder, live, scratch, table }) => {
      const { kernels, weights } = live
      const { bands, words } = weights.embedding
      const pairs = shape.headDim / 2
      const rows = this.#rows.length
      encoder.dispatch('', kernels.angles, [table, weights.rope, scratch.angles], { rows, pairs }, [
        Math.ceil(pairs / 64),
        rows,
      ])
      for (const band of bands) {
        const tensors = [table, band.weights, band.info, scratch.residual]
        const params = {
          rows,
          width: shape.width,
          firstToken: band.first,
          tokens: band.rows,
          words: 4 * words,
          fractionBits: shape.fractionBits,
          bound: RESIDUAL_MAX,
        }
        encoder.dispatch(`${band.first}`, kernels.embed, tensors, params, [Math.ceil(shape.width / 64), rows])
      }
    })
    return handle<Rows>({})
  }

  normQuantise(_x: Rows, site: NormSite): Quantised {
    const { shape, weights } = this.#host
    const params = {
      width: shape.width,
      words: wordsOf(shape.width),
      epsilonLow: Number(weights.epsilon & 0xffff_ffffn),
      epsilonHigh: Number(weights.epsilon >> 32n),
    }
    const name = site === 'final' ? site : `${site.layer} ${site.norm}`
    this.#record(({ encoder, live, scratch }) => {
      const gain = gainAt(live.weights, site)
      const tensors = [scratch.residual, gain.q, scratch.packed]
      const scale = { gainM: gain.scale.m, gainE: gain.scale.e }
      const { normQuantise } = live.kernels
      encoder.dispatch(name, normQuantise, tensors, { ...params, ...scale }, [this.#rows.length, 1])
    })
    return handle<Quantised>({ kind: 'packed' } satisfies Input)
  }

  projectHeads(a: Quantised, layer: number): Queries {
    const { shape } = this.#host
    const { key, query } = this.#layer(layer)
    this.#record((encoding) => {
      const { encoder, live, scratch, table } = encoding
      const { headNorms, heads } = found(live.weights.layers[layer], layer)
      const output = {
        emit: 'store',
        buffer: scratch.wide,
        stride: heads.rows,
        bound: INT16_MAX,
        countsCuts: false,
      } as const
      dispatchLinear(encoding, `heads ${layer}`, inputOf(a), heads, output, this.#all)
      const { angles, queries, wide } = scratch
      const tensors = [wide, table, angles, headNorms, queries, live.cache.keys(layer), live.cache.values(layer)]
      const params = {
        heads: shape.heads,
        kvHeads: shape.kvHeads,
        headDim: shape.headDim,
        stride: heads.rows,
        queryFractionBits: (query.norm ?? query).fractionBits,
        keyFractionBits: (key.norm ?? key).fractionBits,
      }
      const grid = [shape.heads + 2 * shape.kvHeads, this.#rows.length] as const
      encoder.dispatch(`${layer}`, live.kernels.rotateHeads, tensors, params, grid)
    })
    return handle<Queries>({})
  }

  attend(_queries: Queries, layer: number): Quantised {
    const { shape, weights } = this.#host
    const maxima = this.#maxima(2 * layer)
    const keys = Math.max(...this.#rows.map(({ position }) => position + 1))
    const site = { layer, rows: this.#rows.length, keys, maxima, scoreScale: weights.scoreScale }
    this.#record((encoding) => dispatchAttention(encoding, shape, site))
    const fractionBits = this.#layer(layer).value.fractionBits + 8
    return handle<Quantised>({ kind: 'wide', maxima, fractionBits } satisfies Input)
  }

  projectAdd(a: Quantised, layer: number, matrix: 'output' | 'down', _x: Rows): void {
    const { shape } = this.#host
    this.#record((encoding) =>
      dispatchLinear(
        encoding,
        `${matrix} ${layer}`,
        inputOf(a),
        found(encoding.live.weights.layers[layer], layer)[matrix],
        {
          emit: 'add',
          buffer: encoding.scratch.residual,
          stride: shape.width,
          bound: RESIDUAL_MAX,
          countsCuts: true,
        },
        this.#all,
      ),
    )
  }

  gateUp(a: Quantised, layer: number): Quantised {
    const { hidden } = this.#host.shape
    const { productFractionBits } = this.#layer(layer)
    const words = wordsOf(hidden)
    const outputMaxima = this.#maxima(2 * layer + 1)
    this.#record((encoding) =>
      dispatchLinear(
        encoding,
        `gate and up ${layer}`,
        inputOf(a),
        found(encoding.live.weights.layers[layer], layer).gateUp,
        {
          emit: 'gate',
          buffer: encoding.scratch.wide,
          stride: 16 * words,
          bound: GATE_MAX,
          countsCuts: true,
          outputMaxima,
          productFractionBits,
        },
        this.#all,
      ),
    )
    const input: Input = { kind: 'wide', maxima: outputMaxima, fractionBits: productFractionBits }
    return handle<Quantised>(input)
  }

  commit(_x: Rows, boundary: number): void {
    const index = this.#boundaries.length
    this.#boundaries.push(boundary)
    this.#record((encoding) => takeBoundary(encoding, this.#host.shape, this.#rows.length, index))
  }

  read(_x: Rows): void {
    this.#isRead = true
    this.#record(({ encoder, scratch, staging }) => {
      const to = { buffer: staging, offset: outputOffsets(this.#counts).residual }
      encoder.copy({ buffer: scratch.residual, offset: 0 }, to, this.#residualBytes)
    })
  }

  unembed(a: Quantised, rows: LogitRows): void {
    const wanted = this.#rows.flatMap(({ isLast }, i) => (rows === 'all' || (rows === 'last' && isLast) ? [i] : []))
    this.#logitRows = wanted.length
    this.#record((encoding) => {
      const to = { buffer: encoding.staging, offset: outputOffsets(this.#counts).logits }
      readLogits(encoding, this.#host.shape, inputOf(a), wanted, to)
    })
  }

  sample(a: Quantised, requests: readonly SampleRequest[]): void {
    const { vocabulary } = this.#host.shape
    const last = this.#rows.flatMap(({ isLast }, i) => (isLast ? [i] : []))
    this.#tokens = requests.length
    this.#record((encoding) => {
      const { encoder, live, staging } = encoding
      const words = sampleWords(requests)
      const sampling = live.scratches.sampling(words.length, requests.length)
      live.queue.writeBuffer(sampling.requests, 0, words)
      const logits = dispatchLogits(encoding, this.#host.shape, inputOf(a), last)
      const tensors = [sampling.requests, live.weights.exp2, logits, sampling.tokens]
      encoder.dispatch('', live.kernels.sample, tensors, { vocabulary }, [requests.length, 1])
      const to = { buffer: staging, offset: outputOffsets(this.#counts).tokens }
      encoder.copy({ buffer: sampling.tokens, offset: 0 }, to, requests.length * 4)
    })
  }

  async finish(): Promise<StepOutput> {
    const live = await this.#host.live()
    if (this.#rows.some(({ cache }) => cache.isLost)) throw new CacheLostError()
    const { words, boundariesAt } = rowTable(this.#rows, this.#boundaries)
    const offsets = outputOffsets(this.#counts)
    const output = await live.readBack(offsets.end, (staging) => {
      const scratch = live.scratches.for(this.#rows.length)
      const table = live.scratches.table(words.length)
      live.cache.reserve(this.#host.pages)
      const encoder = live.encoder()
      live.queue.writeBuffer(table, 0, words)
      const encoding = { encoder, live, scratch, staging, table }
      for (const operation of this.#operations) operation(encoding)
      const { length: boundaries } = this.#boundaries
      dispatchLeaves(encoding, this.#host.shape, { rows: this.#rows.length, boundaries, boundariesAt })
      encoder.copy({ buffer: scratch.leaves, offset: 0 }, { buffer: staging, offset: 0 }, offsets.logits)
      encoder.copy({ buffer: scratch.status, offset: 0 }, { buffer: staging, offset: offsets.status }, 4)
      encoder.submit(scratch.status)
      return (bytes) => readOutput(bytes, this.#counts)
    })
    for (const { cache, position } of this.#rows) cache.fill(position + 1)
    return output
  }

  #record(operation: Operation): void {
    this.#operations.push(operation)
  }

  /** Where the maxima of `site` lie in the status, in words. */
  #maxima(site: number): number {
    return MAXIMA_AT + site * this.#rows.length
  }

  get #all(): RowRange {
    return { first: 0, count: this.#rows.length }
  }

  get #counts(): OutputCounts {
    const { vocabulary, width } = this.#host.shape
    return {
      rows: this.#rows.length,
      boundaries: this.#boundaries.length,
      width,
      vocabulary,
      logitRows: this.#logitRows,
      residualRows: this.#isRead ? this.#rows.length : 0,
      tokens: this.#tokens,
    }
  }

  get #residualBytes(): number {
    return this.#rows.length * this.#host.shape.width * 4
  }

  #layer(layer: number): LayerWeights {
    return found(this.#host.weights.layers[layer], layer)
  }
}

function found<T>(item: T | undefined, layer: number): T {
  if (item === undefined) throw new RangeError(`The model has no layer ${layer}.`)
  return item
}

function gainAt({ layers, norm }: DeviceWeights, site: NormSite): DeviceGain {
  if (site === 'final') return norm
  return found(layers[site.layer], site.layer)[site.norm === 'attention' ? 'attentionNorm' : 'feedForwardNorm']
}

const inputOf = (a: Quantised) => a as unknown as Input

// The port's handles are opaque; here they say where in the scratch their rows are.
// eslint-disable-next-line typescript/no-unnecessary-type-parameters -- names which of the port's handles the object stands for
function handle<H extends Rows | Quantised | Queries>(value: object): H {
  return value as unknown as H
}

function cacheOf(cache: KvCache): ArenaCache {
  if (!(cache instanceof ArenaCache)) throw new TypeError('The cache belongs to another backend.')
  return cache
}

/** The positions of a cache were on a device that was lost. */
export class CacheLostError extends AppError {
  override readonly name = 'gpu.CacheLost'
  constructor() {
    super('unavailable', 'The GPU was lost, and with it what a cache held: the sequence has to be fed again.')
  }
}
