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
  return select(select(I32_MAX, I32_MIN, (a.y & 0x80000000u) != 0u), 0, (a.x | a.y) == 0u);
}

fn mulShift(a: i32, b: i32, s: i32) -> i32 {
  let product = multiplySigned(a, b);
  let rounded = roundShift64(product, u32(clamp(s, 1, 62)));
  return select(select(rounded, bySign(product), s < 1), 0, s > 62);
}

/// The sum 256·high + low times m, rounded once.
fn mulShiftWide(high: i32, low: i32, m: u32, s: i32) -> i32 {
  let upper = multiplySigned(high, i32(m));
  let lower = shiftRight64(multiplySigned(low, i32(m)), 8u);
  let rounded = roundShift64(add64(upper, lower), u32(clamp(s, 9, 62) - 8));
  let sum = add64(shiftLeft64(widen(high), 8u), widen(low));
  return select(select(rounded, bySign(sum), s < 9), 0, s > 62);
}

fn normScale(v: u32, e: i32) -> Scale {
  let zeros = countLeadingZeros(v);
  return Scale(select(v << (zeros - 1u), v >> 1u, zeros == 0u), e + i32(zeros) - 1);
}

fn mulScale(a: Scale, b: Scale) -> Scale {
  let product = multiplyUnsigned(a.m, b.m);
  let isLarge = (product.y & 0xe0000000u) != 0u;
  let m = select((product.y << 2u) | (product.x >> 30u), (product.y << 1u) | (product.x >> 31u), isLarge);
  return Scale(m, a.e + b.e - select(30, 31, isLarge));
}

fn saturatingAdd(a: i32, b: i32) -> i32 {
  let sum = a + b;
  return select(sum, select(I32_MAX, I32_MIN, a < 0), ((a ^ sum) & (b ^ sum)) < 0);
}
