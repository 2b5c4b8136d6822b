// What int8 costs a matrix: the relative error of its weights, in doubles whose order is fixed, so that it is the same everywhere.
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import { scaleByPowerOfTwo } from './scales.ts'

/** sqrt(Σ(w - q·s)² / Σw²) in parts per million, rounded; 0 for a matrix of zeros. Weights (rows, cols). */
export function relativeErrorPpm(weights: Float32Array | Float64Array, { rows, cols, q, m, e }: WeightMatrix): number {
  let [errors, squares] = [0, 0]
  for (let n = 0; n < rows; n++) {
    const scale = scaleByPowerOfTwo(m[n] ?? 0, -(e[n] ?? 0))
    for (let at = n * cols; at < (n + 1) * cols; at++) {
      const weight = weights[at] ?? 0
      const error = weight - (q[at] ?? 0) * scale
      errors += error * error
      squares += weight * weight
    }
  }
  return squares === 0 ? 0 : Math.round(1e6 * Math.sqrt(errors / squares))
}
