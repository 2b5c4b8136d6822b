// 64-bit integers in two's complement as (low, high) words. Without branches: they cost more than what they skip, on emulated adapters most.
const I32_MAX: i32 = 2147483647;
const I32_MIN: i32 = -2147483648;

fn multiplyUnsigned(a: u32, b: u32) -> vec2u {
  let aLow = a & 0xffffu;
  let aHigh = a >> 16u;
  let bLow = b & 0xffffu;
  let bHigh = b >> 16u;
  let low = aLow * bLow;
  let middle = aHigh * bLow + (low >> 16u);
  let rest = aLow * bHigh + (middle & 0xffffu);
  return vec2u((rest << 16u) | (low & 0xffffu), aHigh * bHigh + (middle >> 16u) + (rest >> 16u));
}

fn multiplySigned(a: i32, b: i32) -> vec2u {
  let x = bitcast<u32>(a);
  let y = bitcast<u32>(b);
  let product = multiplyUnsigned(x, y);
  return vec2u(product.x, product.y - select(0u, y, a < 0) - select(0u, x, b < 0));
}

fn widen(x: i32) -> vec2u {
  return vec2u(bitcast<u32>(x), bitcast<u32>(x >> 31u));
}

fn add64(a: vec2u, b: vec2u) -> vec2u {
  let low = a.x + b.x;
  return vec2u(low, a.y + b.y + select(0u, 1u, low < a.x));
}

fn subtract64(a: vec2u, b: vec2u) -> vec2u {
  return vec2u(a.x - b.x, a.y - b.y - select(0u, 1u, a.x < b.x));
}

fn isBelow64(a: vec2u, b: vec2u) -> bool {
  return a.y < b.y || (a.y == b.y && a.x < b.x);
}

/// 0 <= s <= 63.
fn shiftLeft64(a: vec2u, s: u32) -> vec2u {
  let t = s & 31u;
  let low = a.x << t;
  let high = (a.y << t) | ((a.x >> 1u) >> (31u - t));
  return select(vec2u(low, high), vec2u(0u, low), s >= 32u);
}

/// Keeps the sign; 0 <= s <= 63.
fn shiftRight64(a: vec2u, s: u32) -> vec2u {
  let t = s & 31u;
  let sign = bitcast<u32>(bitcast<i32>(a.y) >> 31u);
  let high = bitcast<u32>(bitcast<i32>(a.y) >> t);
  let low = (a.x >> t) | ((a.y << 1u) << (31u - t));
  return select(vec2u(low, high), vec2u(high, sign), s >= 32u);
}

fn saturate64(a: vec2u) -> i32 {
  let low = bitcast<i32>(a.x);
  let high = bitcast<i32>(a.y);
  return select(select(I32_MAX, I32_MIN, high < 0), low, high == (low >> 31u));
}

/// sat32((a + 2^(s-1)) >> s) for |a| < 2^62 + 2^61 and 1 <= s <= 62.
fn roundShift64(a: vec2u, s: u32) -> i32 {
  return saturate64(shiftRight64(add64(a, shiftLeft64(vec2u(1u, 0u), s - 1u)), s));
}
