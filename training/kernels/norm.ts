// RMSNorm and its gradient, row by row.

/** y (T, D) = gain∘x / rms(x); keeps 1 / rms of each row in `inverse`. */
export function rmsNorm(x: usize, gain: usize, y: usize, inverse: usize, T: i32, D: i32, epsilon: f32): void {
  for (let t = 0; t < T; t++) {
    const at = (<usize>(t * D)) << 2
    let sum: f64 = 0
    for (let i: usize = 0; i < (<usize>D) << 2; i += 4) {
      const value = load<f32>(x + at + i)
      sum += <f64>(value * value)
    }
    const r = <f32>(1 / Math.sqrt(sum / <f64>D + <f64>epsilon))
    store<f32>(inverse + ((<usize>t) << 2), r)
    for (let i: usize = 0; i < (<usize>D) << 2; i += 4)
      store<f32>(y + at + i, load<f32>(x + at + i) * r * load<f32>(gain + i))
  }
}

/** Adds the gradient of x to `dx` and that of the gain to `dGain`, given dy. */
export function rmsNormBackward(
  x: usize,
  gain: usize,
  inverse: usize,
  dy: usize,
  dx: usize,
  dGain: usize,
  T: i32,
  D: i32,
): void {
  for (let t = 0; t < T; t++) {
    const at = (<usize>(t * D)) << 2
    const r = load<f32>(inverse + ((<usize>t) << 2))
    let sum: f64 = 0
    for (let i: usize = 0; i < (<usize>D) << 2; i += 4) {
      const value = load<f32>(x + at + i)
      const gradient = load<f32>(dy + at + i)
      sum += <f64>(gradient * load<f32>(gain + i) * value)
      store<f32>(dGain + i, load<f32>(dGain + i) + gradient * value * r)
    }
    const share = <f32>(sum / <f64>D) * r * r * r
    for (let i: usize = 0; i < (<usize>D) << 2; i += 4) {
      const direct = load<f32>(dy + at + i) * load<f32>(gain + i) * r
      store<f32>(dx + at + i, load<f32>(dx + at + i) + direct - load<f32>(x + at + i) * share)
    }
  }
}
