// Division of 64-bit integers by long division, a bit at a time.

/// floor(n / d) of unsigned n < 2^63, 0 < d < 2^31.
fn divide64(n: vec2u, d: u32) -> vec2u {
  var quotient = vec2u();
  var rest = 0u;
  for (var i = 0u; i < 64u; i++) {
    let bit = 63u - i;
    let word = select(n.x, n.y, bit >= 32u);
    rest = rest + rest + ((word >> (bit % 32u)) & 1u);
    quotient = add64(quotient, quotient);
    if (rest >= d) {
      rest -= d;
      quotient.x += 1u;
    }
  }
  return quotient;
}

fn negated64(a: vec2u) -> vec2u {
  return subtract64(vec2u(), a);
}

/// floor(n / d) of n in two's complement.
fn floorDivide64(n: vec2u, d: u32) -> vec2u {
  let isNegative = (n.y & 0x80000000u) != 0u;
  let size = select(n, add64(negated64(n), vec2u(d - 1u, 0u)), isNegative);
  let quotient = divide64(size, d);
  return select(quotient, negated64(quotient), isNegative);
}

/// floor(a·b / 2^64) of unsigned a and b.
fn multiplyHigh64(a: vec2u, b: vec2u) -> vec2u {
  let low = multiplyUnsigned(a.x, b.x);
  let left = multiplyUnsigned(a.x, b.y);
  let right = multiplyUnsigned(a.y, b.x);
  let middle = add64(vec2u(low.y, 0u), add64(vec2u(left.x, 0u), vec2u(right.x, 0u)));
  let upper = add64(vec2u(left.y, 0u), add64(vec2u(right.y, 0u), vec2u(middle.y, 0u)));
  return add64(upper, multiplyUnsigned(a.y, b.y));
}
