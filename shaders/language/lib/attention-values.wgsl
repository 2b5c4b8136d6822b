// Weights of a block of LANES keys, and their sums with the values: lane = (split of the keys, pair of channels).
var<workgroup> blockWeights: array<u32, 128>;
var<workgroup> parts: array<vec4u, 128>;
var<workgroup> totalLow: atomic<u32>;
var<workgroup> totalHigh: atomic<u32>;

/// Sums of a pair of channels, and of the weights that this lane computed.
struct PairSums {
  a: vec2u,
  b: vec2u,
  total: vec2u,
}

fn weightOf(score: i32, largest: i32) -> u32 {
  return (exp2neg(bitcast<u32>(largest - score)) + 128u) >> 8u;
}

/// sum + 2048·high + low.
fn flushed(sum: vec2u, high: i32, low: i32) -> vec2u {
  return add64(sum, add64(shiftLeft64(widen(high), 11u), widen(low)));
}

/// Adds the block whose keys lie from `slot` on, `count` of them, after every lane has given the weight of its key.
fn addBlock(sums: PairSums, weight: u32, slot: u32, count: u32, kvHead: u32, lane: u32) -> PairSums {
  blockWeights[lane] = weight;
  workgroupBarrier();
  let pairs = params.headDim / 2u;
  let splits = LANES / pairs;
  let end = min(LANES, count);
  var more = sums;
  more.total = add64(more.total, vec2u(weight, 0u));
  if (lane / pairs < splits) {
    for (var start = lane / pairs; start < end; start += FLUSH * splits) {
      var highA = 0;
      var lowA = 0;
      var highB = 0;
      var lowB = 0;
      for (var i = start; i < min(end, start + FLUSH * splits); i += splits) {
        let word = bitcast<i32>(values[((slot + i) * params.kvHeads + kvHead) * pairs + lane % pairs]);
        let a = (word << 16u) >> 16u;
        let b = word >> 16u;
        let high = i32(blockWeights[i] >> 11u);
        let low = i32(blockWeights[i] & 2047u);
        highA += high * a;
        lowA += low * a;
        highB += high * b;
        lowB += low * b;
      }
      more.a = flushed(more.a, highA, lowA);
      more.b = flushed(more.b, highB, lowB);
    }
  }
  workgroupBarrier();
  return more;
}

/// The sums of all lanes of a pair, in its first lane, and the total of all weights.
fn joined(sums: PairSums, lane: u32) -> PairSums {
  parts[lane] = vec4u(sums.a, sums.b);
  atomicAdd(&totalLow, sums.total.x & 0xffffu);
  atomicAdd(&totalHigh, (sums.total.x >> 16u) | (sums.total.y << 16u));
  workgroupBarrier();
  let pairs = params.headDim / 2u;
  var all = sums;
  for (var s = 1u; s < LANES / pairs; s++) {
    let part = parts[(s * pairs + lane) % LANES];
    all.a = add64(all.a, part.xy);
    all.b = add64(all.b, part.zw);
  }
  all.total = add64(vec2u(atomicLoad(&totalLow), 0u), shiftLeft64(vec2u(atomicLoad(&totalHigh), 0u), 16u));
  return all;
}
