// One forward pass on the WASM kernels. Operations run as they are recorded, so a handle is the address of a region of the step's scratch.
import type { Digest } from '#core/digest.ts'
import { ContextLengthError } from '#tensor/context-length.ts'
import { INT16_MAX } from '#tensor/exact/attention.ts'
import { boundaryLeaf } from '#tensor/exact/boundary.ts'
import { LOGIT_MAX } from '#tensor/exact/logits.ts'
import { RESIDUAL_MAX } from '#tensor/exact/residual.ts'
import { GATE_MAX } from '#tensor/exact/silu-gate.ts'
import type { ModelShape, ModelWeights } from '#tensor/exact/weights.ts'
import type {
  LogitRows,
  NormSite,
  Quantised,
  Queries,
  Rows,
  SequenceRows,
  Step,
  StepOutput,
} from '#tensor/language-backend.ts'
import { type DeviceLayer, type DeviceMatrix, type DeviceWeights, paddedColumns } from './device-weights.ts'
import { type WasmCache, cacheOf } from './kv-cache.ts'
import type { Kernels, Memory } from './module.ts'
import type { Scratch } from './scratch.ts'

/** What a step needs of its model. */
export interface StepHost {
  readonly kernels: Kernels
  readonly memory: Memory
  readonly weights: ModelWeights
  readonly device: DeviceWeights
  readonly shape: ModelShape
  scratch(rows: number, positions: number): Scratch
}

type StepRow = {
  readonly cache: WasmCache
  readonly token: number
  readonly position: number
  readonly isLast: boolean
}

export class WasmStep implements Step {
  readonly #model: StepHost
  readonly #rows: readonly StepRow[]
  readonly #scratch: Scratch
  readonly #leaves: Digest[][]
  readonly #logits: Int32Array<ArrayBuffer>[] = []
  #residual: readonly Int32Array<ArrayBuffer>[] = []
  #saturated = 0

  constructor(model: StepHost, sequences: readonly SequenceRows[]) {
    this.#model = model
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
    const positions = this.#rows.reduce((most, { cache }) => Math.max(most, cache.capacity), 0)
    this.#scratch = model.scratch(this.#rows.length, positions)
    this.#leaves = this.#rows.map(() => [])
    this.#prepareAngles()
  }

  embed(): Rows {
    const { device, kernels, shape } = this.#model
    const { q, m, e, padded } = device.embedding
    for (const [i, { token }] of this.#rows.entries()) {
      const scale = this.#model.memory.i32(m + token * 4, 1)[0] ?? 0
      const exponent = this.#model.memory.i32(e + token * 4, 1)[0] ?? 0
      kernels.embed(q + token * padded, scale, exponent, shape.width, shape.fractionBits, RESIDUAL_MAX, this.#x(i))
    }
    return address<Rows>(this.#scratch.x)
  }

  normQuantise(x: Rows, site: NormSite): Quantised {
    const { device, kernels, shape, weights } = this.#model
    const gain =
      site === 'final'
        ? device.norm
        : this.#layer(site.layer)[site.norm === 'attention' ? 'attentionNorm' : 'feedForwardNorm']
    const padded = paddedColumns(shape.width)
    const epsilonHigh = Number(weights.epsilon >> 32n)
    const epsilonLow = Number(weights.epsilon & 0xffff_ffffn)
    const { q, qM, qE, row } = this.#scratch
    for (let i = 0; i < this.#rows.length; i++)
      kernels.normQuantise(
        at(x) + i * shape.width * 4,
        shape.width,
        padded,
        gain.q,
        gain.m,
        gain.e,
        epsilonHigh,
        epsilonLow,
        shape.activationBits,
        row,
        q + i * padded * 2,
        qM + i * 4,
        qE + i * 4,
      )
    return address<Quantised>(q)
  }

  projectHeads(a: Quantised, layer: number): Queries {
    const { kernels, shape } = this.#model
    const { query, key, value } = this.#layer(layer)
    const { wide, row, heads, headsM, headsE } = this.#scratch
    const { headDim, kvHeads, keyBits } = shape

    this.#linear(a, key.weights, key.fractionBits, INT16_MAX, wide)
    this.#forHeads(kvHeads, (i, head, from) => {
      const to = this.#row(i).cache.at(layer, head, this.#row(i).position)
      kernels.rotateQuantise(
        wide + from,
        this.#cos(i),
        this.#sin(i),
        headDim,
        key.fractionBits,
        keyBits,
        row,
        to.key,
        to.m,
        to.e,
      )
    })
    this.#linear(a, value.weights, value.fractionBits, INT16_MAX, wide)
    this.#forHeads(kvHeads, (i, head, from) =>
      kernels.narrow(wide + from, headDim, this.#row(i).cache.at(layer, head, this.#row(i).position).value),
    )
    this.#linear(a, query.weights, query.fractionBits, INT16_MAX, wide)
    this.#forHeads(shape.heads, (i, head, from) => {
      const index = i * shape.heads + head
      const to = heads + index * headDim * 2
      kernels.rotateQuantise(
        wide + from,
        this.#cos(i),
        this.#sin(i),
        headDim,
        query.fractionBits,
        16,
        row,
        to,
        headsM + index * 4,
        headsE + index * 4,
      )
    })
    return address<Queries>(heads)
  }

  attend(queries: Queries, layer: number): Quantised {
    const { device, kernels, memory, shape, weights } = this.#model
    const { wide, scores, sums, headsM, headsE } = this.#scratch
    const { headDim, kvHeads } = shape
    const { m: scoreM, e: scoreE } = weights.scoreScale
    this.#forHeads(shape.heads, (i, head, to) => {
      const { cache, position } = this.#row(i)
      const index = i * shape.heads + head
      const { key, value, m, e } = cache.at(layer, Math.floor((head * kvHeads) / shape.heads), 0)
      const queryM = memory.i32(headsM + index * 4, 1)[0] ?? 0
      const queryE = memory.i32(headsE + index * 4, 1)[0] ?? 0
      const query = at(queries) + index * headDim * 2
      this.#saturated += kernels.attend(
        query,
        queryM,
        queryE,
        key,
        m,
        e,
        value,
        position + 1,
        headDim,
        scoreM,
        scoreE,
        device.exp2,
        scores,
        sums,
        wide + to,
      )
    })
    return this.#quantise(wide, shape.heads * headDim, this.#layer(layer).value.fractionBits + 8)
  }

  projectAdd(a: Quantised, layer: number, matrix: 'output' | 'down', x: Rows): void {
    const { kernels, shape } = this.#model
    const { wide } = this.#scratch
    this.#saturated += this.#linear(a, this.#layer(layer)[matrix], shape.fractionBits, RESIDUAL_MAX, wide)
    for (let i = 0; i < this.#rows.length; i++) {
      const offset = i * shape.width * 4
      this.#saturated += kernels.addRow(at(x) + offset, wide + offset, shape.width, RESIDUAL_MAX)
    }
  }

  gateUp(a: Quantised, layer: number): Quantised {
    const { device, kernels, shape } = this.#model
    const { gate, up, productFractionBits } = this.#layer(layer)
    const { wide, wide2 } = this.#scratch
    this.#saturated += this.#linear(a, gate, 16, GATE_MAX, wide)
    this.#saturated += this.#linear(a, up, 16, GATE_MAX, wide2)
    kernels.siluGate(wide, wide2, this.#rows.length * shape.hidden, productFractionBits, device.exp2)
    return this.#quantise(wide, shape.hidden, productFractionBits)
  }

  commit(x: Rows, boundary: number): void {
    const { memory, shape } = this.#model
    for (const [i, { position }] of this.#rows.entries())
      this.#leaves[i]?.push(boundaryLeaf(boundary, position, memory.i32(at(x) + i * shape.width * 4, shape.width)))
  }

  read(x: Rows): void {
    const { memory, shape } = this.#model
    this.#residual = this.#rows.map((_, i) => Int32Array.from(memory.i32(at(x) + i * shape.width * 4, shape.width)))
  }

  unembed(a: Quantised, rows: LogitRows): void {
    const { device, memory, shape } = this.#model
    const { logits } = this.#scratch
    for (const [i, { isLast }] of this.#rows.entries()) {
      if (rows === 'none' || (rows === 'last' && !isLast)) continue
      this.#saturated += this.#linear(a, device.head, 16, LOGIT_MAX, logits, i, 1)
      this.#logits.push(Int32Array.from(memory.i32(logits, shape.vocabulary)))
    }
  }

  async finish(): Promise<StepOutput> {
    for (const { cache, position } of this.#rows) cache.length = Math.max(cache.length, position + 1)
    return { leaves: this.#leaves, logits: this.#logits, residual: this.#residual, saturated: this.#saturated }
  }

  #prepareAngles(): void {
    const { device, kernels, weights } = this.#model
    const { highCos, highSin, lowCos, lowSin } = device.rope
    const { pairs } = weights.rope
    for (const [i, { position }] of this.#rows.entries()) {
      const high = Math.floor(position / 256) * pairs * 4
      const low = (position % 256) * pairs * 4
      kernels.angles(highCos + high, highSin + high, lowCos + low, lowSin + low, pairs, this.#cos(i), this.#sin(i))
    }
  }

  /** out (rows, matrix.rows) from row `first` on; returns the values at the bound. */
  #linear(
    a: Quantised,
    w: DeviceMatrix,
    fractionBits: number,
    bound: number,
    out: number,
    first = 0,
    count = this.#rows.length,
  ): number {
    const { kernels, shape } = this.#model
    const { qM, qE } = this.#scratch
    const from = at(a) + first * w.padded * 2
    return kernels.linear(
      from,
      qM + first * 4,
      qE + first * 4,
      count,
      w.q,
      w.m,
      w.e,
      w.bias,
      w.rows,
      w.padded,
      fractionBits,
      bound,
      shape.activationBits,
      out,
      w.rows,
    )
  }

  #quantise(from: number, width: number, fractionBits: number): Quantised {
    const { kernels, shape } = this.#model
    const { q, qM, qE } = this.#scratch
    const padded = paddedColumns(width)
    for (let i = 0; i < this.#rows.length; i++)
      kernels.quantise(
        from + i * width * 4,
        width,
        padded,
        fractionBits,
        shape.activationBits,
        q + i * padded * 2,
        qM + i * 4,
        qE + i * 4,
      )
    return address<Quantised>(q)
  }

  /** Calls `visit` for every row and head with the head's byte offset in a (rows, heads, headDim) region of i32. */
  #forHeads(heads: number, visit: (row: number, head: number, offset: number) => void): void {
    const bytes = this.#model.shape.headDim * 4
    for (let i = 0; i < this.#rows.length; i++)
      for (let head = 0; head < heads; head++) visit(i, head, (i * heads + head) * bytes)
  }

  #x(row: number): number {
    return this.#scratch.x + row * this.#model.shape.width * 4
  }

  #cos(row: number): number {
    return this.#scratch.cos + row * this.#model.shape.headDim * 2
  }

  #sin(row: number): number {
    return this.#scratch.sin + row * this.#model.shape.headDim * 2
  }

  #layer(layer: number): DeviceLayer {
    const found = this.#model.device.layers[layer]
    if (found === undefined) throw new RangeError(`The model has no layer ${layer}.`)
    return found
  }

  #row(i: number): StepRow {
    const row = this.#rows[i]
    if (row === undefined) throw new RangeError(`The step has no row ${i}.`)
    return row
  }
}

// The port's handles are opaque; here they are addresses.
const at = (region: Rows | Quantised | Queries) => region as unknown as number

// eslint-disable-next-line typescript/no-unnecessary-type-parameters -- names which of the port's handles the address stands for
function address<H extends Rows | Quantised | Queries>(region: number): H {
  return region as unknown as H
}
