// AdamW (Loshchilov & Hutter, 2019) over one run of parameters.

/** Σ x². */
export function sumOfSquares(x: usize, count: i32): f64 {
  let sum: f64 = 0
  for (let i: usize = 0; i < (<usize>count) << 2; i += 4) sum += <f64>load<f32>(x + i) * <f64>load<f32>(x + i)
  return sum
}

/** One step; `gradientScale` clips, `correction1` and `correction2` are 1 - beta^step. */
export function adamw(
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  count: i32,
  rate: f32,
  beta1: f32,
  beta2: f32,
  decay: f32,
  gradientScale: f32,
  correction1: f32,
  correction2: f32,
): void {
  for (let i: usize = 0; i < (<usize>count) << 2; i += 4) {
    const gradient: f32 = load<f32>(g + i) * gradientScale
    const mean = beta1 * load<f32>(m + i) + (<f32>1 - beta1) * gradient
    const square = beta2 * load<f32>(v + i) + (<f32>1 - beta2) * gradient * gradient
    store<f32>(m + i, mean)
    store<f32>(v + i, square)
    const value = load<f32>(w + i)
    const step = mean / correction1 / (Mathf.sqrt(square / correction2) + <f32>1e-8)
    store<f32>(w + i, value - rate * (step + decay * value))
  }
}
