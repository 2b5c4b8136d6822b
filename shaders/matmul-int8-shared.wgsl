// Exact C = A · B of int8 in i32, blocks of A and B staged in workgroup memory, 8 x 8 elements a thread: for GPUs. Operands as in matmul-int8.wgsl;
// a block is 8 * ROWS by 8 * COLS elements of C, DEPTH words of k at a time.
override COLS: u32 = 16;
override ROWS: u32 = 16;
override DEPTH: u32 = 16;

@group(0) @binding(0) var<storage, read> A: array<u32>;
@group(0) @binding(1) var<storage, read> B: array<u32>;
@group(0) @binding(2) var<storage, read_write> C: array<i32>;

// Four rows of A, and four columns of B, to an element.
var<workgroup> blockA: array<vec4u, 2u * ROWS * DEPTH>;
var<workgroup> blockB: array<vec4u, 2u * COLS * DEPTH>;

@compute @workgroup_size(COLS, ROWS)
fn main(
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) index: u32,
  @builtin(workgroup_id) group: vec3u,
) {
  let row = params.rowStart + group.y * ROWS * 8u;
  let col = params.colStart + group.x * COLS * 8u;
  var c: array<vec4i, 16>;
  for (var start = 0u; start < params.inner; start += DEPTH) {
    for (var i = index; i < 2u * ROWS * DEPTH; i += COLS * ROWS) {
      blockA[i % DEPTH * 2u * ROWS + i / DEPTH] = loadA(row + i / DEPTH * 4u, start + i % DEPTH);
    }
    for (var i = index; i < 2u * COLS * DEPTH; i += COLS * ROWS) {
      blockB[i] = loadB(start + i / (2u * COLS), col + i % (2u * COLS) * 4u);
    }
    workgroupBarrier();
    for (var p = 0u; p < DEPTH; p++) {
      let a0 = blockA[p * 2u * ROWS + local.y];
      let a1 = blockA[p * 2u * ROWS + ROWS + local.y];
      let left = blockB[p * 2u * COLS + local.x];
      let right = blockB[p * 2u * COLS + COLS + local.x];
      c[0] += dot4x4(a0.x, left);
      c[1] += dot4x4(a0.x, right);
      c[2] += dot4x4(a0.y, left);
      c[3] += dot4x4(a0.y, right);
      c[4] += dot4x4(a0.z, left);
      c[5] += dot4x4(a0.z, right);
      c[6] += dot4x4(a0.w, left);
      c[7] += dot4x4(a0.w, right);
      c[8] += dot4x4(a1.x, left);
      c[9] += dot4x4(a1.x, right);
      c[10] += dot4x4(a1.y, left);
      c[11] += dot4x4(a1.y, right);
      c[12] += dot4x4(a1.z, left);
      c[13] += dot4x4(a1.z, right);
      c[14] += dot4x4(a1.w, left);
      c[15] += dot4x4(a1.w, right);
    }
    workgroupBarrier();
  }
  let top = row + local.y * 4u;
  let first = col + local.x * 4u;
  storeRow(top + 0u, first, c[0], c[1]);
  storeRow(top + 1u, first, c[2], c[3]);
  storeRow(top + 2u, first, c[4], c[5]);
  storeRow(top + 3u, first, c[6], c[7]);
  storeRow(top + ROWS * 4u + 0u, first, c[8], c[9]);
  storeRow(top + ROWS * 4u + 1u, first, c[10], c[11]);
  storeRow(top + ROWS * 4u + 2u, first, c[12], c[13]);
  storeRow(top + ROWS * 4u + 3u, first, c[14], c[15]);
}

fn dot4x4(a: u32, b: vec4u) -> vec4i {
  return vec4i(dot4(a, b.x), dot4(a, b.y), dot4(a, b.z), dot4(a, b.w));
}

// Elements p of four rows of A; zero past the end of k. Rows past the edge are bounded by WGSL itself and never stored.
fn loadA(row: u32, p: u32) -> vec4u {
  if (p >= params.inner) {
    return vec4u();
  }
  let at = row * params.inner + p;
  return vec4u(A[at], A[at + params.inner], A[at + 2u * params.inner], A[at + 3u * params.inner]);
}

// Four columns of row p of B; zero past the end of k.
fn loadB(p: u32, col: u32) -> vec4u {
  if (p >= params.inner) {
    return vec4u();
  }
  let at = p * params.cols + col;
  return vec4u(B[at], B[at + 1u], B[at + 2u], B[at + 3u]);
}

fn storeRow(row: u32, col: u32, left: vec4i, right: vec4i) {
  if (row >= params.rows) {
    return;
  }
  let at = row * params.cols;
  for (var j = 0u; j < 4u; j++) {
    store(at, col + j, left[j]);
    store(at, col + COLS * 4u + j, right[j]);
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
