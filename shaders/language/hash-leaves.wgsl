// The leaf of every row at every boundary, a thread a leaf: SHA-256 of 0x00, "cw-act-1", boundary, position and the digests of its chunks.
const PREFIX: u32 = 17u;

struct Params {
  rows: u32,
  chunks: u32,
  boundaries: u32,
  /// Where the numbers of the boundaries begin in `rows`.
  boundariesAt: u32,
}

@group(0) @binding(0) var<storage, read> rows: array<u32>;
@group(0) @binding(1) var<storage, read> chunkDigests: array<u32>;
@group(0) @binding(2) var<storage, read_write> leaves: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

fn byteAt(i: u32, leaf: u32, length: u32) -> u32 {
  if (i == 0u || i > length) {
    return 0u;
  }
  if (i == length) {
    return 0x80u;
  }
  if (i < 5u) {
    return (0x63772d61u >> (8u * (4u - i))) & 255u;
  }
  if (i < 9u) {
    return (0x63742d31u >> (8u * (8u - i))) & 255u;
  }
  if (i < 13u) {
    return (rows[params.boundariesAt + leaf / params.rows] >> (8u * (i - 9u))) & 255u;
  }
  if (i < PREFIX) {
    return (rows[4u * (leaf % params.rows) + 1u] >> (8u * (i - 13u))) & 255u;
  }
  let byte = i - PREFIX;
  let word = chunkDigests[8u * leaf * params.chunks + byte / 4u];
  return (word >> (24u - 8u * (byte % 4u))) & 255u;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let leaf = id.x;
  if (leaf >= params.boundaries * params.rows) {
    return;
  }
  let length = PREFIX + 32u * params.chunks;
  let blocks = (length + 9u + 63u) / 64u;
  openDigest();
  for (var block = 0u; block < blocks; block++) {
    for (var i = 0u; i < 16u; i++) {
      let at = 64u * block + 4u * i;
      var value = 0u;
      for (var b = 0u; b < 4u; b++) {
        value = (value << 8u) | byteAt(at + b, leaf, length);
      }
      schedule[i] = value;
    }
    if (block == blocks - 1u) {
      schedule[15] = 8u * length;
    }
    absorb();
  }
  for (var i = 0u; i < 8u; i++) {
    leaves[8u * leaf + i] = swapBytes(digest[i]);
  }
}
