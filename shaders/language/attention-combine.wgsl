// The values that one query head attended to, from the sums of its splits: integers, so their number does not matter.
@group(0) @binding(0) var<storage, read> partials: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> status: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read_write> output: array<i32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let pairs = params.headDim / 2u;
  let rowHead = group.y * params.heads + group.x;
  var total = vec2u();
  var a = vec2u();
  var b = vec2u();
  for (var split = 0u; split < params.splits; split++) {
    let at = (rowHead * params.splits + split) * (1u + pairs);
    let sums = partials[at + 1u + min(lane, pairs - 1u)];
    total = add64(total, partials[at].xy);
    a = add64(a, sums.xy);
    b = add64(b, sums.zw);
  }
  emitPair(a, b, total, group.y, group.x, lane);
}
