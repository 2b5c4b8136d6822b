// A linear layer without workgroup memory: a thread computes four columns of one row alone. For adapters on which barriers cost more than
// the products between them.
@compute @workgroup_size(16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.y;
  let column = 4u * id.x;
  if (column >= params.columns) {
    return;
  }
  openInput(params.firstRow + row);
  let last = params.columns - 1u;
  let w0 = column * params.words;
  let w1 = min(column + 1u, last) * params.words;
  let w2 = min(column + 2u, last) * params.words;
  let w3 = min(column + 3u, last) * params.words;
  var high: vec4i;
  var low: vec4i;
  for (var word = 0u; word < params.words; word++) {
    let a = inputAt(word);
    let b0 = weights[w0 + word];
    let b1 = weights[w1 + word];
    let b2 = weights[w2 + word];
    let b3 = weights[w3 + word];
    high += vec4i(dot16(a.high, b0), dot16(a.high, b1), dot16(a.high, b2), dot16(a.high, b3));
    if (PLANES == 2u) {
      low += vec4i(dot16(a.low, b0), dot16(a.low, b1), dot16(a.low, b2), dot16(a.low, b3));
    }
  }
  let scale = inputScale();
  var y: vec4i;
  for (var i = 0u; i < min(4u, params.columns - column); i++) {
    y[i] = finished(high[i], low[i], scale, column + i);
  }
  emit(row, column, y);
}
