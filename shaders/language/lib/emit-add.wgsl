// Adds to the residual, whose sum is cut at the bound of both.
@group(0) @binding(4) var<storage, read_write> output: array<i32>;

fn emit(row: u32, column: u32, y: vec4i) {
  let count = min(4u, params.columns - column);
  let at = row * params.stride + params.firstColumn + column;
  for (var i = 0u; i < count; i++) {
    output[at + i] = clampCounted(output[at + i] + y[i], params.bound);
  }
}
