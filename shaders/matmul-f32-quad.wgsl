// C = A · B in f32, 16 x 8 elements a thread in registers. The four threads of a quad share their rows: each loads a quarter of the
// elements of A and passes them on, which pays where a load costs more than a broadcast (software adapters above all).
override COLS: u32 = 4;
override ROWS: u32 = 4;

@group(0) @binding(0) var<storage, read> A: array<f32>;
@group(0) @binding(1) var<storage, read> B: array<f32>;
@group(0) @binding(2) var<storage, read_write> C: array<f32>;

@compute @workgroup_size(COLS, ROWS)
fn main(
  @builtin(local_invocation_id) local: vec3u,
  @builtin(workgroup_id) group: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let row = params.rowStart + (group.y * ROWS + local.y) * 16u;
  let col = params.colStart + group.x * COLS * 8u + local.x;
  let k = params.inner;
  let own = row + lane % 4u;
  var c: array<vec4f, 32>;
  var b = col;
  for (var p = 0u; p < k; p++) {
    let left = vec4f(B[b], B[b + COLS], B[b + 2u * COLS], B[b + 3u * COLS]);
    let right = vec4f(B[b + 4u * COLS], B[b + 5u * COLS], B[b + 6u * COLS], B[b + 7u * COLS]);
    let a0 = A[(own + 0u) * k + p];
    let a4 = A[(own + 4u) * k + p];
    let a8 = A[(own + 8u) * k + p];
    let a12 = A[(own + 12u) * k + p];
    let r0 = quadBroadcast(a0, 0u);
    c[0] += r0 * left;
    c[1] += r0 * right;
    let r1 = quadBroadcast(a0, 1u);
    c[2] += r1 * left;
    c[3] += r1 * right;
    let r2 = quadBroadcast(a0, 2u);
    c[4] += r2 * left;
    c[5] += r2 * right;
    let r3 = quadBroadcast(a0, 3u);
    c[6] += r3 * left;
    c[7] += r3 * right;
    let r4 = quadBroadcast(a4, 0u);
    c[8] += r4 * left;
    c[9] += r4 * right;
    let r5 = quadBroadcast(a4, 1u);
    c[10] += r5 * left;
    c[11] += r5 * right;
    let r6 = quadBroadcast(a4, 2u);
    c[12] += r6 * left;
    c[13] += r6 * right;
    let r7 = quadBroadcast(a4, 3u);
    c[14] += r7 * left;
    c[15] += r7 * right;
    let r8 = quadBroadcast(a8, 0u);
    c[16] += r8 * left;
    c[17] += r8 * right;
    let r9 = quadBroadcast(a8, 1u);
    c[18] += r9 * left;
    c[19] += r9 * right;
    let r10 = quadBroadcast(a8, 2u);
    c[20] += r10 * left;
    c[21] += r10 * right;
    let r11 = quadBroadcast(a8, 3u);
    c[22] += r11 * left;
    c[23] += r11 * right;
    let r12 = quadBroadcast(a12, 0u);
    c[24] += r12 * left;
    c[25] += r12 * right;
    let r13 = quadBroadcast(a12, 1u);
    c[26] += r13 * left;
    c[27] += r13 * right;
    let r14 = quadBroadcast(a12, 2u);
    c[28] += r14 * left;
    c[29] += r14 * right;
    let r15 = quadBroadcast(a12, 3u);
    c[30] += r15 * left;
    c[31] += r15 * right;
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
  storeRow(row + 8u, col, c[16], c[17]);
  storeRow(row + 9u, col, c[18], c[19]);
  storeRow(row + 10u, col, c[20], c[21]);
  storeRow(row + 11u, col, c[22], c[23]);
  storeRow(row + 12u, col, c[24], c[25]);
  storeRow(row + 13u, col, c[26], c[27]);
  storeRow(row + 14u, col, c[28], c[29]);
  storeRow(row + 15u, col, c[30], c[31]);
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
