// 1 / sqrt of exact sums of squares in 96 bits, as src/tensor/exact/functions.ts and rms-norm.ts specify it.
fn add96(a: vec3u, b: vec3u) -> vec3u {
  let low = add64(a.xy, b.xy);
  return vec3u(low, a.z + b.z + select(0u, 1u, isBelow64(low, a.xy)));
}

/// The low word of a >> s, 0 <= s < 96.
fn wordAt(a: vec3u, s: u32) -> u32 {
  let words = array<u32, 4>(a.x, a.y, a.z, 0u);
  let bit = s % 32u;
  let here = words[s / 32u] >> bit;
  return here | ((words[s / 32u + 1u] << 1u) << (31u - bit));
}

fn bitLength96(a: vec3u) -> u32 {
  if (a.z != 0u) {
    return 64u + bitLength(a.z);
  }
  if (a.y != 0u) {
    return 32u + bitLength(a.y);
  }
  return bitLength(a.x);
}

/// v in [2^30, 2^32) -> about 2^46 / sqrt(v).
fn inverseRoot(v: u32) -> u32 {
  var y = 2362232013u - v / 3u;
  for (var step = 0; step < 5; step++) {
    let factor = 805306368u - multiplyUnsigned(multiplyUnsigned(y, y).y, v).y;
    let product = multiplyUnsigned(y, factor);
    y = (product.y << 3u) | (product.x >> 29u);
  }
  return y;
}

/// The scale of 1 / sqrt(sum).
fn inverseRootScale(sum: vec3u) -> Scale {
  let excess = i32(bitLength96(sum)) - 32;
  let k = excess + (excess & 1);
  var v = sum.x << u32(max(-k, 0));
  if (k > 0) {
    v = wordAt(sum, u32(k));
  }
  return normScale(inverseRoot(v), 46 + k / 2);
}
