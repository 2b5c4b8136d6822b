// What the kernels read of a model and a step, laid out in linear memory as ../records.ts writes it: 32-bit words in this order.

/** int8 rows in panels of four: panel p holds (cols/8, 4, 8) at q + 4·p·cols; rows beyond the last and columns beyond the width are zeros. */
@unmanaged
export class Matrix {
  q: usize
  m: usize
  e: usize
  /** 0 where there is none. */
  bias: usize
  rows: i32
  /** A multiple of 16. */
  cols: i32
}

/** A norm's gain, Q30 with a scale, and its epsilon. */
@unmanaged
export class Norm {
  q: usize
  m: u32
  e: i32
  epsilonHigh: u32
  epsilonLow: u32
}

/** A projection to heads; `norm` is 0 where its heads are not normalised, `headF` the fraction bits of what leaves it. */
@unmanaged
export class Projection {
  weights: Matrix
  F: i32
  norm: Norm
  headF: i32
}

@unmanaged
export class Layer {
  attentionNorm: Norm
  query: Projection
  key: Projection
  value: Projection
  output: Matrix
  feedForwardNorm: Norm
  gate: Matrix
  up: Matrix
  down: Matrix
  productF: i32
}

@unmanaged
export class Model {
  width: i32
  hidden: i32
  heads: i32
  kvHeads: i32
  headDim: i32
  /** headDim as it is stored: a multiple of 16. */
  headStride: i32
  F: i32
  bits: i32
  keyBits: i32
  scoreM: u32
  scoreE: i32
  exp2: usize
  highCos: usize
  highSin: usize
  lowCos: usize
  lowSin: usize
  embedding: Matrix
  norm: Norm
  head: Matrix
  /** Addresses of the layers. */
  layers: usize
}

/** A row of the step: its token, its place, and the cache it belongs to. */
@unmanaged
export class Row {
  token: i32
  position: i32
  /** (layers, kvHeads, capacity, headStride): int8 in panels of four positions as matrices have them, or i16. */
  keys: usize
  /** (layers, kvHeads, capacity/2, headStride, 2) i16: two positions beside each other. */
  values: usize
  /** (layers, kvHeads, 2, capacity): m, then e. */
  scales: usize
  /** A multiple of 4. */
  capacity: i32
}

/** The regions of a step. A stride counts bytes of a row. */
@unmanaged
export class Step {
  count: i32
  rows: usize
  x: usize
  xStride: usize
  q: usize
  qM: usize
  qE: usize
  /** (rows, chunks of columns) i32 for products of many rows. */
  terms: usize
  queries: usize
  queryM: usize
  queryE: usize
  wide: usize
  cos: usize
  sin: usize
  angleStride: usize
  /** Values cut so far. */
  saturated: i32
}

/** One operation: what it works on in pieces that any thread may take. */
@unmanaged
export class Operation {
  code: i32
  pieces: i32
  /** Not 0: every operation before it has to be finished first. */
  waits: i32
  layer: i32
  /** Meaning by code. */
  a: usize
  b: usize
  c: usize
  /** Pieces taken, and pieces finished. */
  taken: i32
  finished: i32
}

/** What the threads of a model share: the step that they work on. */
@unmanaged
export class Control {
  /** Odd while a step is open, negative at the end. */
  epoch: i32
  /** Threads, besides the one that opened the step, that may be reading it. */
  active: i32
  model: Model
  step: Step
  operations: usize
  count: i32
  /** Each thread's own memory. */
  scratch: usize
  scratchStride: usize
}

export function rowAt(step: Step, index: i32): Row {
  return changetype<Row>(step.rows + <usize>index * offsetof<Row>())
}

export function layerAt(model: Model, index: i32): Layer {
  return changetype<Layer>(load<usize>(model.layers + ((<usize>index) << 2)))
}
