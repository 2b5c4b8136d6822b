// The leaf of every row at a boundary, a thread a leaf: SHA-256 of 0x00, "cw-act-1", boundary, position and the digests of its chunks.
const PREFIX: u32 = 17u;

struct Params {
  rows: u32,
  chunks: u32,
  boundary: u32,
  /// Which of the step's boundaries this is.
  index: u32,
}

@group(0) @binding(0) var<storage, read> rows: array<vec4u>;
@group(0) @binding(1) var<storage, read> chunkDigests: array<u32>;
@group(0) @binding(2) var<storage, read_write> leaves: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

fn byteAt(i: u32, row: u32, length: u32) -> u32 {
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
    return (params.boundary >> (8u * (i - 9u))) & 255u;
  }
  if (i < PREFIX) {
    return (rows[row].y >> (8u * (i - 13u))) & 255u;
  }
  let byte = i - PREFIX;
  let word = chunkDigests[8u * (params.index * params.rows + row) * params.chunks + byte / 4u];
  return (word >> (24u - 8u * (byte % 4u))) & 255u;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  if (row >= params.rows) {
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
        value = (value << 8u) | byteAt(at + b, row, length);
      }
      schedule[i] = value;
    }
    if (block == blocks - 1u) {
      schedule[15] = 8u * length;
    }
    absorb();
  }
  for (var i = 0u; i < 8u; i++) {
    leaves[8u * (params.index * params.rows + row) + i] = swapBytes(digest[i]);
  }
}
