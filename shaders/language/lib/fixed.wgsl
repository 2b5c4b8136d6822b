// Fixed-point products and scales, as src/tensor/exact/fixed.ts and scale.ts specify them.
struct Scale {
  m: u32,
  e: i32,
}

fn magnitude(x: i32) -> u32 {
  return select(bitcast<u32>(x), 0u - bitcast<u32>(x), x < 0);
}

fn bitLength(x: u32) -> u32 {
  return 32u - countLeadingZeros(x);
}

fn bySign(a: vec2u) -> i32 {
  if ((a.x | a.y) == 0u) {
    return 0;
  }
  return select(I32_MAX, I32_MIN, (a.y >> 31u) == 1u);
}

fn mulShift(a: i32, b: i32, s: i32) -> i32 {
  if (s > 62) {
    return 0;
  }
  let product = multiplySigned(a, b);
  if (s < 1) {
    return bySign(product);
  }
  return roundShift64(product, u32(s));
}

/// The sum 256·high + low times m, rounded once.
fn mulShiftWide(high: i32, low: i32, m: u32, s: i32) -> i32 {
  if (s > 62) {
    return 0;
  }
  if (s < 9) {
    return bySign(add64(shiftLeft64(widen(high), 8u), widen(low)));
  }
  let upper = multiplySigned(high, i32(m));
  let lower = shiftRight64(multiplySigned(low, i32(m)), 8u);
  return roundShift64(add64(upper, lower), u32(s - 8));
}

fn normScale(v: u32, e: i32) -> Scale {
  let zeros = countLeadingZeros(v);
  if (zeros == 0u) {
    return Scale(v >> 1u, e - 1);
  }
  return Scale(v << (zeros - 1u), e + i32(zeros) - 1);
}

fn mulScale(a: Scale, b: Scale) -> Scale {
  let product = multiplyUnsigned(a.m, b.m);
  if ((product.y >> 29u) != 0u) {
    return Scale((product.y << 1u) | (product.x >> 31u), a.e + b.e - 31);
  }
  return Scale((product.y << 2u) | (product.x >> 30u), a.e + b.e - 30);
}

fn saturatingAdd(a: i32, b: i32) -> i32 {
  let sum = a + b;
  if (((a ^ sum) & (b ^ sum)) < 0) {
    return select(I32_MAX, I32_MIN, a < 0);
  }
  return sum;
}
