// One head of one row by one workgroup: queries and keys are normalised where the model does that, rotated and quantised, keys and values
// go to their page of the arena.
override KEY_BITS: u32 = 8u;
override LANES: u32 = 64u;
/// Queries are written a word a value, not as bytes in planes.
override WHOLE: u32 = 0u;
override NORMED: u32 = 0u;
const PAGE: u32 = 256u;
/// Words before a norm's gains: epsilon, the gains' scale, fraction bits of the result, whether there is a norm, two unused.
const NORM_HEADER: u32 = 8u;

struct Params {
  heads: u32,
  kvHeads: u32,
  headDim: u32,
  /// Values between the rows of the projection: query heads, key heads, value heads.
  stride: u32,
  /// Of what is rotated.
  queryFractionBits: i32,
  keyFractionBits: i32,
}

@group(0) @binding(0) var<storage, read> projected: array<i32>;
/// Rows of token, position, where the pages of the sequence begin; then the pages.
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read> angles: array<vec2i>;
/// The norm of queries, then that of keys.
@group(0) @binding(3) var<storage, read> norms: array<i32>;
/// (row, head): scale, values or their high plane and low plane.
@group(0) @binding(4) var<storage, read_write> queries: array<u32>;
/// (place in the arena, kv head): scale, planes.
@group(0) @binding(5) var<storage, read_write> keys: array<u32>;
/// (place in the arena, kv head): pairs of int16.
@group(0) @binding(6) var<storage, read_write> values: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

var<workgroup> rotated: array<i32, 256>;
var<workgroup> largest: atomic<u32>;
var<workgroup> largestIn: atomic<u32>;
var<workgroup> squaresLow: atomic<u32>;
var<workgroup> squaresHigh: atomic<u32>;

/// How a head is normalised: gains from `gains` on.
struct Norm {
  isOn: bool,
  gains: u32,
  up: u32,
  m: i32,
  shift: i32,
}

fn openNorm(start: u32, isQuery: bool, lane: u32) -> Norm {
  var low = 0u;
  var high = 0u;
  var most = 0u;
  for (var i = lane; i < params.headDim; i += LANES) {
    let size = magnitude(projected[start + i]);
    low += (size * size) & 0xffffu;
    high += (size * size) >> 16u;
    most = max(most, size);
  }
  atomicAdd(&squaresLow, low);
  atomicAdd(&squaresHigh, high);
  atomicMax(&largestIn, most);
  workgroupBarrier();
  let at = select(NORM_HEADER + params.headDim, 0u, isQuery);
  let squares = add64(vec2u(atomicLoad(&squaresLow), 0u), shiftLeft64(vec2u(atomicLoad(&squaresHigh), 0u), 16u));
  let epsilon = vec3u(bitcast<u32>(norms[at]), bitcast<u32>(norms[at + 1u]), 0u);
  let root = inverseRootScale(add96(vec3u(squares, 0u), epsilon));
  let scale = mulScale(root, Scale(bitcast<u32>(norms[at + 2u]), norms[at + 3u]));
  let up = 30u - bitLength(atomicLoad(&largestIn));
  return Norm(norms[at + 5u] == 1, at + NORM_HEADER, up, i32(scale.m), scale.e + i32(up) - norms[at + 4u]);
}

fn normalised(x: i32, i: u32, norm: Norm) -> i32 {
  if (!norm.isOn) {
    return x;
  }
  let y = mulShift(x << norm.up, norms[norm.gains + i], 30);
  return clamp(mulShift(y, norm.m, norm.shift), -32767, 32767);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let head = group.x;
  let row = group.y;
  let dim = params.headDim;
  let start = row * params.stride + head * dim;
  let position = rows[4u * row + 1u];
  let slot = rows[rows[4u * row + 2u] + position / PAGE] * PAGE + position % PAGE;
  if (head >= params.heads + params.kvHeads) {
    let to = (slot * params.kvHeads + head - params.heads - params.kvHeads) * (dim / 2u);
    for (var i = lane; i < dim / 2u; i += LANES) {
      let low = bitcast<u32>(projected[start + 2u * i]) & 0xffffu;
      values[to + i] = low | (bitcast<u32>(projected[start + 2u * i + 1u]) << 16u);
    }
    return;
  }
  let isQuery = head < params.heads;
  var norm: Norm;
  if (NORMED == 1u) {
    norm = openNorm(start, isQuery, lane);
  }
  let pairs = dim / 2u;
  var most = 0u;
  for (var j = lane; j < pairs; j += LANES) {
    let angle = angles[row * pairs + j];
    let a = normalised(projected[start + j], j, norm);
    let b = normalised(projected[start + j + pairs], j + pairs, norm);
    let x = (a * angle.x - b * angle.y + 16384) >> 15u;
    let y = (b * angle.x + a * angle.y + 16384) >> 15u;
    rotated[j] = x;
    rotated[j + pairs] = y;
    most = max(most, max(magnitude(x), magnitude(y)));
  }
  atomicMax(&largest, most);
  workgroupBarrier();
  let by = quantiserOf(atomicLoad(&largest), select(KEY_BITS, 16u, isQuery));
  let scale = quantisedScale(by, select(params.keyFractionBits, params.queryFractionBits, isQuery));
  let words = dim / 4u;
  let queryTo = (row * params.heads + head) * (2u + select(2u, 4u, WHOLE == 1u) * words);
  let keyTo = (slot * params.kvHeads + head - params.heads) * (2u + KEY_BITS / 8u * words);
  for (var word = lane; word < words; word += LANES) {
    let first = 4u * word;
    let q = quantised4(vec4i(rotated[first], rotated[first + 1u], rotated[first + 2u], rotated[first + 3u]), by);
    if (isQuery && WHOLE == 1u) {
      for (var i = 0u; i < 4u; i++) {
        queries[queryTo + 2u + first + i] = bitcast<u32>(q[i]);
      }
    } else if (isQuery) {
      let planes = packPlanes(q);
      queries[queryTo + 2u + word] = planes.x;
      queries[queryTo + 2u + words + word] = planes.y;
    } else if (KEY_BITS == 16u) {
      let planes = packPlanes(q);
      keys[keyTo + 2u + word] = planes.x;
      keys[keyTo + 2u + words + word] = planes.y;
    } else {
      keys[keyTo + 2u + word] = packBytes(q);
    }
  }
  if (lane == 0u) {
    if (isQuery) {
      queries[queryTo] = scale.m;
      queries[queryTo + 1u] = bitcast<u32>(scale.e);
    } else {
      keys[keyTo] = scale.m;
      keys[keyTo + 1u] = bitcast<u32>(scale.e);
    }
  }
}
