// Quantisation of a row whose largest magnitude is known, as src/tensor/exact/quantise.ts specifies it, and packing into bytes.
const A16_MAX: u32 = 32639u;

/// `shift` is t of A16, or the shift that brings an A8 row's maximum `top` to 23 bits.
struct Quantiser {
  bits: u32,
  shift: u32,
  top: u32,
}

fn roundedMagnitude(x: u32, t: u32) -> u32 {
  return select((x + (1u << (t - 1u))) >> t, x, t == 0u);
}

fn quantiserOf(largest: u32, bits: u32) -> Quantiser {
  let length = bitLength(largest);
  if (bits == 8u) {
    let shift = max(length, 23u) - 23u;
    return Quantiser(bits, shift, largest >> shift);
  }
  // Fifteen bits remain; one less is enough where they are still too many.
  let t = max(length, 15u) - 15u;
  return Quantiser(bits, t + select(0u, 1u, roundedMagnitude(largest, t) > A16_MAX), largest);
}

fn quantised(y: i32, by: Quantiser) -> i32 {
  var size = 0u;
  if (by.bits == 16u) {
    size = roundedMagnitude(magnitude(y), by.shift);
  } else if (by.top != 0u) {
    size = (254u * (magnitude(y) >> by.shift) + by.top) / (2u * by.top);
  }
  return select(i32(size), -i32(size), y < 0);
}

fn quantised4(y: vec4i, by: Quantiser) -> vec4i {
  return vec4i(quantised(y.x, by), quantised(y.y, by), quantised(y.z, by), quantised(y.w, by));
}

fn quantisedScale(by: Quantiser, fractionBits: i32) -> Scale {
  if (by.bits == 16u) {
    return Scale(1073741824u, 30 + fractionBits - i32(by.shift));
  }
  if (by.top == 0u) {
    return Scale(1073741824u, 62);
  }
  return mulScale(normScale(by.top, fractionBits - i32(by.shift)), Scale(1082196484u, 37));
}

fn packBytes(v: vec4i) -> u32 {
  let b = bitcast<vec4u>(v) & vec4u(255u);
  return b.x | (b.y << 8u) | (b.z << 16u) | (b.w << 24u);
}

/// The int8 planes of four A16 values: (high, low).
fn packPlanes(q: vec4i) -> vec2u {
  let high = (q + vec4i(128)) >> vec4u(8u);
  return vec2u(packBytes(high), packBytes(q - high * 256));
}
