// One forward pass on the WASM kernels: operations are recorded, and finish() runs them in one call.
import type { Digest } from '#core/digest.ts'
import { toHex } from '#core/bytes.ts'
import { ContextLengthError } from '#tensor/context-length.ts'
import { type SampleRequest, chosenToken } from '#tensor/exact/sampler.ts'
import type { ModelShape } from '#tensor/exact/weights.ts'
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
import type { DeviceLayer, DeviceWeights } from './device-weights.ts'
import { type WasmCache, cacheOf, storedPositions } from './kv-cache.ts'
import type { Memory, Region } from './memory.ts'
import * as code from './operations.ts'
import type { Scratch } from './scratch.ts'

/** Bytes of a digest. */
const LEAF_BYTES = 32

/** What a step needs of its model. */
export interface StepHost {
  readonly memory: Memory
  readonly device: DeviceWeights
  readonly shape: ModelShape
  /** Memory for a step of `rows` rows over caches of up to `positions`. */
  scratch(rows: number, positions: number): Scratch
  /** Runs the operations on every thread that there is. */
  run(step: number, operations: number, count: number): void
}

type StepRow = {
  readonly cache: WasmCache
  readonly token: number
  readonly position: number
  readonly isLast: boolean
}

/** Records a step. Its handles mean nothing: there is one of each kind, and its place is in the scratch. */
export class WasmStep implements Step {
  readonly #model: StepHost
  readonly #rows: readonly StepRow[]
  readonly #operations: code.Operation[] = []
  #boundaries = 0
  #logitRows = 0
  #isRead = false
  #requests: readonly SampleRequest[] = []

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
  }

  embed(): Rows {
    this.#record({ code: code.EMBED, pieces: this.#rows.length, waits: true })
    return HANDLE as unknown as Rows
  }

  normQuantise(_x: Rows, site: NormSite): Quantised {
    const { norm } = this.#model.device
    const a =
      site === 'final' ? norm : this.#layer(site.layer)[site.norm === 'attention' ? 'attentionNorm' : 'feedForwardNorm']
    this.#record({ code: code.NORM, pieces: this.#rows.length, waits: true, a })
    return HANDLE as unknown as Quantised
  }

  projectHeads(_a: Quantised, layer: number): Queries {
    const { heads, kvHeads } = this.#model.shape
    this.#record({ code: code.HEADS, pieces: heads + 2 * kvHeads, waits: true, layer })
    return HANDLE as unknown as Queries
  }

  attend(_queries: Queries, layer: number): Quantised {
    const { heads } = this.#model.shape
    this.#record({ code: code.ATTEND, pieces: code.attendedPieces(this.#rows.length, heads), waits: true, layer })
    this.#record({ code: code.QUANTISE_ATTENDED, pieces: this.#rows.length, waits: true, layer })
    return HANDLE as unknown as Quantised
  }

  projectAdd(_a: Quantised, layer: number, matrix: 'output' | 'down', _x: Rows): void {
    const pieces = code.linearPieces(this.#model.shape.width)
    this.#record({ code: code.PROJECT_ADD, pieces, waits: true, layer, a: this.#layer(layer)[matrix] })
  }

  gateUp(_a: Quantised, layer: number): Quantised {
    this.#record({ code: code.GATE_UP, pieces: code.linearPieces(this.#model.shape.hidden), waits: true, layer })
    this.#record({ code: code.QUANTISE_GATED, pieces: this.#rows.length, waits: true, layer })
    return HANDLE as unknown as Quantised
  }

  commit(_x: Rows, boundary: number): void {
    const a = this.#boundaries++ * this.#rows.length * LEAF_BYTES
    const pieces = code.hashedPieces(this.#rows.length)
    this.#record({ code: code.HASH, pieces, waits: true, region: 'leaves', a, b: boundary })
  }

  read(_x: Rows): void {
    this.#isRead = true
    this.#record({ code: code.COPY, pieces: this.#rows.length, waits: true, region: 'residual' })
  }

  unembed(_a: Quantised, rows: LogitRows): void {
    const pieces = code.linearPieces(this.#model.shape.vocabulary)
    for (const { first, count } of this.#wantedRows(rows)) {
      const a = this.#logitRows * this.#model.shape.vocabulary * 4
      this.#record({ code: code.UNEMBED, pieces, waits: true, region: 'logits', a, b: first, c: count })
      this.#logitRows += count
    }
  }

  sample(a: Quantised, requests: readonly SampleRequest[]): void {
    this.#requests = requests
    this.unembed(a, 'last')
  }

  async finish(): Promise<StepOutput> {
    const { memory, shape } = this.#model
    const count = this.#rows.length
    const positions = this.#rows.reduce((most, { cache }) => Math.max(most, cache.capacity), 0)
    const scratch = this.#model.scratch(count, positions)
    const taken: Region[] = []
    const take = (bytes: number) => {
      const region = memory.take(bytes)
      taken.push(region)
      return region.at
    }
    try {
      const leaves = take(this.#boundaries * count * LEAF_BYTES)
      const residual = take(this.#isRead ? count * shape.width * 4 : 0)
      const logits = take(this.#logitRows * shape.vocabulary * 4)
      const operations = take(code.operationBytes(this.#operations.length))
      const step = take(STEP_WORDS * 4)
      const words = code.encodeOperations(this.#operations, { leaves, residual, logits })
      memory.i32(operations, words.length).set(words)
      this.#writeRows(scratch)
      memory.i32(step, STEP_WORDS).set(stepWords(scratch, shape, count))

      this.#model.run(step, operations, this.#operations.length)
      for (const { cache, position } of this.#rows) cache.length = Math.max(cache.length, position + 1)
      const rows = this.#rowsAt(logits, this.#logitRows, shape.vocabulary)
      return {
        leaves: this.#leavesAt(leaves),
        logits: this.#requests.length > 0 ? [] : rows,
        tokens: this.#requests.map((request, i) => chosenToken(rows[i] ?? new Int32Array(), request)),
        residual: this.#rowsAt(residual, this.#isRead ? count : 0, shape.width),
        saturated: memory.i32(step, STEP_WORDS)[STEP_WORDS - 1] ?? 0,
      }
    } finally {
      for (const region of taken) memory.release(region)
    }
  }

  #record(operation: code.Operation): void {
    this.#operations.push(operation)
  }

  /** Runs of neighbouring rows. */
  #wantedRows(rows: LogitRows): { first: number; count: number }[] {
    if (rows === 'none') return []
    const runs: { first: number; count: number }[] = []
    for (const [i, { isLast }] of this.#rows.entries()) {
      if (rows === 'last' && !isLast) continue
      const run = runs.at(-1)
      if (run !== undefined && run.first + run.count === i) run.count++
      else runs.push({ first: i, count: 1 })
    }
    return runs
  }

  #writeRows({ parts }: Scratch): void {
    const words = this.#rows.flatMap(({ token, position, cache }) => [
      token,
      position,
      cache.keys,
      cache.values,
      cache.scales,
      storedPositions(cache.capacity),
    ])
    this.#model.memory.i32(parts.rows, words.length).set(words)
  }

  #leavesAt(at: number): Digest[][] {
    const count = this.#rows.length
    const bytes = this.#model.memory.bytes(at, this.#boundaries * count * LEAF_BYTES)
    const leaf = (index: number) => toHex(bytes.slice(index * LEAF_BYTES, (index + 1) * LEAF_BYTES)) as Digest
    return this.#rows.map((_, i) => Array.from({ length: this.#boundaries }, (_b, b) => leaf(b * count + i)))
  }

  #rowsAt(at: number, count: number, width: number): Int32Array<ArrayBuffer>[] {
    const all = this.#model.memory.i32(at, count * width)
    // slice() copies out of shared memory too.
    return Array.from({ length: count }, (_, i) => all.slice(i * width, (i + 1) * width))
  }

  #layer(layer: number): DeviceLayer {
    const found = this.#model.device.layers[layer]
    if (found === undefined) throw new RangeError(`The model has no layer ${layer}.`)
    return found
  }
}

/** Words of the record of a step. */
const STEP_WORDS = 16

/** The record of a step: what {@link StepHost.scratch} gave it, and how many values were cut so far. */
function stepWords({ parts }: Scratch, shape: ModelShape, count: number): number[] {
  const xStride = shape.width * 4
  const angleStride = shape.headDim * 2
  const { rows, x, q, qM, qE, terms, queries, queryM, queryE, wide, cos, sin } = parts
  return [count, rows, x, xStride, q, qM, qE, terms, queries, queryM, queryE, wide, cos, sin, angleStride, 0]
}

// The port's handles are opaque, and here empty.
const HANDLE = {}
