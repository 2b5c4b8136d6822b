// A linear layer for few rows: a workgroup computes eight columns of one row, its lanes share the inner dimension.
const LANES: u32 = 64u;
const COLUMNS: u32 = 8u;
/// Partial sums of the high planes of each column, then of the low ones.
var<workgroup> partial: array<i32, 1024>;
var<workgroup> folded: array<i32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  openInput(params.firstRow + group.y);
  let column = group.x * COLUMNS;
  var high: array<i32, 8>;
  var low: array<i32, 8>;
  for (var word = lane; word < params.words; word += LANES) {
    let a = inputAt(word);
    for (var c = 0u; c < COLUMNS; c++) {
      let w = weights[min(column + c, params.columns - 1u) * params.words + word];
      high[c] += dot16(a.high, w);
      if (PLANES == 2u) {
        low[c] += dot16(a.low, w);
      }
    }
  }
  for (var c = 0u; c < COLUMNS; c++) {
    partial[c * LANES + lane] = high[c];
    partial[(COLUMNS + c) * LANES + lane] = low[c];
  }
  workgroupBarrier();
  var sum = 0;
  for (var i = 0u; i < 16u; i++) {
    sum += partial[lane * 16u + i];
  }
  folded[lane] = sum;
  workgroupBarrier();
  let first = 4u * lane;
  if (first >= COLUMNS || column + first >= params.columns) {
    return;
  }
  let scale = inputScale();
  var y: vec4i;
  for (var i = 0u; i < min(4u, params.columns - column - first); i++) {
    let h = 4u * (first + i);
    let l = h + 4u * COLUMNS;
    y[i] = finished(
      folded[h] + folded[h + 1u] + folded[h + 2u] + folded[h + 3u],
      folded[l] + folded[l + 1u] + folded[l + 2u] + folded[l + 3u],
      scale,
      column + first + i,
    );
  }
  emit(group.y, column + first, y);
}
