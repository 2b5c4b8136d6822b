// Residual rows of tokens whose embedding lies in this band of the table.
/// The table lies as quads read it: words of sixteen rows beside each other.
override QUADS: u32 = 0u;

struct Params {
  rows: u32,
  width: u32,
  firstToken: u32,
  tokens: u32,
  /// Words of four columns in a row of the table.
  words: u32,
  fractionBits: i32,
  bound: i32,
}

/// Token, position, first position of its cache in the arena, unused.
@group(0) @binding(0) var<storage, read> rows: array<vec4u>;
@group(0) @binding(1) var<storage, read> weights: array<u32>;
@group(0) @binding(2) var<storage, read> columnInfo: array<vec4i>;
@group(0) @binding(3) var<storage, read_write> residual: array<i32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let token = rows[id.y].x - params.firstToken;
  if (id.x >= params.width || token >= params.tokens) {
    return;
  }
  var at = token * params.words + id.x / 4u;
  if (QUADS == 1u) {
    at = (token / 16u * params.words + id.x / 4u) * 16u + token % 16u;
  }
  let word = weights[at];
  let q = bitcast<i32>(word << (24u - 8u * (id.x % 4u))) >> 24u;
  let info = columnInfo[token];
  let x = mulShift(q, info.x, info.y - params.fractionBits);
  residual[id.y * params.width + id.x] = clamp(x, -params.bound, params.bound);
}
