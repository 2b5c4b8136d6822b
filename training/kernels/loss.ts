// The two ends of the model: rows of the embedding, and weighted cross-entropy over its logits.
import { exp4, lanes } from './exp'

/** out (T, D) = rows of the embedding. */
export function embed(tokens: usize, embedding: usize, out: usize, T: i32, D: i32): void {
  const bytes = (<usize>D) << 2
  for (let t: usize = 0; t < <usize>T; t++)
    memory.copy(out + t * bytes, embedding + <usize>load<i32>(tokens + (t << 2)) * bytes, bytes)
}

/** Adds rows of dx to the gradients of the embeddings they came from. */
export function embedBackward(tokens: usize, dx: usize, dEmbedding: usize, T: i32, D: i32): void {
  const bytes = (<usize>D) << 2
  for (let t: usize = 0; t < <usize>T; t++) {
    const row = dEmbedding + <usize>load<i32>(tokens + (t << 2)) * bytes
    for (let i: usize = 0; i < bytes; i += 4) store<f32>(row + i, load<f32>(row + i) + load<f32>(dx + t * bytes + i))
  }
}

/** Logits (T, V) -> their gradient in place, times weight/total; returns Σ weight·(-log p(target)) and keeps each row's argmax in `best`. */
export function crossEntropy(
  logits: usize,
  targets: usize,
  weights: usize,
  best: usize,
  T: i32,
  V: i32,
  total: f32,
): f64 {
  let loss: f64 = 0
  for (let t: usize = 0; t < <usize>T; t++) {
    const row = logits + ((t * <usize>V) << 2)
    const stop = row + ((<usize>V) << 2)
    const weight = load<f32>(weights + (t << 2))
    const target = row + ((<usize>load<i32>(targets + (t << 2))) << 2)
    let top = -f32.MAX_VALUE
    let argmax = row
    for (let at = row; at < stop; at += 4) {
      if (load<f32>(at) <= top) continue
      top = load<f32>(at)
      argmax = at
    }
    store<i32>(best + (t << 2), <i32>((argmax - row) >> 2))
    const goal = load<f32>(target) - top
    let sums = f32x4.splat(0)
    for (let at = row; at < stop; at += 16) {
      const e = exp4(f32x4.sub(v128.load(at), f32x4.splat(top)))
      v128.store(at, e)
      sums = f32x4.add(sums, e)
    }
    const sum = lanes(sums)
    loss += <f64>weight * (<f64>Mathf.log(sum) - <f64>goal)
    const share = weight / (total * sum)
    for (let at = row; at < stop; at += 16) v128.store(at, f32x4.mul(v128.load(at), f32x4.splat(share)))
    store<f32>(target, load<f32>(target) - weight / total)
  }
  return loss
}
