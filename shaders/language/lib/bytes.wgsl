// Signed bytes of packed words as u32, whose sums and products wrap to the bits of i32.
// Multiplying moves a byte up: shifts by a vector are slow where there is no such instruction.

fn byte0(w: vec4u) -> vec4u {
  return ((w & vec4u(255u)) ^ vec4u(128u)) - vec4u(128u);
}

fn byte1(w: vec4u) -> vec4u {
  return bitcast<vec4u>(bitcast<vec4i>(w * 65536u) >> vec4u(24u));
}

fn byte2(w: vec4u) -> vec4u {
  return bitcast<vec4u>(bitcast<vec4i>(w * 256u) >> vec4u(24u));
}

fn byte3(w: vec4u) -> vec4u {
  return bitcast<vec4u>(bitcast<vec4i>(w) >> vec4u(24u));
}
