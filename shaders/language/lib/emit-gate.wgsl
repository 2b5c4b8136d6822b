// silu(gate)·up of columns that alternate between the two matrices, and the largest magnitude of each row.
@group(0) @binding(4) var<storage, read> exp2Table: array<u32>;
@group(0) @binding(5) var<storage, read_write> output: array<i32>;

fn emit(row: u32, column: u32, y: vec4i) {
  let at = row * params.stride + (params.firstColumn + column) / 2u;
  let first = siluGate(y.x, y.y, params.productFractionBits);
  var largest = magnitude(first);
  output[at] = first;
  if (column + 2u < params.columns) {
    let second = siluGate(y.z, y.w, params.productFractionBits);
    largest = max(largest, magnitude(second));
    output[at + 1u] = second;
  }
  atomicMax(&status[params.outputMaxima + row], largest);
}
