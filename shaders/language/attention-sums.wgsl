// Weights of one query head over a split of a long sequence, and their exact sums with the values.

@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read> exp2Table: array<u32>;
@group(0) @binding(3) var<storage, read> status: array<u32>;
/// (row, head, position).
@group(0) @binding(4) var<storage, read> scores: array<i32>;
/// (row, head, split) of the total of the weights, then the sums of pairs of channels.
@group(0) @binding(5) var<storage, read_write> partials: array<vec4u>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let head = group.x / params.splits;
  let split = group.x % params.splits;
  let row = group.y;
  let kvHead = kvHeadOf(head);
  let count = rows[4u * row + 1u] + 1u;
  let rowHead = row * params.heads + head;
  let largest = i32(status[params.peaks + rowHead]) - SCORE_MAX;
  let first = split * SPLIT;
  var sums = PairSums();
  for (var block = first; block < min(count, first + SPLIT); block += LANES) {
    let u = block + lane;
    var weight = 0u;
    if (u < count) {
      weight = weightOf(scores[rowHead * params.capacity + u], largest);
    }
    sums = addBlock(sums, weight, slotOf(row, block), count - block, kvHead, lane);
  }
  let all = joined(sums, lane);
  let pairs = params.headDim / 2u;
  let to = (rowHead * params.splits + split) * (1u + pairs);
  if (lane < pairs) {
    partials[to + 1u + lane] = vec4u(all.a, all.b);
  }
  if (lane == 0u) {
    partials[to] = vec4u(all.total, 0u, 0u);
  }
}
