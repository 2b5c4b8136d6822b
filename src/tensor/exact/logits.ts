// Logits: i32 in Q16.

/** Bound of |logit| in Q16. */
export const LOGIT_MAX = 2 ** 30

/** Index of the largest logit; of several, the lowest. */
export function argmax(logits: Int32Array): number {
  // Read once: of a typed array in a loop it is looked up each time, which takes three times as long.
  const { length } = logits
  let best = 0
  let top = logits[0] ?? 0
  for (let i = 1; i < length; i++) {
    const value = logits[i] ?? 0
    if (value > top) {
      top = value
      best = i
    }
  }
  return best
}
