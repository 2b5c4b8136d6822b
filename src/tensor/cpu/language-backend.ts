// The reference LanguageBackend: every operation row by row with the functions of exact/, at once. Clear before fast: it is the oracle.
import type { Digest } from '#core/digest.ts'
import { ContextLengthError } from '#tensor/context-length.ts'
import { INT16_MAX, SCORE_MAX, attentionRow } from '#tensor/exact/attention.ts'
import { boundaryLeaf } from '#tensor/exact/boundary.ts'
import { headNormRow } from '#tensor/exact/head-norm.ts'
import { type WeightMatrix, linearRow } from '#tensor/exact/linear.ts'
import { LOGIT_MAX } from '#tensor/exact/logits.ts'
import { type ActivationBits, type QuantisedRow, quantise } from '#tensor/exact/quantise.ts'
import { RESIDUAL_MAX, addResidual, embeddingRow } from '#tensor/exact/residual.ts'
import { rmsNormRow } from '#tensor/exact/rms-norm.ts'
import { type Angles, anglesAt, rotate } from '#tensor/exact/rope.ts'
import { GATE_MAX, siluGate } from '#tensor/exact/silu-gate.ts'
import { type SampleRequest, chosenToken } from '#tensor/exact/sampler.ts'
import type { HeadProjection, LayerWeights, ModelWeights } from '#tensor/exact/weights.ts'
import type {
  DeviceModel,
  KvCache,
  LanguageBackend,
  LogitRows,
  NormSite,
  Quantised,
  Queries,
  Rows,
  SequenceRows,
  Step,
  StepOutput,
} from '#tensor/language-backend.ts'

/** Positions an attention sum stays exact for in doubles. */
const MAX_POSITIONS = 65_536

/** Opens the reference backend for language models. */
export function openCpuLanguageBackend(): LanguageBackend {
  return {
    info: { backend: 'cpu', adapter: 'TypeScript reference', isSoftware: true, features: [] },
    load: async (weights) => new CpuModel(weights),
    close: async () => {},
  }
}

class CpuModel implements DeviceModel {
  readonly weights: ModelWeights

  constructor(weights: ModelWeights) {
    this.weights = weights
  }

  get shape() {
    return this.weights.shape
  }

  openCache(capacity: number): KvCache {
    const limit = Math.min(MAX_POSITIONS, this.shape.maxPositions)
    if (capacity > limit) throw new ContextLengthError(capacity, limit)
    return new CpuCache(this.shape.layers, capacity)
  }

  begin(sequences: readonly SequenceRows[]): Step {
    return new CpuStep(
      this.weights,
      sequences.map(({ cache, tokens }) => ({ cache: cacheOf(cache), tokens })),
    )
  }

  async close(): Promise<void> {}
}

/** Keys and values by layer and position, each a list of heads. */
class CpuCache implements KvCache {
  readonly capacity: number
  readonly keys: QuantisedRow[][][]
  readonly values: Int32Array<ArrayBuffer>[][][]
  length = 0

  constructor(layers: number, capacity: number) {
    this.capacity = capacity
    this.keys = Array.from({ length: layers }, () => [])
    this.values = Array.from({ length: layers }, () => [])
  }

  truncate(length: number): void {
    this.length = Math.min(this.length, length)
    for (const list of [...this.keys, ...this.values]) list.length = this.length
  }

  close(): void {
    this.truncate(0)
  }
}

/** One row of the step: where its token stands, and what it has been through. */
type StepRow = {
  readonly cache: CpuCache
  readonly token: number
  readonly position: number
  readonly angles: Angles
  readonly isLast: boolean
}

class CpuStep implements Step {
  readonly #weights: ModelWeights
  readonly #rows: readonly StepRow[]
  readonly #leaves: Digest[][]
  readonly #logits: Int32Array<ArrayBuffer>[] = []
  #tokens: readonly number[] = []
  #residual: readonly Int32Array<ArrayBuffer>[] = []
  #saturated = 0

  constructor(weights: ModelWeights, sequences: readonly { cache: CpuCache; tokens: readonly number[] }[]) {
    this.#weights = weights
    this.#rows = sequences.flatMap(({ cache, tokens }) => {
      if (cache.length + tokens.length > cache.capacity)
        throw new ContextLengthError(cache.length + tokens.length, cache.capacity)
      return tokens.map((token, i) => {
        const position = cache.length + i
        return { cache, token, position, angles: anglesAt(weights.rope, position), isLast: i === tokens.length - 1 }
      })
    })
    this.#leaves = this.#rows.map(() => [])
  }

  embed(): Rows {
    const { embedding, shape } = this.#weights
    return asRows(this.#rows.map(({ token }) => embeddingRow(embedding, token, shape.fractionBits)))
  }

  normQuantise(x: Rows, site: NormSite): Quantised {
    const { epsilon, norm, shape } = this.#weights
    const gain =
      site === 'final' ? norm : this.#layer(site.layer)[site.norm === 'attention' ? 'attentionNorm' : 'feedForwardNorm']
    return asQuantised(residual(x).map((row) => rmsNormRow(row, gain, epsilon, shape.activationBits)))
  }

  projectHeads(a: Quantised, layer: number): Queries {
    const { query, key, value } = this.#layer(layer)
    const { headDim, keyBits } = this.#weights.shape
    const queries = quantisedRows(a).map((row, i) => {
      const { cache, position, angles } = this.#row(i)
      const rotated = (projection: HeadProjection, bits: ActivationBits) =>
        projectRow(row, projection, headDim).map((head) => rotateHead(head, projection, angles, bits))
      layerOf(cache.keys, layer)[position] = rotated(key, keyBits)
      layerOf(cache.values, layer)[position] = projectRow(row, value, headDim)
      return rotated(query, 16)
    })
    return asQueries(queries)
  }

  attend(queries: Queries, layer: number): Quantised {
    const { shape, scoreScale } = this.#weights
    const { value } = this.#layer(layer)
    const groupSize = shape.heads / shape.kvHeads
    const attended = queryHeads(queries).map((row, i) => {
      const { cache, position } = this.#row(i)
      const out = new Int32Array(shape.heads * shape.headDim)
      for (const [h, query] of row.entries()) {
        const kvHead = Math.floor(h / groupSize)
        const keys = layerOf(cache.keys, layer).map((at) => headOf(at, kvHead))
        const values = layerOf(cache.values, layer).map((at) => headOf(at, kvHead))
        const result = attentionRow(query, keys, values, scoreScale, position + 1)
        this.#count(result.scores, SCORE_MAX)
        out.set(result.out, h * shape.headDim)
      }
      return quantise(out, value.fractionBits + 8, shape.activationBits)
    })
    return asQuantised(attended)
  }

  projectAdd(a: Quantised, layer: number, matrix: 'output' | 'down', x: Rows): void {
    const weights = this.#layer(layer)[matrix]
    const target = residual(x)
    for (const [i, row] of quantisedRows(a).entries()) {
      const before = target[i]
      if (before === undefined) continue
      const sum = addResidual(before, this.#linear(row, weights, this.#weights.shape.fractionBits, RESIDUAL_MAX))
      this.#count(sum, RESIDUAL_MAX)
      target[i] = sum
    }
  }

  gateUp(a: Quantised, layer: number): Quantised {
    const { gate, up, productFractionBits } = this.#layer(layer)
    const products = quantisedRows(a).map((row) => {
      const g = this.#linear(row, gate, 16, GATE_MAX)
      const u = this.#linear(row, up, 16, GATE_MAX)
      const product = Int32Array.from(g, (value, c) => siluGate(value, u[c] ?? 0, productFractionBits))
      return quantise(product, productFractionBits, this.#weights.shape.activationBits)
    })
    return asQuantised(products)
  }

  commit(x: Rows, boundary: number): void {
    for (const [i, row] of residual(x).entries())
      this.#leaves[i]?.push(boundaryLeaf(boundary, this.#row(i).position, row))
  }

  read(x: Rows): void {
    this.#residual = residual(x).map((row) => row.slice())
  }

  unembed(a: Quantised, rows: LogitRows): void {
    for (const [i, row] of quantisedRows(a).entries())
      if (rows === 'all' || (rows === 'last' && this.#row(i).isLast))
        this.#logits.push(this.#linear(row, this.#weights.head, 16, LOGIT_MAX))
  }

  sample(a: Quantised, requests: readonly SampleRequest[]): void {
    const last = quantisedRows(a).filter((_, i) => this.#row(i).isLast)
    this.#tokens = requests.map((request, i) => {
      const row = last[i]
      if (row === undefined) throw new RangeError(`The step has no sequence ${i} to choose a token for.`)
      return chosenToken(this.#linear(row, this.#weights.head, 16, LOGIT_MAX), request)
    })
  }

  async finish(): Promise<StepOutput> {
    for (const { cache, position } of this.#rows) cache.length = Math.max(cache.length, position + 1)
    return {
      leaves: this.#leaves,
      logits: this.#logits,
      residual: this.#residual,
      tokens: this.#tokens,
      saturated: this.#saturated,
    }
  }

  #linear(row: QuantisedRow, weights: WeightMatrix, fractionBits: number, bound: number): Int32Array<ArrayBuffer> {
    const out = linearRow(row, weights, fractionBits, bound)
    this.#count(out, bound)
    return out
  }

  #count(values: Int32Array, bound: number): void {
    for (const value of values) if (value >= bound || value <= -bound) this.#saturated++
  }

  #layer(layer: number): LayerWeights {
    const weights = this.#weights.layers[layer]
    if (weights === undefined) throw new RangeError(`The model has no layer ${layer}.`)
    return weights
  }

  #row(i: number): StepRow {
    const row = this.#rows[i]
    if (row === undefined) throw new RangeError(`The step has no row ${i}.`)
    return row
  }
}

/** The heads (heads, headDim) of a row, int16. */
function projectRow(row: QuantisedRow, projection: HeadProjection, headDim: number): Int32Array<ArrayBuffer>[] {
  const out = linearRow(row, projection.weights, projection.fractionBits, INT16_MAX)
  return Array.from({ length: out.length / headDim }, (_, h) => out.subarray(h * headDim, (h + 1) * headDim))
}

/** One query or key head as the scores read it: normalised where the model does that, rotated, quantised. */
function rotateHead(
  head: Int32Array,
  { norm, fractionBits }: HeadProjection,
  angles: Angles,
  bits: ActivationBits,
): QuantisedRow {
  if (norm === null) return quantise(rotate(head, angles), fractionBits, bits)
  return quantise(rotate(headNormRow(head, norm), angles), norm.fractionBits, bits)
}

function layerOf<T>(list: T[][], layer: number): T[] {
  const found = list[layer]
  if (found === undefined) throw new RangeError(`The cache has no layer ${layer}.`)
  return found
}

function headOf<T>(list: readonly T[], head: number): T {
  const found = list[head]
  if (found === undefined) throw new RangeError(`There is no head ${head}.`)
  return found
}

// The port's handles are opaque; here they are the arrays themselves.
const asRows = (rows: Int32Array<ArrayBuffer>[]) => rows as unknown as Rows
const asQuantised = (rows: QuantisedRow[]) => rows as unknown as Quantised
const asQueries = (rows: QuantisedRow[][]) => rows as unknown as Queries
const residual = (x: Rows) => x as unknown as Int32Array<ArrayBuffer>[]
const quantisedRows = (a: Quantised) => a as unknown as QuantisedRow[]
const queryHeads = (queries: Queries) => queries as unknown as QuantisedRow[][]

function cacheOf(cache: KvCache): CpuCache {
  if (!(cache instanceof CpuCache)) throw new TypeError('The cache belongs to another backend.')
  return cache
}
