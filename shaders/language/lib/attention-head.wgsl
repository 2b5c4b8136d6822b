// What the kernels share that give one query head to a workgroup. LANES divides a page.
override KEY_BITS: u32 = 8u;
/// At most 128, at least the pairs of a head's values.
override LANES: u32 = 128u;
const PAGE: u32 = 256u;
/// Keys of a split of a long sequence: whole pages.
const SPLIT: u32 = 512u;
const SCORE_MAX: i32 = 1073741824;
/// Keys whose products with half a weight cannot leave an i32.
const FLUSH: u32 = 32u;

struct Params {
  heads: u32,
  kvHeads: u32,
  headDim: u32,
  scoreM: u32,
  scoreE: i32,
  /// Values between the rows of the output.
  stride: u32,
  maxima: u32,
  /// Of attention in splits: how many there are, where the largest scores of heads lie in `status`, and scores kept for each head.
  splits: u32,
  peaks: u32,
  capacity: u32,
}

@group(1) @binding(0) var<uniform> params: Params;

fn kvHeadOf(head: u32) -> u32 {
  return head * params.kvHeads / params.heads;
}
