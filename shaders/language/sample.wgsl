// The token that follows a sequence, as src/tensor/exact/sampler.ts specifies it, by one workgroup: penalties, the largest logit, and where
// there is a temperature the cuts of top-k and top-p by radix selection, without a sort, and the draw.
override LANES: u32 = 256u;
const LOGIT_MAX: i32 = 1073741824;
const ALL: u32 = 1000000u;
/// Words of a request; its penalised tokens follow all requests.
const REQUEST: u32 = 16u;

struct Params {
  vocabulary: u32,
}

/// Temperature (0: the largest), its scale m and s, top-k (0: all), top-p, 64 random bits (low, high), first and number of its penalised
/// tokens, repetition. Those: token, whether it was seen, what its count takes away.
@group(0) @binding(0) var<storage, read> requests: array<u32>;
@group(0) @binding(1) var<storage, read> exp2Table: array<u32>;
@group(0) @binding(2) var<storage, read_write> logits: array<i32>;
@group(0) @binding(3) var<storage, read_write> tokens: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

var<workgroup> largest: atomic<i32>;
var<workgroup> first: atomic<u32>;
var<workgroup> binLow: array<atomic<u32>, 256>;
var<workgroup> binHigh: array<atomic<u32>, 256>;
var<workgroup> laneTies: array<u32, LANES>;
var<workgroup> laneSums: array<vec2u, LANES>;
var<workgroup> found: vec4u;

var<private> row: u32;
var<private> request: u32;

/// Logits in order of unsigned words.
fn keyOf(i: u32) -> u32 {
  return bitcast<u32>(logits[row + i]) ^ 0x80000000u;
}

/// Weight in Q24 of a key.
fn weightOf(key: u32) -> u32 {
  let distance = min(keyOfLargest() - key, 0x7fffffffu);
  let scaled = mulShift(i32(distance), bitcast<i32>(requests[request + 1u]), bitcast<i32>(requests[request + 2u]));
  return exp2neg(u32(min(scaled, 31 * 65536))) >> 6u;
}

fn keyOfLargest() -> u32 {
  return bitcast<u32>(atomicLoad(&largest)) ^ 0x80000000u;
}

fn clampedQuotient(q: vec2u) -> i32 {
  let isLarge = select(q.y != 0u || q.x > u32(LOGIT_MAX), q.y != 0xffffffffu || q.x < 0xc0000000u, (q.y >> 31u) == 1u);
  return select(bitcast<i32>(q.x), select(LOGIT_MAX, -LOGIT_MAX, (q.y >> 31u) == 1u), isLarge);
}

fn repeated(z: i32, repetition: u32) -> i32 {
  let isPositive = z > 0;
  let product = multiplySigned(z, select(i32(repetition), 1000, isPositive));
  let half = select(500u, repetition / 2u, isPositive);
  return clampedQuotient(floorDivide64(add64(product, vec2u(half, 0u)), select(1000u, repetition, isPositive)));
}

/// z - taken, clamped, without leaving an i32.
fn lessened(z: i32, taken: i32) -> i32 {
  if (taken >= 0) {
    return select(z - taken, -LOGIT_MAX, u32(taken) >= u32(z + LOGIT_MAX));
  }
  return select(z - taken, LOGIT_MAX, magnitude(taken) >= u32(LOGIT_MAX - z));
}

fn penalise(lane: u32) {
  let start = requests[request + 7u];
  let repetition = requests[request + 9u];
  for (var i = lane; i < requests[request + 8u]; i += LANES) {
    let at = start + 3u * i;
    let to = row + requests[at];
    var z = logits[to];
    if (requests[at + 1u] == 1u && repetition != 1000u) {
      z = repeated(z, repetition);
    }
    logits[to] = lessened(z, bitcast<i32>(requests[at + 2u]));
  }
}

/// Sum over all lanes, the same in each.
fn summed(x: vec2u, lane: u32) -> vec2u {
  laneSums[lane] = x;
  workgroupBarrier();
  var sum = vec2u();
  for (var i = 0u; i < LANES; i++) {
    sum = add64(sum, laneSums[i]);
  }
  workgroupBarrier();
  return sum;
}

/// Of keys from `least` on, in descending order: the key where the counts or weights reach `need`, and what is still needed of its ties.
fn selected(need: vec2u, least: u32, isWeighted: bool, lane: u32) -> vec3u {
  var prefix = 0u;
  var rest = need;
  for (var round = 0u; round < 4u; round++) {
    let shift = 24u - 8u * round;
    for (var b = lane; b < 256u; b += LANES) {
      atomicStore(&binLow[b], 0u);
      atomicStore(&binHigh[b], 0u);
    }
    workgroupBarrier();
    for (var i = lane; i < params.vocabulary; i += LANES) {
      let key = keyOf(i);
      if (key < least || ((key ^ prefix) >> 8u) >> shift != 0u) {
        continue;
      }
      let bin = (key >> shift) & 255u;
      if (isWeighted) {
        let weight = weightOf(key);
        atomicAdd(&binLow[bin], weight & 4095u);
        atomicAdd(&binHigh[bin], weight >> 12u);
      } else {
        atomicAdd(&binLow[bin], 1u);
      }
    }
    workgroupBarrier();
    if (lane == 0u) {
      var bin = 256u;
      var isReached = false;
      while (bin > 0u && !isReached) {
        bin--;
        let high = shiftLeft64(vec2u(atomicLoad(&binHigh[bin]), 0u), 12u);
        let sum = add64(high, vec2u(atomicLoad(&binLow[bin]), 0u));
        isReached = !isBelow64(sum, rest);
        rest = select(subtract64(rest, sum), rest, isReached);
      }
      found = vec4u(prefix | (bin << shift), rest, 0u);
    }
    let all = workgroupUniformLoad(&found);
    prefix = all.x;
    rest = all.yz;
  }
  return vec3u(prefix, rest);
}

/// The first kept token in order of indices whose cumulative weight exceeds the target: keys above `least`, and the first `ties` equal to it.
fn draw(least: u32, ties: u32, total: vec2u, lane: u32) {
  let own = (params.vocabulary + LANES - 1u) / LANES;
  let start = min(own * lane, params.vocabulary);
  let end = min(start + own, params.vocabulary);
  var equal = 0u;
  for (var i = start; i < end; i++) {
    equal += select(0u, 1u, keyOf(i) == least);
  }
  laneTies[lane] = equal;
  workgroupBarrier();
  var before = 0u;
  for (var i = 0u; i < lane; i++) {
    before += laneTies[i];
  }
  var rank = before;
  var sum = vec2u();
  for (var i = start; i < end; i++) {
    let key = keyOf(i);
    if (key > least || (key == least && rank < ties)) {
      sum = add64(sum, vec2u(weightOf(key), 0u));
    }
    rank += select(0u, 1u, key == least);
  }
  laneSums[lane] = sum;
  workgroupBarrier();
  let goal = multiplyHigh64(vec2u(requests[request + 5u], requests[request + 6u]), total);
  var cumulative = vec2u();
  for (var i = 0u; i < lane; i++) {
    cumulative = add64(cumulative, laneSums[i]);
  }
  // The token lies with the lane whose sum passes the target.
  if (!isBelow64(goal, add64(cumulative, sum)) || isBelow64(goal, cumulative)) {
    return;
  }
  rank = before;
  for (var i = start; i < end; i++) {
    let key = keyOf(i);
    if (key > least || (key == least && rank < ties)) {
      cumulative = add64(cumulative, vec2u(weightOf(key), 0u));
      if (isBelow64(goal, cumulative)) {
        tokens[request / REQUEST] = i;
        return;
      }
    }
    rank += select(0u, 1u, key == least);
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  row = group.x * params.vocabulary;
  request = group.x * REQUEST;
  penalise(lane);
  if (lane == 0u) {
    atomicStore(&largest, -LOGIT_MAX);
    atomicStore(&first, params.vocabulary);
  }
  storageBarrier();
  workgroupBarrier();
  var most = -LOGIT_MAX;
  for (var i = lane; i < params.vocabulary; i += LANES) {
    most = max(most, logits[row + i]);
  }
  atomicMax(&largest, most);
  workgroupBarrier();
  if (requests[group.x * REQUEST] == 0u) {
    let top = atomicLoad(&largest);
    for (var i = lane; i < params.vocabulary; i += LANES) {
      if (logits[row + i] == top) {
        atomicMin(&first, i);
        break;
      }
    }
    workgroupBarrier();
    if (lane == 0u) {
      tokens[group.x] = atomicLoad(&first);
    }
    return;
  }

  var least = 0u;
  var ties = params.vocabulary;
  let topK = requests[group.x * REQUEST + 3u];
  if (topK > 0u && topK < params.vocabulary) {
    let cut = selected(vec2u(topK, 0u), 0u, false, lane);
    least = cut.x;
    ties = cut.y;
  }
  // Ties count as many as are kept; above the least key there is none.
  var above = vec2u();
  var equal = 0u;
  for (var i = lane; i < params.vocabulary; i += LANES) {
    let key = keyOf(i);
    if (key > least) {
      above = add64(above, vec2u(weightOf(key), 0u));
    }
    equal += select(0u, 1u, key == least);
  }
  let kept = min(ties, summed(vec2u(equal, 0u), lane).x);
  var total = add64(summed(above, lane), multiplyUnsigned(kept, weightOf(least)));
  let topP = requests[group.x * REQUEST + 4u];
  if (topP < ALL) {
    let wanted = neededOf(total, topP);
    let cut = selected(wanted, least, true, lane);
    least = cut.x;
    let weight = weightOf(least);
    ties = divide64(add64(cut.yz, vec2u(weight - 1u, 0u)), weight).x;
    total = add64(subtract64(wanted, cut.yz), multiplyUnsigned(ties, weight));
  }
  draw(least, ties, total, lane);
}

/// max(1, ceil(total·topP / 10^6)) of total < 2^43.
fn neededOf(total: vec2u, topP: u32) -> vec2u {
  let product = add64(multiplyUnsigned(total.x, topP), vec2u(0u, total.y * topP));
  let share = divide64(add64(product, vec2u(ALL - 1u, 0u)), ALL);
  return select(share, vec2u(1u, 0u), (share.x | share.y) == 0u);
}
