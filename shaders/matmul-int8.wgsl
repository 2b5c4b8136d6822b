// Exact C = A · B of int8 in i32, 8 x 8 elements a thread in registers, no workgroup memory. A holds words of four along k, row by row; B holds
// the same words column by column (pack-int8.wgsl). Loads past the edges are bounded by WGSL itself and their results are never stored.
override COLS: u32 = 8;
override ROWS: u32 = 8;

@group(0) @binding(0) var<storage, read> A: array<u32>;
@group(0) @binding(1) var<storage, read> B: array<u32>;
@group(0) @binding(2) var<storage, read_write> C: array<i32>;

@compute @workgroup_size(COLS, ROWS)
fn main(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let row = params.rowStart + (group.y * ROWS + local.y) * 8u;
  let col = params.colStart + group.x * COLS * 8u + local.x;
  let k = params.inner;
  var c: array<vec4i, 16>;
  var a = row * k;
  var b = col;
  for (var p = 0u; p < k; p++) {
    let left = vec4u(B[b], B[b + COLS], B[b + 2u * COLS], B[b + 3u * COLS]);
    let right = vec4u(B[b + 4u * COLS], B[b + 5u * COLS], B[b + 6u * COLS], B[b + 7u * COLS]);
    let a0 = A[a + 0u * k];
    c[0] += dot4x4(a0, left);
    c[1] += dot4x4(a0, right);
    let a1 = A[a + 1u * k];
    c[2] += dot4x4(a1, left);
    c[3] += dot4x4(a1, right);
    let a2 = A[a + 2u * k];
    c[4] += dot4x4(a2, left);
    c[5] += dot4x4(a2, right);
    let a3 = A[a + 3u * k];
    c[6] += dot4x4(a3, left);
    c[7] += dot4x4(a3, right);
    let a4 = A[a + 4u * k];
    c[8] += dot4x4(a4, left);
    c[9] += dot4x4(a4, right);
    let a5 = A[a + 5u * k];
    c[10] += dot4x4(a5, left);
    c[11] += dot4x4(a5, right);
    let a6 = A[a + 6u * k];
    c[12] += dot4x4(a6, left);
    c[13] += dot4x4(a6, right);
    let a7 = A[a + 7u * k];
    c[14] += dot4x4(a7, left);
    c[15] += dot4x4(a7, right);
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

fn dot4x4(a: u32, b: vec4u) -> vec4i {
  return vec4i(dot4(a, b.x), dot4(a, b.y), dot4(a, b.z), dot4(a, b.w));
}

fn storeRow(row: u32, col: u32, left: vec4i, right: vec4i) {
  if (row >= params.rows) {
    return;
  }
  let at = row * params.cols;
  for (var j = 0u; j < 4u; j++) {
    store(at, col + j * COLS, left[j]);
    store(at, col + (j + 4u) * COLS, right[j]);
  }
}

fn store(at: u32, col: u32, value: i32) {
  if (col >= params.cols) {
    return;
  }
  if (params.accumulate == 0u) {
    C[at + col] = value;
  } else {
    C[at + col] += value;
  }
}
