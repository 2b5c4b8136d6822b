// A linear layer for many rows on emulated adapters: a quad computes 16 columns of eight rows, each of its threads four columns. Each loads
// one of four values of every row and passes it on; weights lie as the threads read them (device-weights.ts).
fn products(b0: vec4u, b1: vec4u, b2: vec4u, b3: vec4u, a: u32) -> vec4u {
  return b0 * quadBroadcast(a, 0u) + b1 * quadBroadcast(a, 1u) + b2 * quadBroadcast(a, 2u) + b3 * quadBroadcast(a, 3u);
}

@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) id: u32) {
  let lane = id % 4u;
  let row = group.y * 8u;
  let last = params.firstRow + params.rows - 1u;
  let top = params.firstRow + row;
  let v0 = valuesOf(min(top, last));
  let v1 = valuesOf(min(top + 1u, last));
  let v2 = valuesOf(min(top + 2u, last));
  let v3 = valuesOf(min(top + 3u, last));
  let v4 = valuesOf(min(top + 4u, last));
  let v5 = valuesOf(min(top + 5u, last));
  let v6 = valuesOf(min(top + 6u, last));
  let v7 = valuesOf(min(top + 7u, last));
  let steps = 4u * params.words;
  var at = group.x * 4u * steps + lane;
  var k = lane;
  var sums: array<Sums, 8>;
  for (var first = 0u; first < steps; first += STEPS) {
    var part = array<vec4u, 8>();
    for (var step = first; step < min(first + STEPS, steps); step++) {
      let w = weights[at];
      let b0 = byte0(w);
      let b1 = byte1(w);
      let b2 = byte2(w);
      let b3 = byte3(w);
      part[0] += products(b0, b1, b2, b3, valueAt(v0 + k));
      part[1] += products(b0, b1, b2, b3, valueAt(v1 + k));
      part[2] += products(b0, b1, b2, b3, valueAt(v2 + k));
      part[3] += products(b0, b1, b2, b3, valueAt(v3 + k));
      part[4] += products(b0, b1, b2, b3, valueAt(v4 + k));
      part[5] += products(b0, b1, b2, b3, valueAt(v5 + k));
      part[6] += products(b0, b1, b2, b3, valueAt(v6 + k));
      part[7] += products(b0, b1, b2, b3, valueAt(v7 + k));
      at += 4u;
      k += 4u;
    }
    sums[0] = addSums(sums[0], part[0]);
    sums[1] = addSums(sums[1], part[1]);
    sums[2] = addSums(sums[2], part[2]);
    sums[3] = addSums(sums[3], part[3]);
    sums[4] = addSums(sums[4], part[4]);
    sums[5] = addSums(sums[5], part[5]);
    sums[6] = addSums(sums[6], part[6]);
    sums[7] = addSums(sums[7], part[7]);
  }
  let column = group.x * 16u + lane * 4u;
  if (column >= params.columns) {
    return;
  }
  for (var r = 0u; r < min(8u, params.rows - row); r++) {
    openInput(params.firstRow + row + r);
    emit(row + r, column, finished4(sums[r], inputScale(), column));
  }
}
