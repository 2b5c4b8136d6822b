// The port behind which kernels live. Integer operations give the same bytes on every adapter; float operations are only bounded.

/** Sizes of a product C (m, n) = A (m, k) · B (k, n), all row-major. */
export type MatmulShape = { readonly m: number; readonly k: number; readonly n: number }

/** Longest inner dimension of an exact int8 product: 131,071 · 2^14 still fits an i32. */
export const MAX_INNER_INT8 = 131_071

/** What a backend runs on, as shown to people and sent with the node's hello. */
export type BackendInfo = {
  readonly backend: 'cpu' | 'wasm' | 'webgpu'
  /** Vendor, architecture and description in one line, e.g. "nvidia hopper" or "TypeScript reference". */
  readonly adapter: string
  /** Whether the adapter is an emulation on the CPU. */
  readonly isSoftware: boolean
  /** Features in use that matter for speed, e.g. "packed_4x8_integer_dot_product". */
  readonly features: readonly string[]
}

/** Options of one operation. */
export type OperationOptions = { readonly signal?: AbortSignal }

/** A device that computes. One owner opens it, one closes it. */
export interface Backend {
  readonly info: BackendInfo

  /** Exact product of int8 matrices in i32. Throws `input` errors on shapes that do not fit, `capacity` when memory runs out. */
  matmulInt8(
    a: Int8Array<ArrayBuffer>,
    b: Int8Array<ArrayBuffer>,
    shape: MatmulShape,
    options?: OperationOptions,
  ): Promise<Int32Array<ArrayBuffer>>

  /** Product of f32 matrices within the bounds of `TOLERANCES`. */
  matmulF32(
    a: Float32Array<ArrayBuffer>,
    b: Float32Array<ArrayBuffer>,
    shape: MatmulShape,
    options?: OperationOptions,
  ): Promise<Float32Array<ArrayBuffer>>

  close(): Promise<void>
}
