// One head of one row by one workgroup: queries and keys are rotated and quantised, keys and values go to the arena.
override KEY_BITS: u32 = 8u;
override LANES: u32 = 64u;

struct Params {
  heads: u32,
  kvHeads: u32,
  headDim: u32,
  /// Values between the rows of the projection: query heads, key heads, value heads.
  stride: u32,
  queryFractionBits: i32,
  keyFractionBits: i32,
}

@group(0) @binding(0) var<storage, read> projected: array<i32>;
@group(0) @binding(1) var<storage, read> rows: array<vec4u>;
@group(0) @binding(2) var<storage, read> angles: array<vec2i>;
/// (row, head): scale, high plane, low plane.
@group(0) @binding(3) var<storage, read_write> queries: array<u32>;
/// (position in the arena, kv head): scale, planes.
@group(0) @binding(4) var<storage, read_write> keys: array<u32>;
/// (position in the arena, kv head): pairs of int16.
@group(0) @binding(5) var<storage, read_write> values: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

var<workgroup> rotated: array<i32, 256>;
var<workgroup> largest: atomic<u32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let head = group.x;
  let row = group.y;
  let dim = params.headDim;
  let start = row * params.stride + head * dim;
  let at = rows[row].z + rows[row].y;
  if (head >= params.heads + params.kvHeads) {
    let to = (at * params.kvHeads + head - params.heads - params.kvHeads) * (dim / 2u);
    for (var i = lane; i < dim / 2u; i += LANES) {
      let low = bitcast<u32>(projected[start + 2u * i]) & 0xffffu;
      values[to + i] = low | (bitcast<u32>(projected[start + 2u * i + 1u]) << 16u);
    }
    return;
  }
  let pairs = dim / 2u;
  var most = 0u;
  for (var j = lane; j < pairs; j += LANES) {
    let angle = angles[row * pairs + j];
    let a = projected[start + j];
    let b = projected[start + j + pairs];
    let x = (a * angle.x - b * angle.y + 16384) >> 15u;
    let y = (b * angle.x + a * angle.y + 16384) >> 15u;
    rotated[j] = x;
    rotated[j + pairs] = y;
    most = max(most, max(magnitude(x), magnitude(y)));
  }
  atomicMax(&largest, most);
  workgroupBarrier();
  let isQuery = head < params.heads;
  let by = quantiserOf(atomicLoad(&largest), select(KEY_BITS, 16u, isQuery));
  let scale = quantisedScale(by, select(params.keyFractionBits, params.queryFractionBits, isQuery));
  let words = dim / 4u;
  let queryTo = (row * params.heads + head) * (2u + 2u * words);
  let keyTo = (at * params.kvHeads + head - params.heads) * (2u + KEY_BITS / 8u * words);
  for (var word = lane; word < words; word += LANES) {
    let first = 4u * word;
    let q = quantised4(vec4i(rotated[first], rotated[first + 1u], rotated[first + 2u], rotated[first + 3u]), by);
    let planes = packPlanes(q);
    if (isQuery) {
      queries[queryTo + 2u + word] = planes.x;
      queries[queryTo + 2u + words + word] = planes.y;
    } else if (KEY_BITS == 16u) {
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
