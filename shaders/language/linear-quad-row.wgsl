// A linear layer for few rows on emulated adapters, where loads cost more than products: a quad computes 32 columns of one row, each of its
// threads eight. Each loads one of four values and passes it on; weights lie as the threads read them (device-weights.ts).
@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) id: u32) {
  let lane = id % 4u;
  let row = params.firstRow + group.y;
  openInput(row);
  let steps = 4u * params.words;
  var value = valuesOf(row) + lane;
  var at = group.x * 8u * steps + lane;
  var sums: array<Sums, 2>;
  for (var first = 0u; first < steps; first += STEPS) {
    var left = vec4u();
    var right = vec4u();
    for (var step = first; step < min(first + STEPS, steps); step++) {
      let a = valueAt(value);
      let a0 = quadBroadcast(a, 0u);
      let a1 = quadBroadcast(a, 1u);
      let a2 = quadBroadcast(a, 2u);
      let a3 = quadBroadcast(a, 3u);
      let u = weights[at];
      left += byte0(u) * a0 + byte1(u) * a1 + byte2(u) * a2 + byte3(u) * a3;
      let v = weights[at + 4u * steps];
      right += byte0(v) * a0 + byte1(v) * a1 + byte2(v) * a2 + byte3(v) * a3;
      value += 4u;
      at += 4u;
    }
    sums[0] = addSums(sums[0], left);
    sums[1] = addSums(sums[1], right);
  }
  let scale = inputScale();
  for (var half = 0u; half < 2u; half++) {
    let column = group.x * 32u + half * 16u + lane * 4u;
    if (column < params.columns) {
      emit(group.y, column, finished4(sums[half], scale, column));
    }
  }
}
