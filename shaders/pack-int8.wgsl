// Rearranges B for the int8 kernels: from rows of bytes (inner, 4 * words) to words of four bytes along k, (inner / 4, cols). A thread turns a 4 x 4 block
// of bytes; columns past the edge are not stored.
struct Params {
  inner: u32, // rows of B, a multiple of 4
  words: u32, // words in a row of the input
  cols: u32, // columns of the output
  rowStart: u32, // first of the output's rows in this dispatch
}

@group(0) @binding(0) var<storage, read> bytes: array<u32>;
@group(0) @binding(1) var<storage, read_write> packed: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let word = id.x;
  let row = params.rowStart + id.y;
  if (word >= params.words || row * 4u >= params.inner) {
    return;
  }
  let at = row * 4u * params.words + word;
  let r0 = bytes[at];
  let r1 = bytes[at + params.words];
  let r2 = bytes[at + 2u * params.words];
  let r3 = bytes[at + 3u * params.words];
  for (var j = 0u; j < 4u; j++) {
    let col = word * 4u + j;
    if (col >= params.cols) {
      return;
    }
    let shift = 8u * j;
    packed[row * params.cols + col] = ((r0 >> shift) & 255u) | (((r1 >> shift) & 255u) << 8u) |
      (((r2 >> shift) & 255u) << 16u) | (((r3 >> shift) & 255u) << 24u);
  }
}
