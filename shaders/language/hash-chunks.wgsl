// SHA-256 of every chunk of 1 KiB of residual rows, a thread a chunk; the last of a row may be shorter.
const CHUNK: u32 = 256u;

struct Params {
  /// Of all boundaries in `residual`.
  rows: u32,
  width: u32,
  chunks: u32,
  /// Where their digests begin.
  firstDigest: u32,
}

@group(0) @binding(0) var<storage, read> residual: array<u32>;
@group(0) @binding(1) var<storage, read_write> digests: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.rows * params.chunks) {
    return;
  }
  let chunk = id.x % params.chunks;
  let at = id.x / params.chunks * params.width + chunk * CHUNK;
  let words = min(CHUNK, params.width - chunk * CHUNK);
  openDigest();
  // A word of padding and two of length follow the words.
  let blocks = (words + 3u + 15u) / 16u;
  for (var block = 0u; block < blocks; block++) {
    for (var i = 0u; i < 16u; i++) {
      let word = 16u * block + i;
      var value = 0u;
      if (word < words) {
        value = swapBytes(residual[at + word]);
      } else if (word == words) {
        value = 0x80000000u;
      } else if (word == 16u * blocks - 1u) {
        value = 32u * words;
      }
      schedule[i] = value;
    }
    absorb();
  }
  for (var i = 0u; i < 8u; i++) {
    digests[8u * (params.firstDigest + id.x) + i] = digest[i];
  }
}
