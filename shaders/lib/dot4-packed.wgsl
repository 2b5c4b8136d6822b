// Dot product of four signed bytes each, by the packed instruction; exact.
fn dot4(a: u32, b: u32) -> i32 {
  return dot4I8Packed(a, b);
}
