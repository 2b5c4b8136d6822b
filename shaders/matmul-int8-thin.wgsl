// Exact C = A · B of int8 in i32 where C has few rows or few columns: one element of C to SLICES threads, which share out the words of k and add up in workgroup
// memory. COLS neighbouring columns to a workgroup, so that reads of B are contiguous.
override COLS: u32 = 32;
override SLICES: u32 = 4;

@group(0) @binding(0) var<storage, read> A: array<u32>;
@group(0) @binding(1) var<storage, read> B: array<u32>;
@group(0) @binding(2) var<storage, read_write> C: array<i32>;

var<workgroup> sums: array<i32, COLS * SLICES>;

@compute @workgroup_size(COLS, SLICES)
fn main(@builtin(local_invocation_id) local: vec3u, @builtin(workgroup_id) group: vec3u) {
  let row = params.rowStart + group.y;
  let col = params.colStart + group.x * COLS + local.x;
  let a = row * params.inner;
  var sum: i32;
  if (row < params.rows && col < params.cols) {
    for (var p = local.y; p < params.inner; p += SLICES) {
      sum += dot4(A[a + p], B[p * params.cols + col]);
    }
  }
  sums[local.y * COLS + local.x] = sum;
  workgroupBarrier();
  if (local.y != 0u || row >= params.rows || col >= params.cols) {
    return;
  }
  for (var slice = 1u; slice < SLICES; slice++) {
    sum += sums[slice * COLS + local.x];
  }
  let at = row * params.cols + col;
  if (params.accumulate == 0u) {
    C[at] = sum;
  } else {
    C[at] += sum;
  }
}
