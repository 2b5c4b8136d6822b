// cos and sin (Q15) of every pair at each row's position, from two-level Q30 tables: 256 rows of low angles, then the high ones.
struct Params {
  rows: u32,
  pairs: u32,
}

@group(0) @binding(0) var<storage, read> rows: array<vec4u>;
@group(0) @binding(1) var<storage, read> tables: array<vec2i>;
@group(0) @binding(2) var<storage, read_write> angles: array<vec2i>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.pairs) {
    return;
  }
  let position = rows[id.y].y;
  let low = tables[(position % 256u) * params.pairs + id.x];
  let high = tables[(256u + position / 256u) * params.pairs + id.x];
  let cosine = subtract64(multiplySigned(high.x, low.x), multiplySigned(high.y, low.y));
  let sine = add64(multiplySigned(high.y, low.x), multiplySigned(high.x, low.y));
  angles[id.y * params.pairs + id.x] = vec2i(roundShift64(cosine, 45u), roundShift64(sine, 45u));
}
