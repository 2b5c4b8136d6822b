// Quantises rows of i32 whose largest magnitudes are known, once for the many tiles that read them.
override BITS: u32 = 16u;
/// Values are written a word each, not as bytes in planes.
override WHOLE: u32 = 0u;

struct Params {
  rows: u32,
  /// Words of 16 columns in a plane; the input's rows have as many columns.
  words: u32,
  maxima: u32,
  fractionBits: i32,
}

@group(0) @binding(0) var<storage, read> input: array<vec4i>;
@group(0) @binding(1) var<storage, read> status: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let words = 4u * params.words;
  if (id.x >= words) {
    return;
  }
  let by = quantiserOf(status[params.maxima + id.y], BITS);
  let q = quantised4(input[id.y * words + id.x], by);
  let to = id.y * (4u + select(BITS / 8u, 4u, WHOLE == 1u) * words);
  let at = to + 4u + id.x;
  if (WHOLE == 1u) {
    let first = to + 4u + 4u * id.x;
    output[first] = bitcast<u32>(q.x);
    output[first + 1u] = bitcast<u32>(q.y);
    output[first + 2u] = bitcast<u32>(q.z);
    output[first + 3u] = bitcast<u32>(q.w);
  } else if (BITS == 16u) {
    let planes = packPlanes(q);
    output[at] = planes.x;
    output[at + words] = planes.y;
  } else {
    output[at] = packBytes(q);
  }
  if (id.x == 0u) {
    let scale = quantisedScale(by, params.fractionBits);
    output[to] = scale.m;
    output[to + 1u] = bitcast<u32>(scale.e);
  }
}
