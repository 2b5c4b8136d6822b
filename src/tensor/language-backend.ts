// The port behind which a language model runs, in steps coarse enough to be one dispatch each: about eight a layer.
// Every value is an integer, so every adapter gives the same bytes; handles are opaque and belong to the step or model that made them.
import type { Digest } from '#core/digest.ts'
import type { BackendInfo } from './backend.ts'
import type { SampleRequest } from './exact/sampler.ts'
import type { ModelShape, ModelWeights } from './exact/weights.ts'

declare const rows: unique symbol
declare const quantised: unique symbol
declare const queries: unique symbol
/** Rows of i32 on the device: the residual stream. */
export type Rows = { readonly [rows]: true }
/** Rows ready for a linear layer; a backend may quantise them only when they are read. */
export type Quantised = { readonly [quantised]: true }
/** Rotated, quantised query heads of every row. */
export type Queries = { readonly [queries]: true }

/** Keys and values of one sequence. Positions 0 .. length-1 are filled. */
export interface KvCache {
  readonly length: number
  readonly capacity: number
  /** Forgets the positions from `length` on: a shared prefix stays. */
  truncate(length: number): void
  close(): void
}

/** Tokens that continue one sequence: token i goes to position cache.length + i. */
export type SequenceRows = { readonly cache: KvCache; readonly tokens: readonly number[] }

/** Which norm of which layer; `final` is the one before the head. */
export type NormSite = { readonly layer: number; readonly norm: 'attention' | 'feedForward' } | 'final'

/** Which rows' logits are wanted. */
export type LogitRows = 'none' | 'last' | 'all'

/** What a step brings back in its one read-back, row by row in the order of the sequences. */
export type StepOutput = {
  /** Boundary leaves of each row, in order of {@link Step.commit}. */
  readonly leaves: readonly (readonly Digest[])[]
  /** (rows wanted, vocabulary) in Q16; `last` is one row a sequence. */
  readonly logits: readonly Int32Array<ArrayBuffer>[]
  /** The rows of {@link Step.read}, (rows, width); empty when none were wanted. */
  readonly residual: readonly Int32Array<ArrayBuffer>[]
  /** The tokens of {@link Step.sample}, one a sequence. */
  readonly tokens: readonly number[]
  /** Values cut at each saturating site so far: all zero on sound models. */
  readonly saturated: number
}

/** One forward pass over new rows, recorded operation by operation; {@link finish} runs it and lets the caches grow. */
export interface Step {
  /** Residual rows of the step's tokens. */
  embed(): Rows
  /** RMSNorm, then quantised for a linear layer. */
  normQuantise(x: Rows, site: NormSite): Quantised
  /** Q, K, V of `layer`, rotated; K and V go to the caches. */
  projectHeads(a: Quantised, layer: number): Queries
  /** Causal attention over the caches, the step's own rows included; heads joined and quantised. */
  attend(queries: Queries, layer: number): Quantised
  /** Adds the projection of `a` by the layer's output or down matrix to `x`, clamped, in place. */
  projectAdd(a: Quantised, layer: number, matrix: 'output' | 'down', x: Rows): void
  /** silu(gate)·up, quantised. */
  gateUp(a: Quantised, layer: number): Quantised
  /** Hashes `x` as the boundary after `boundary` finished layers. */
  commit(x: Rows, boundary: number): void
  /** Brings `x` back as it is at this point: what the boundary after the last layer hashes, for who pools it. At most once a step. */
  read(x: Rows): void
  /** Logits of the wanted rows. */
  unembed(a: Quantised, rows: LogitRows): void
  /** Instead of {@link unembed}: chooses the token that follows each sequence, one request a sequence. Its logits stay on the device. */
  sample(a: Quantised, requests: readonly SampleRequest[]): void
  finish(): Promise<StepOutput>
}

/** A model on a device. */
export interface DeviceModel {
  readonly shape: ModelShape
  /** Throws a `capacity` error when the device cannot hold `capacity` positions more. */
  openCache(capacity: number): KvCache
  begin(sequences: readonly SequenceRows[]): Step
  close(): Promise<void>
}

/** A device that runs exact language models. */
export interface LanguageBackend {
  readonly info: BackendInfo
  load(
    weights: ModelWeights,
    options?: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void },
  ): Promise<DeviceModel>
  close(): Promise<void>
}
