// A query in workgroup memory and its scores.

/// Both planes of the query.
var<workgroup> query: array<u32, 128>;

/// Reads the query; its scale. A barrier has to follow.
fn openQuery(row: u32, head: u32, lane: u32) -> Scale {
  let half = params.headDim / 2u;
  let at = (row * params.heads + head) * (2u + half);
  for (var i = lane; i < half; i += LANES) {
    query[i] = queries[at + 2u + i];
  }
  let own = Scale(queries[at], bitcast<i32>(queries[at + 1u]));
  return mulScale(own, Scale(params.scoreM, params.scoreE));
}

fn scoreOf(slot: u32, kvHead: u32, queryScale: Scale) -> i32 {
  let words = params.headDim / 4u;
  let start = (slot * params.kvHeads + kvHead) * (2u + KEY_BITS / 8u * words);
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

fn isCut(score: i32) -> bool {
  return score >= SCORE_MAX || score <= -SCORE_MAX;
}
