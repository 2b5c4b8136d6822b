// Rotary embeddings: pairs (j, j + headDim/2) of each head turn by position·theta^(-2j/headDim), as Hugging Face's Llama lays them out.

/** cos and sin (positions, headDim/2). */
export function ropeTables(cos: usize, sin: usize, positions: i32, headDim: i32, theta: f64): void {
  const pairs = headDim >> 1
  for (let p = 0; p < positions; p++) {
    for (let j = 0; j < pairs; j++) {
      const angle = <f64>p * Math.pow(theta, (-2 * <f64>j) / <f64>headDim)
      const at = (<usize>(p * pairs + j)) << 2
      store<f32>(cos + at, <f32>Math.cos(angle))
      store<f32>(sin + at, <f32>Math.sin(angle))
    }
  }
}

/** Turns heads of x (T, heads·headDim) in place; `direction` -1 turns back, which is the gradient. Positions repeat every `window` rows. */
export function rotate(
  x: usize,
  cos: usize,
  sin: usize,
  T: i32,
  heads: i32,
  headDim: i32,
  window: i32,
  direction: f32,
): void {
  const pairs = headDim >> 1
  const half = (<usize>pairs) << 2
  for (let t = 0; t < T; t++) {
    const angles = (<usize>((t % window) * pairs)) << 2
    for (let h = 0; h < heads; h++) {
      const head = x + ((<usize>((t * heads + h) * headDim)) << 2)
      for (let j: usize = 0; j < half; j += 4) {
        const c = load<f32>(cos + angles + j)
        const s = load<f32>(sin + angles + j) * direction
        const first = load<f32>(head + j)
        const second = load<f32>(head + half + j)
        store<f32>(head + j, first * c - second * s)
        store<f32>(head + half + j, second * c + first * s)
      }
    }
  }
}
