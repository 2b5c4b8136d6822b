// Causal attention of one head over one window, and its gradient. Row t sees positions first[t] .. t. Rows go in blocks of 32, whose keys
// end with the block.
import { exp4, lanes } from './exp'
import { gemm } from './gemm'

const ROWS: i32 = 32

const dScores = memory.data(4 * 32 * 1024)

/** out = softmax(q·kᵀ·scale)·v; keeps the softmax in p (T, T). Strides in floats; T is a multiple of 32, at most 1,024. */
export function attend(
  q: usize,
  qRow: i32,
  k: usize,
  v: usize,
  kvRow: i32,
  p: usize,
  first: usize,
  out: usize,
  T: i32,
  headDim: i32,
): void {
  const scale = <f32>(1 / Math.sqrt(<f64>headDim))
  for (let row = 0; row < T; row += ROWS) {
    const end = row + ROWS
    const scores = p + ((<usize>(row * T)) << 2)
    gemm(q + ((<usize>(row * qRow)) << 2), qRow, 1, k, 1, kvRow, scores, T, ROWS, end, headDim, false)
    for (let t = row; t < end; t++)
      softmax(p + ((<usize>(t * T)) << 2), load<i32>(first + ((<usize>t) << 2)), t + 1, end, scale)
    gemm(scores, T, 1, v, kvRow, 1, out + ((<usize>(row * qRow)) << 2), qRow, ROWS, headDim, end, false)
  }
}

/** Writes dq and adds to dk and dv, whose heads may be shared, given dOut. */
export function attendBackward(
  q: usize,
  qRow: i32,
  k: usize,
  v: usize,
  kvRow: i32,
  p: usize,
  first: usize,
  dOut: usize,
  dq: usize,
  dk: usize,
  dv: usize,
  T: i32,
  headDim: i32,
): void {
  const scale = <f32>(1 / Math.sqrt(<f64>headDim))
  for (let row = 0; row < T; row += ROWS) {
    const end = row + ROWS
    const at = (<usize>(row * qRow)) << 2
    const weights = p + ((<usize>(row * T)) << 2)
    gemm(dOut + at, qRow, 1, v, 1, kvRow, dScores, T, ROWS, end, headDim, false)
    gemm(weights, 1, T, dOut + at, qRow, 1, dv, kvRow, end, headDim, ROWS, true)
    for (let t = 0; t < ROWS; t++) {
      const line = (<usize>(t * T)) << 2
      softmaxBackward(weights + line, dScores + line, end, scale)
    }
    gemm(dScores, T, 1, k, kvRow, 1, dq + at, qRow, ROWS, headDim, end, false)
    gemm(dScores, 1, T, q + at, qRow, 1, dk, kvRow, end, headDim, ROWS, true)
  }
}

/** Softmax of a row's scores from `from` to `count` in place, zeros elsewhere; `end` is a multiple of 4. */
function softmax(row: usize, from: i32, count: i32, end: i32, scale: f32): void {
  const start = row + ((<usize>from) << 2)
  const stop = row + ((<usize>count) << 2)
  let top = -f32.MAX_VALUE
  for (let at = start; at < stop; at += 4) top = max(top, load<f32>(at))
  memory.fill(row, 0, (<usize>from) << 2)
  for (let at = stop; at < row + ((<usize>end) << 2); at += 4) store<f32>(at, 0)
  const head = row + ((<usize>from >> 2) << 4)
  let sums = f32x4.splat(0)
  for (let at = head; at < stop; at += 16) {
    const e = exp4(f32x4.mul(f32x4.sub(v128.load(at), f32x4.splat(top)), f32x4.splat(scale)))
    const inside = v128.and(
      i32x4.ge_s(position(row, at), i32x4.splat(from)),
      i32x4.lt_s(position(row, at), i32x4.splat(count)),
    )
    const kept = v128.and(e, inside)
    v128.store(at, kept)
    sums = f32x4.add(sums, kept)
  }
  const inverse = f32x4.splat(<f32>1 / lanes(sums))
  for (let at = head; at < stop; at += 16) v128.store(at, f32x4.mul(v128.load(at), inverse))
}

/** Positions of the four scores at `at`. */
function position(row: usize, at: usize): v128 {
  return i32x4.add(i32x4.splat(<i32>((at - row) >> 2)), i32x4(0, 1, 2, 3))
}

/** dP -> d(unscaled scores), in place. */
function softmaxBackward(p: usize, dp: usize, count: i32, scale: f32): void {
  let dots = f32x4.splat(0)
  for (let i: usize = 0; i < (<usize>count) << 2; i += 16)
    dots = f32x4.add(dots, f32x4.mul(v128.load(p + i), v128.load(dp + i)))
  const dot = f32x4.splat(lanes(dots))
  for (let i: usize = 0; i < (<usize>count) << 2; i += 16) {
    const d = f32x4.mul(v128.load(p + i), f32x4.sub(v128.load(dp + i), dot))
    v128.store(dp + i, f32x4.mul(d, f32x4.splat(scale)))
  }
}
