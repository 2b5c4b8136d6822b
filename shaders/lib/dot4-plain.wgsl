// Dot product of four signed bytes each, without the packed instruction; exact.
fn dot4(a: u32, b: u32) -> i32 {
  let shifts = vec4u(24, 16, 8, 0);
  let x = bitcast<vec4i>(vec4u(a) << shifts) >> vec4u(24);
  let y = bitcast<vec4i>(vec4u(b) << shifts) >> vec4u(24);
  return x.x * y.x + x.y * y.y + x.z * y.z + x.w * y.w;
}
