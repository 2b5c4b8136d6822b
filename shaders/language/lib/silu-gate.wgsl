// The gated unit, as src/tensor/exact/functions.ts and silu-gate.ts specify it.

/// d in [2^30, 2^31] -> about 2^61 / d.
fn reciprocal(d: u32) -> u32 {
  var r = 3031741621u - 2u * multiplyUnsigned(d, 2021161080u).y;
  for (var step = 0; step < 3; step++) {
    let product = multiplyUnsigned(r, 1073741824u - multiplyUnsigned(d, r).y);
    r = (product.y << 3u) | (product.x >> 29u);
  }
  return r;
}

/// Q16 -> the logistic function in Q30.
fn sigmoid(x: i32) -> i32 {
  let e = exp2neg(u32(mulShift(i32(magnitude(x)), 1549082005, 30)));
  let r = reciprocal(1073741824u + e);
  if (x >= 0) {
    return i32(min(r >> 1u, 1073741824u));
  }
  let product = multiplyUnsigned(e, r);
  return i32((product.y << 1u) | (product.x >> 31u));
}

fn siluGate(gate: i32, up: i32, fractionBits: i32) -> i32 {
  return mulShift(mulShift(gate, sigmoid(gate), 30), up, 32 - fractionBits);
}
