// A linear layer for many rows: a workgroup computes 32 x 32 values, a thread 4 x 4 of them, from operands staged in workgroup memory.
const SIDE: u32 = 32u;
/// Words of 16 columns staged at a time; `params.words` is a multiple of it.
const DEPTH: u32 = 2u;
var<workgroup> aHigh: array<vec4u, 64>;
var<workgroup> aLow: array<vec4u, 64>;
var<workgroup> b: array<vec4u, 64>;

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  openInput(params.firstRow + min(group.y * SIDE + lane / DEPTH, params.rows - 1u));
  let stagedColumn = min(group.x * SIDE + lane / DEPTH, params.columns - 1u);
  var high: array<vec4i, 4>;
  var low: array<vec4i, 4>;
  for (var word = 0u; word < params.words; word += DEPTH) {
    let a = inputAt(word + lane % DEPTH);
    aHigh[lane] = a.high;
    aLow[lane] = a.low;
    b[lane] = weights[stagedColumn * params.words + word + lane % DEPTH];
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      let at = local.x * 4u * DEPTH + k;
      let w0 = b[at];
      let w1 = b[at + DEPTH];
      let w2 = b[at + 2u * DEPTH];
      let w3 = b[at + 3u * DEPTH];
      for (var r = 0u; r < 4u; r++) {
        let h = aHigh[(local.y * 4u + r) * DEPTH + k];
        high[r] += vec4i(dot16(h, w0), dot16(h, w1), dot16(h, w2), dot16(h, w3));
        if (PLANES == 2u) {
          let l = aLow[(local.y * 4u + r) * DEPTH + k];
          low[r] += vec4i(dot16(l, w0), dot16(l, w1), dot16(l, w2), dot16(l, w3));
        }
      }
    }
    workgroupBarrier();
  }
  let column = group.x * SIDE + local.x * 4u;
  if (column >= params.columns) {
    return;
  }
  for (var r = 0u; r < 4u; r++) {
    let row = group.y * SIDE + local.y * 4u + r;
    if (row >= params.rows) {
      return;
    }
    openInput(params.firstRow + row);
    let scale = inputScale();
    var y: vec4i;
    for (var i = 0u; i < min(4u, params.columns - column); i++) {
      y[i] = finished(high[r][i], low[r][i], scale, column + i);
    }
    emit(row, column, y);
  }
}
