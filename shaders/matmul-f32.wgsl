// C = A · B in f32, 8 x 8 elements a thread in registers, no workgroup memory. Columns of a thread lie COLS apart, so that neighbouring threads
// read neighbouring elements of B. Loads past the edges are bounded by WGSL itself and their results are never stored.
override COLS: u32 = 8;
override ROWS: u32 = 8;

@group(0) @binding(0) var<storage, read> A: array<f32>;
@group(0) @binding(1) var<storage, read> B: array<f32>;
@group(0) @binding(2) var<storage, read_write> C: array<f32>;

@compute @workgroup_size(COLS, ROWS)
fn main(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let row = params.rowStart + (group.y * ROWS + local.y) * 8u;
  let col = params.colStart + group.x * COLS * 8u + local.x;
  let k = params.inner;
  var c: array<vec4f, 16>;
  var a = row * k;
  var b = col;
  for (var p = 0u; p < k; p++) {
    let left = vec4f(B[b], B[b + COLS], B[b + 2u * COLS], B[b + 3u * COLS]);
    let right = vec4f(B[b + 4u * COLS], B[b + 5u * COLS], B[b + 6u * COLS], B[b + 7u * COLS]);
    let a0 = A[a + 0u * k];
    c[0] += a0 * left;
    c[1] += a0 * right;
    let a1 = A[a + 1u * k];
    c[2] += a1 * left;
    c[3] += a1 * right;
    let a2 = A[a + 2u * k];
    c[4] += a2 * left;
    c[5] += a2 * right;
    let a3 = A[a + 3u * k];
    c[6] += a3 * left;
    c[7] += a3 * right;
    let a4 = A[a + 4u * k];
    c[8] += a4 * left;
    c[9] += a4 * right;
    let a5 = A[a + 5u * k];
    c[10] += a5 * left;
    c[11] += a5 * right;
    let a6 = A[a + 6u * k];
    c[12] += a6 * left;
    c[13] += a6 * right;
    let a7 = A[a + 7u * k];
    c[14] += a7 * left;
    c[15] += a7 * right;
    a += 1u;
    b += params.cols;
  }
  storeRow(row + 0u, col, c[0], c[1]);
  storeRow(row + 1u, col, c[2], c[3]);
  storeRow(row + 2u, col, c[4], c[5]);
  storeRow(row + 3u, col, c[6], c[7]);
  storeRow(row + 4u, col, c[8], c[9]);
  storeRow(row + 5u, col, c[10], c[11]);
  storeRow(row + 6u, col, c[12], c[13]);
  storeRow(row + 7u, col, c[14], c[15]);
}

fn storeRow(row: u32, col: u32, left: vec4f, right: vec4f) {
  if (row >= params.rows) {
    return;
  }
  let at = row * params.cols;
  for (var j = 0u; j < 4u; j++) {
    store(at, col + j * COLS, left[j]);
    store(at, col + (j + 4u) * COLS, right[j]);
  }
}

fn store(at: u32, col: u32, value: f32) {
  if (col >= params.cols) {
    return;
  }
  if (params.accumulate == 0u) {
    C[at + col] = value;
  } else {
    C[at + col] += value;
  }
}
