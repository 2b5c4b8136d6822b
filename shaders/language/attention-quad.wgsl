// Attention of one query head by one quad, for emulated adapters: two passes over blocks of sixteen keys, of which a thread scores four and
// then sums the values of its channels. What a thread loads it passes on.
override KEY_BITS: u32 = 8u;
/// Blocks whose scores are kept from the first pass; those beyond are computed again.
const KEPT: u32 = 128u;
const SCORE_MAX: i32 = 1073741824;

struct Params {
  heads: u32,
  kvHeads: u32,
  headDim: u32,
  scoreM: u32,
  scoreE: i32,
  /// Values between the rows of the output.
  stride: u32,
  maxima: u32,
}

/// Rows of token, position, where the pages of the sequence begin; then the pages.
@group(0) @binding(0) var<storage, read> rows: array<u32>;
@group(0) @binding(1) var<storage, read> queries: array<u32>;
@group(0) @binding(2) var<storage, read> keys: array<u32>;
@group(0) @binding(3) var<storage, read> values: array<u32>;
@group(0) @binding(4) var<storage, read> exp2Table: array<u32>;
@group(0) @binding(5) var<storage, read_write> status: array<atomic<u32>>;
@group(0) @binding(6) var<storage, read_write> output: array<i32>;
@group(1) @binding(0) var<uniform> params: Params;

var<private> kept: array<vec4i, 128>;
/// Of this thread in its quad.
var<private> lane: u32;
var<private> kvHead: u32;
var<private> queryAt: u32;
var<private> queryScale: Scale;

/// 64-bit sums of four channels.
struct Sums {
  low: vec4u,
  high: vec4u,
}

/// sums + 2048·high + low.
fn flushed(sums: Sums, high: vec4u, low: vec4u) -> Sums {
  let first = sums.low + high * 2048u;
  let carry = select(vec4u(), vec4u(1u), first < sums.low);
  let second = first + low;
  let carry2 = select(vec4u(), vec4u(1u), second < first);
  let upper = bitcast<vec4u>(bitcast<vec4i>(high) >> vec4u(21u)) + bitcast<vec4u>(bitcast<vec4i>(low) >> vec4u(31u));
  return Sums(second, sums.high + upper + carry + carry2);
}

/// Key 4·i + lane of the block from `slot` on, in component i.
fn scoresOf(slot: u32) -> vec4i {
  let words = params.headDim / 4u;
  let stride = 2u + KEY_BITS / 8u * words;
  let own = vec4u(slot + lane) + vec4u(0u, 4u, 8u, 12u);
  let at = (own * params.kvHeads + kvHead) * stride;
  var k = at + 2u;
  var q = queryAt + 2u + lane;
  var high = vec4u();
  var low = vec4u();
  for (var word = 0u; word < words; word++) {
    let a = queries[q];
    let a0 = quadBroadcast(a, 0u);
    let a1 = quadBroadcast(a, 1u);
    let a2 = quadBroadcast(a, 2u);
    let a3 = quadBroadcast(a, 3u);
    let first = vec4u(keys[k.x], keys[k.y], keys[k.z], keys[k.w]);
    high += byte0(first) * a0 + byte1(first) * a1 + byte2(first) * a2 + byte3(first) * a3;
    if (KEY_BITS == 16u) {
      let second = vec4u(keys[k.x + words], keys[k.y + words], keys[k.z + words], keys[k.w + words]);
      low += byte0(second) * a0 + byte1(second) * a1 + byte2(second) * a2 + byte3(second) * a3;
    }
    k += 1u;
    q += 4u;
  }
  if (KEY_BITS == 8u) {
    low = high & vec4u(255u);
    high = bitcast<vec4u>(bitcast<vec4i>(high) >> vec4u(8u));
  }
  var scores: vec4i;
  for (var i = 0u; i < 4u; i++) {
    let scale = mulScale(queryScale, Scale(keys[at[i]], bitcast<i32>(keys[at[i] + 1u])));
    let score = mulShiftWide(bitcast<i32>(high[i]), bitcast<i32>(low[i]), scale.m, scale.e - 16);
    scores[i] = clamp(score, -SCORE_MAX, SCORE_MAX);
  }
  return scores;
}

fn quadMax(x: i32) -> i32 {
  return max(max(quadBroadcast(x, 0u), quadBroadcast(x, 1u)), max(quadBroadcast(x, 2u), quadBroadcast(x, 3u)));
}

fn quadSum(x: vec2u) -> vec2u {
  let left = add64(quadBroadcast(x, 0u), quadBroadcast(x, 1u));
  return add64(left, add64(quadBroadcast(x, 2u), quadBroadcast(x, 3u)));
}

@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) id: u32) {
  let head = group.x;
  let row = group.y;
  let dim = params.headDim;
  lane = id % 4u;
  kvHead = head * params.kvHeads / params.heads;
  queryAt = (row * params.heads + head) * (2u + dim);
  queryScale = mulScale(
    Scale(queries[queryAt], bitcast<i32>(queries[queryAt + 1u])),
    Scale(params.scoreM, params.scoreE),
  );
  let count = rows[4u * row + 1u] + 1u;
  let pages = rows[4u * row + 2u];
  let blocks = (count + 15u) / 16u;

  let own = vec4u(lane) + vec4u(0u, 4u, 8u, 12u);
  var mostOf = vec4i(-SCORE_MAX);
  var cuts = vec4u();
  for (var block = 0u; block < blocks; block++) {
    let scores = scoresOf(rows[pages + block / 16u] * 256u + block % 16u * 16u);
    let isValid = own + 16u * block < vec4u(count);
    mostOf = max(mostOf, select(vec4i(-SCORE_MAX), scores, isValid));
    cuts += select(vec4u(), vec4u(1u), isValid & (abs(scores) >= vec4i(SCORE_MAX)));
    if (block < KEPT) {
      kept[block] = scores;
    }
  }
  let cut = cuts.x + cuts.y + cuts.z + cuts.w;
  if (cut > 0u) {
    atomicAdd(&status[0], cut);
  }
  let largest = quadMax(max(max(mostOf.x, mostOf.y), max(mostOf.z, mostOf.w)));

  let pairs = dim / 2u;
  var total = vec2u();
  var largestOut = 0u;
  for (var chunk = 0u; chunk < pairs; chunk += 16u) {
    let channels = min(own + chunk, vec4u(pairs - 1u));
    var a = Sums();
    var b = Sums();
    var partial = vec2u();
    for (var block = 0u; block < blocks; block++) {
      let slot = rows[pages + block / 16u] * 256u + block % 16u * 16u;
      var scores: vec4i;
      if (block < KEPT) {
        scores = kept[block];
      } else {
        scores = scoresOf(slot);
      }
      var weights: vec4u;
      for (var i = 0u; i < 4u; i++) {
        weights[i] = (exp2neg(bitcast<u32>(largest - scores[i])) + 128u) >> 8u;
      }
      weights = select(vec4u(), weights, own + 16u * block < vec4u(count));
      partial = add64(partial, vec2u(weights.x + weights.y + weights.z + weights.w, 0u));
      var highA = vec4u();
      var lowA = vec4u();
      var highB = vec4u();
      var lowB = vec4u();
      for (var i = 0u; i < 4u && 16u * block + 4u * i < count; i++) {
        let high = weights[i] >> 11u;
        let low = weights[i] & 2047u;
        let highs = vec4u(quadBroadcast(high, 0u), quadBroadcast(high, 1u), quadBroadcast(high, 2u), quadBroadcast(high, 3u));
        let lows = vec4u(quadBroadcast(low, 0u), quadBroadcast(low, 1u), quadBroadcast(low, 2u), quadBroadcast(low, 3u));
        var at = ((slot + 4u * i) * params.kvHeads + kvHead) * pairs + channels;
        for (var key = 0u; key < 4u; key++) {
          let words = vec4u(values[at.x], values[at.y], values[at.z], values[at.w]);
          let first = ((words & vec4u(0xffffu)) ^ vec4u(0x8000u)) - vec4u(0x8000u);
          let second = bitcast<vec4u>(bitcast<vec4i>(words) >> vec4u(16u));
          highA += first * highs[key];
          lowA += first * lows[key];
          highB += second * highs[key];
          lowB += second * lows[key];
          at += params.kvHeads * pairs;
        }
      }
      a = flushed(a, highA, lowA);
      b = flushed(b, highB, lowB);
    }
    total = quadSum(partial);
    for (var i = 0u; i < 8u; i++) {
      let j = i / 2u;
      let channel = chunk + 4u * j + lane;
      let sum = select(vec2u(a.low[j], a.high[j]), vec2u(b.low[j], b.high[j]), i % 2u == 1u);
      let mean = weightedMean(sum, total);
      if (channel < pairs) {
        output[row * params.stride + head * dim + 2u * channel + i % 2u] = mean;
        largestOut = max(largestOut, magnitude(mean));
      }
    }
  }
  largestOut = u32(quadMax(i32(largestOut)));
  if (lane == 0u) {
    atomicMax(&status[params.maxima + row], largestOut);
  }
}
