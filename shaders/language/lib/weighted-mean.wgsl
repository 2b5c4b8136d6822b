// floor((sum·2^8 + floor(total/2)) / total), as src/tensor/exact/attention.ts specifies it, by long division of the sum moved above zero.
fn weightedMean(sum: vec2u, total: vec2u) -> i32 {
  let half = vec2u((total.x >> 1u) | (total.y << 31u), total.y >> 1u);
  let numerator = add64(add64(shiftLeft64(sum, 8u), half), shiftLeft64(total, 23u));
  var rest = vec2u((numerator.x >> 24u) | (numerator.y << 8u), numerator.y >> 24u);
  var tail = numerator.x << 8u;
  var quotient = 0u;
  for (var bit = 0u; bit < 24u; bit++) {
    let carry = select(0u, 1u, rest.x >= 0x80000000u);
    rest = vec2u(rest.x + rest.x + select(0u, 1u, tail >= 0x80000000u), rest.y + rest.y + carry);
    tail += tail;
    let isLess = isBelow64(rest, total);
    rest = select(subtract64(rest, total), rest, isLess);
    quotient += quotient + select(1u, 0u, isLess);
  }
  return i32(quotient) - 8388608;
}
