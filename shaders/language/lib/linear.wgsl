// What every linear layer shares: int8 weights (columns, words of 16 bytes), their scales, and a sum's way to a value. `status` holds the
// number of values cut, then the largest magnitudes of rows.
override PLANES: u32 = 2u;

struct Params {
  /// Rows to compute, from `firstRow` of the input on.
  rows: u32,
  firstRow: u32,
  /// Columns of this band of the matrix, and the output column of its first.
  columns: u32,
  firstColumn: u32,
  /// Words of 16 columns in a row of weights.
  words: u32,
  /// Values between the output's rows.
  stride: u32,
  bound: i32,
  countsCuts: u32,
  /// Of wide inputs: where their rows' maxima lie in `status`, and their fraction bits.
  inputMaxima: u32,
  inputFractionBits: i32,
  /// Of gated outputs.
  outputMaxima: u32,
  productFractionBits: i32,
}

/// Scale m, e; bias; fraction bits of the output.
@group(0) @binding(1) var<storage, read> weights: array<vec4u>;
@group(0) @binding(2) var<storage, read> columnInfo: array<vec4i>;
@group(0) @binding(3) var<storage, read_write> status: array<atomic<u32>>;
@group(1) @binding(0) var<uniform> params: Params;

/// Sixteen activations as bytes: both planes of A16, or A8 in the first alone.
struct Activations {
  high: vec4u,
  low: vec4u,
}

fn dot16(a: vec4u, b: vec4u) -> i32 {
  return dot4(a.x, b.x) + dot4(a.y, b.y) + dot4(a.z, b.z) + dot4(a.w, b.w);
}

/// Counts a value at its bound.
fn clampCounted(x: i32, bound: i32) -> i32 {
  if (x < bound && x > -bound) {
    return x;
  }
  if (params.countsCuts != 0u) {
    atomicAdd(&status[0], 1u);
  }
  return clamp(x, -bound, bound);
}

fn finished(high: i32, low: i32, scale: Scale, column: u32) -> i32 {
  let info = columnInfo[column];
  let combined = mulScale(scale, Scale(bitcast<u32>(info.x), info.y));
  let shift = combined.e - info.w;
  var y = 0;
  if (PLANES == 2u) {
    y = mulShiftWide(high, low, combined.m, shift);
  } else {
    y = mulShift(high, i32(combined.m), shift);
  }
  return clampCounted(saturatingAdd(y, info.z), params.bound);
}
