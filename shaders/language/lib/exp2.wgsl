// 2^-t in Q30 for t in Q16, from the table round(2^(30 - i/256)), i = 0 .. 256, bound as `exp2Table`.
fn exp2neg(t: u32) -> u32 {
  let octaves = t >> 16u;
  let i = (t >> 8u) & 255u;
  let here = exp2Table[i];
  let step = here - exp2Table[i + 1u];
  return select((here - ((step * (t & 255u)) >> 8u)) >> octaves, 0u, octaves >= 31u);
}
