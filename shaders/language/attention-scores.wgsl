// Scores of one query head over a split of a long sequence, and the largest of the head.

@group(0) @binding(1) var<storage, read> queries: array<u32>;
@group(0) @binding(2) var<storage, read> keys: array<u32>;
@group(0) @binding(3) var<storage, read_write> status: array<atomic<u32>>;
/// (row, head, position).
@group(0) @binding(4) var<storage, read_write> scores: array<i32>;

var<workgroup> largestScore: atomic<i32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let head = group.x / params.splits;
  let row = group.y;
  let kvHead = kvHeadOf(head);
  let count = rows[4u * row + 1u] + 1u;
  let queryScale = openQuery(row, head, lane);
  if (lane == 0u) {
    atomicStore(&largestScore, -SCORE_MAX);
  }
  workgroupBarrier();

  let first = group.x % params.splits * SPLIT;
  let to = (row * params.heads + head) * params.capacity;
  var largest = -SCORE_MAX;
  var cuts = 0u;
  for (var u = first + lane; u < min(count, first + SPLIT); u += LANES) {
    let score = scoreOf(slotOf(row, u), kvHead, queryScale);
    scores[to + u] = score;
    largest = max(largest, score);
    cuts += select(0u, 1u, isCut(score));
  }
  if (cuts > 0u) {
    atomicAdd(&status[0], cuts);
  }
  atomicMax(&largestScore, largest);
  workgroupBarrier();
  if (lane == 0u) {
    // Moved above zero, from which the largest of all splits starts.
    atomicMax(&status[params.peaks + row * params.heads + head], u32(atomicLoad(&largestScore) + SCORE_MAX));
  }
}
