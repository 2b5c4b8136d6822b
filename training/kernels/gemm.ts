// C (M, N) = A (M, K)·B (K, N) in f32, four lanes at a time. Any strides, so one kernel serves forward and backward passes. Panels of both
// factors are packed so that the inner loop reads memory in order. The order of sums is fixed; a
// product and its sum are rounded once where the machine has fused multiply-add, as nearly all have.

/** Columns of one packed block of K. */
const BLOCK: i32 = 256

const packedA = memory.data(4 * 256 * 8192)
const packedB = memory.data(4 * 256 * 8)

/** Strides count floats. M must be a multiple of 4 and at most 8,192, N of 8. With `accumulate`, C is added to. */
export function gemm(
  a: usize,
  aRow: i32,
  aStep: i32,
  b: usize,
  bStep: i32,
  bCol: i32,
  c: usize,
  cRow: i32,
  M: i32,
  N: i32,
  K: i32,
  accumulate: bool,
): void {
  for (let k = 0; k < K; k += BLOCK) {
    const count = min(BLOCK, K - k)
    packA(a + ((<usize>(k * aStep)) << 2), aRow, aStep, M, count)
    for (let n = 0; n < N; n += 8) {
      packB(b + ((<usize>(k * bStep + n * bCol)) << 2), bStep, bCol, count)
      for (let m = 0; m < M; m += 4)
        tile(
          packedA + ((<usize>(m * count)) << 2),
          count,
          c + ((<usize>(m * cRow + n)) << 2),
          cRow,
          accumulate || k > 0,
        )
    }
  }
}

/** A (M, count) -> blocks of four rows, step by step. */
function packA(a: usize, aRow: i32, aStep: i32, M: i32, count: i32): void {
  const row = (<usize>aRow) << 2
  const step = (<usize>aStep) << 2
  let to = packedA
  for (let m = 0; m < M; m += 4) {
    let from = a + <usize>m * row
    for (let k = 0; k < count; k++) {
      store<f32>(to, load<f32>(from))
      store<f32>(to, load<f32>(from + row), 4)
      store<f32>(to, load<f32>(from + 2 * row), 8)
      store<f32>(to, load<f32>(from + 3 * row), 12)
      from += step
      to += 16
    }
  }
}

/** Eight columns of B, step by step. */
function packB(b: usize, bStep: i32, bCol: i32, count: i32): void {
  const step = (<usize>bStep) << 2
  const col = (<usize>bCol) << 2
  let from = b
  let to = packedB
  for (let k = 0; k < count; k++) {
    if (bCol == 1) {
      v128.store(to, v128.load(from))
      v128.store(to, v128.load(from, 16), 16)
    } else {
      let at = from
      for (let n: usize = 0; n < 32; n += 4) {
        store<f32>(to + n, load<f32>(at))
        at += col
      }
    }
    from += step
    to += 32
  }
}

/** Four rows by eight columns of C over one packed block. */
function tile(a: usize, count: i32, c: usize, cRow: i32, accumulate: bool): void {
  const row = (<usize>cRow) << 2
  let c00 = f32x4.splat(0)
  let c01 = f32x4.splat(0)
  let c10 = f32x4.splat(0)
  let c11 = f32x4.splat(0)
  let c20 = f32x4.splat(0)
  let c21 = f32x4.splat(0)
  let c30 = f32x4.splat(0)
  let c31 = f32x4.splat(0)
  let b = packedB
  for (let k = 0; k < count; k++) {
    const b0 = v128.load(b)
    const b1 = v128.load(b, 16)
    let x = v128.load32_splat(a)
    c00 = f32x4.relaxed_madd(x, b0, c00)
    c01 = f32x4.relaxed_madd(x, b1, c01)
    x = v128.load32_splat(a, 4)
    c10 = f32x4.relaxed_madd(x, b0, c10)
    c11 = f32x4.relaxed_madd(x, b1, c11)
    x = v128.load32_splat(a, 8)
    c20 = f32x4.relaxed_madd(x, b0, c20)
    c21 = f32x4.relaxed_madd(x, b1, c21)
    x = v128.load32_splat(a, 12)
    c30 = f32x4.relaxed_madd(x, b0, c30)
    c31 = f32x4.relaxed_madd(x, b1, c31)
    a += 16
    b += 32
  }
  finish(c, c00, c01, accumulate)
  finish(c + row, c10, c11, accumulate)
  finish(c + 2 * row, c20, c21, accumulate)
  finish(c + 3 * row, c30, c31, accumulate)
}

function finish(c: usize, x: v128, y: v128, accumulate: bool): void {
  v128.store(c, accumulate ? f32x4.add(v128.load(c), x) : x)
  v128.store(c, accumulate ? f32x4.add(v128.load(c, 16), y) : y, 16)
}
