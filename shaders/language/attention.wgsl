// Attention of one query head by one workgroup, in two passes: the largest score, then weights and exact sums, block by block of keys.

/// Scores kept from the first pass; those beyond are computed again.
override KEPT: u32 = 2048u;

@group(0) @binding(1) var<storage, read> queries: array<u32>;
@group(0) @binding(2) var<storage, read> keys: array<u32>;
@group(0) @binding(3) var<storage, read> values: array<u32>;
@group(0) @binding(4) var<storage, read> exp2Table: array<u32>;
@group(0) @binding(5) var<storage, read_write> status: array<atomic<u32>>;
@group(0) @binding(6) var<storage, read_write> output: array<i32>;

var<workgroup> kept: array<i32, KEPT>;
var<workgroup> largestScore: atomic<i32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let head = group.x;
  let row = group.y;
  let kvHead = kvHeadOf(head);
  let count = rows[4u * row + 1u] + 1u;
  let queryScale = openQuery(row, head, lane);
  if (lane == 0u) {
    atomicStore(&largestScore, -SCORE_MAX);
  }
  workgroupBarrier();

  var largest = -SCORE_MAX;
  var cuts = 0u;
  for (var u = lane; u < count; u += LANES) {
    let score = scoreOf(slotOf(row, u), kvHead, queryScale);
    if (u < KEPT) {
      kept[u] = score;
    }
    largest = max(largest, score);
    cuts += select(0u, 1u, isCut(score));
  }
  if (cuts > 0u) {
    atomicAdd(&status[0], cuts);
  }
  atomicMax(&largestScore, largest);
  workgroupBarrier();
  largest = atomicLoad(&largestScore);

  var sums = PairSums();
  for (var block = 0u; block < count; block += LANES) {
    let u = block + lane;
    let slot = slotOf(row, block);
    var weight = 0u;
    if (u < count) {
      var score = 0;
      if (u < KEPT) {
        score = kept[u];
      } else {
        score = scoreOf(slot + lane, kvHead, queryScale);
      }
      weight = weightOf(score, largest);
    }
    sums = addBlock(sums, weight, slot, count - block, kvHead, lane);
  }
  let all = joined(sums, lane);
  emitPair(all.a, all.b, all.total, row, head, lane);
}
