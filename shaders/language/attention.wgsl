// Attention of one query head by one workgroup, in two passes: the largest score, then weights and exact sums, block by block of keys.
override KEY_BITS: u32 = 8u;
/// At most 128, at least the pairs of a head's values.
override LANES: u32 = 128u;
/// Scores kept from the first pass; those beyond are computed again.
const KEPT: u32 = 2048u;
/// Keys whose products with half a weight cannot leave an i32.
const FLUSH: u32 = 32u;
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

@group(0) @binding(0) var<storage, read> rows: array<vec4u>;
@group(0) @binding(1) var<storage, read> queries: array<u32>;
@group(0) @binding(2) var<storage, read> keys: array<u32>;
@group(0) @binding(3) var<storage, read> values: array<u32>;
@group(0) @binding(4) var<storage, read> exp2Table: array<u32>;
@group(0) @binding(5) var<storage, read_write> status: array<atomic<u32>>;
@group(0) @binding(6) var<storage, read_write> output: array<i32>;
@group(1) @binding(0) var<uniform> params: Params;

var<workgroup> query: array<u32, 128>;
var<workgroup> kept: array<i32, 2048>;
var<workgroup> blockWeights: array<u32, 128>;
var<workgroup> parts: array<vec4u, 128>;
var<workgroup> largestScore: atomic<i32>;
var<workgroup> totalLow: atomic<u32>;
var<workgroup> totalHigh: atomic<u32>;
var<workgroup> largestOut: atomic<u32>;

fn scoreOf(key: u32, queryScale: Scale) -> i32 {
  let words = params.headDim / 4u;
  let start = key * (2u + KEY_BITS / 8u * words);
  var high = 0;
  var low = 0;
  for (var w = 0u; w < words; w++) {
    let qHigh = query[w];
    let qLow = query[words + w];
    let k = keys[start + 2u + w];
    if (KEY_BITS == 8u) {
      high += dot4(qHigh, k);
      low += dot4(qLow, k);
    } else {
      let kLow = keys[start + 2u + words + w];
      high += 256 * dot4(qHigh, k) + dot4(qHigh, kLow) + dot4(qLow, k);
      low += dot4(qLow, kLow);
    }
  }
  let scale = mulScale(queryScale, Scale(keys[start], bitcast<i32>(keys[start + 1u])));
  return clamp(mulShiftWide(high, low, scale.m, scale.e - 16), -SCORE_MAX, SCORE_MAX);
}

/// floor((sum·2^8 + floor(total/2)) / total) by long division of the sum moved above zero.
fn weightedMean(sum: vec2u, total: vec2u) -> i32 {
  let half = vec2u((total.x >> 1u) | (total.y << 31u), total.y >> 1u);
  var rest = add64(add64(shiftLeft64(sum, 8u), half), shiftLeft64(total, 23u));
  var quotient = 0u;
  for (var bit = 24u; bit > 0u; bit--) {
    let part = shiftLeft64(total, bit - 1u);
    quotient <<= 1u;
    if (!isBelow64(rest, part)) {
      rest = subtract64(rest, part);
      quotient |= 1u;
    }
  }
  return i32(quotient) - 8388608;
}

/// sum + 2048·high + low.
fn flushed(sum: vec2u, high: i32, low: i32) -> vec2u {
  return add64(sum, add64(shiftLeft64(widen(high), 11u), widen(low)));
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let head = group.x;
  let row = group.y;
  let dim = params.headDim;
  let kvHead = head * params.kvHeads / params.heads;
  let first = rows[row].z;
  let count = rows[row].y + 1u;
  let queryAt = (row * params.heads + head) * (2u + dim / 2u);
  for (var i = lane; i < dim / 2u; i += LANES) {
    query[i] = queries[queryAt + 2u + i];
  }
  if (lane == 0u) {
    atomicStore(&largestScore, -SCORE_MAX);
  }
  workgroupBarrier();

  let ownScale = Scale(queries[queryAt], bitcast<i32>(queries[queryAt + 1u]));
  let queryScale = mulScale(ownScale, Scale(params.scoreM, params.scoreE));
  var largest = -SCORE_MAX;
  var cuts = 0u;
  for (var u = lane; u < count; u += LANES) {
    let score = scoreOf((first + u) * params.kvHeads + kvHead, queryScale);
    if (u < KEPT) {
      kept[u] = score;
    }
    largest = max(largest, score);
    if (score >= SCORE_MAX || score <= -SCORE_MAX) {
      cuts++;
    }
  }
  if (cuts > 0u) {
    atomicAdd(&status[0], cuts);
  }
  atomicMax(&largestScore, largest);
  workgroupBarrier();
  largest = atomicLoad(&largestScore);

  // Lane = (split of the keys, pair of channels).
  let pairs = dim / 2u;
  let splits = LANES / pairs;
  let pair = lane % pairs;
  let split = lane / pairs;
  var total = vec2u();
  var sumA = vec2u();
  var sumB = vec2u();
  for (var block = 0u; block < count; block += LANES) {
    let u = block + lane;
    var weight = 0u;
    if (u < count) {
      var score = 0;
      if (u < KEPT) {
        score = kept[u];
      } else {
        score = scoreOf((first + u) * params.kvHeads + kvHead, queryScale);
      }
      weight = (exp2neg(bitcast<u32>(largest - score)) + 128u) >> 8u;
    }
    total = add64(total, vec2u(weight, 0u));
    blockWeights[lane] = weight;
    workgroupBarrier();
    let end = min(LANES, count - block);
    if (split < splits) {
      for (var start = split; start < end; start += FLUSH * splits) {
        var highA = 0;
        var lowA = 0;
        var highB = 0;
        var lowB = 0;
        for (var i = start; i < min(end, start + FLUSH * splits); i += splits) {
          let word = bitcast<i32>(values[((first + block + i) * params.kvHeads + kvHead) * pairs + pair]);
          let a = (word << 16u) >> 16u;
          let b = word >> 16u;
          let high = i32(blockWeights[i] >> 11u);
          let low = i32(blockWeights[i] & 2047u);
          highA += high * a;
          lowA += low * a;
          highB += high * b;
          lowB += low * b;
        }
        sumA = flushed(sumA, highA, lowA);
        sumB = flushed(sumB, highB, lowB);
      }
    }
    workgroupBarrier();
  }
  parts[lane] = vec4u(sumA, sumB);
  atomicAdd(&totalLow, total.x & 0xffffu);
  atomicAdd(&totalHigh, (total.x >> 16u) | (total.y << 16u));
  workgroupBarrier();
  if (lane < pairs) {
    for (var s = 1u; s < splits; s++) {
      let part = parts[s * pairs + lane];
      sumA = add64(sumA, part.xy);
      sumB = add64(sumB, part.zw);
    }
    let all = add64(vec2u(atomicLoad(&totalLow), 0u), shiftLeft64(vec2u(atomicLoad(&totalHigh), 0u), 16u));
    let a = weightedMean(sumA, all);
    let b = weightedMean(sumB, all);
    let to = row * params.stride + head * dim + 2u * lane;
    output[to] = a;
    output[to + 1u] = b;
    atomicMax(&largestOut, max(magnitude(a), magnitude(b)));
  }
  workgroupBarrier();
  if (lane == 0u) {
    atomicMax(&status[params.maxima + row], atomicLoad(&largestOut));
  }
}
