// Products of i16 rows with panels of int8 weights: exact sums, as doubles.
//
// Of many rows each product of two vectors does the work of two, as S. Winograd found (1968): with columns and weights in pairs, x0·y0 + x1·y1 =
// (x0 + y1)·(x1 + y0) - x0·x1 - y0·y1, where what is subtracted depends on the row or on the output alone. An activation of at most 32,639 plus a
// weight of at most 128 fits 16 bits; sums wrap in 32 bits, and what comes out of them has 32.
import { sums4 } from './vector'

/** Columns whose exact sum fits an i32: 512·32,639·128 < 2^31. */
export const CHUNK: i32 = 512

/** Outputs of two panels. */
export const PAIR: i32 = 8

/** Sums of x0·x1 that a row of `cols` columns has. */
export function chunkCount(cols: i32): i32 {
  return (cols + CHUNK - 1) / CHUNK
}

/** Sums of x0·x1 of each chunk of the row of `cols` columns at `a` to i32 at `terms`; columns of a pair of pairs: x0 the first two, x1 the others. */
export function pairTerms(a: usize, cols: i32, terms: usize): void {
  for (let c = 0; c < cols; c += CHUNK) {
    const end = a + ((<usize>min(CHUNK, cols - c)) << 1)
    let sum = i32x4.splat(0)
    for (; a < end; a += 32) {
      const x = v128.load(a)
      const y = v128.load(a, 16)
      sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.shuffle<i32>(x, y, 0, 2, 4, 6), v128.shuffle<i32>(x, y, 1, 3, 5, 7)))
    }
    store<i32>(terms, i32x4.extract_lane(sums4(sum, sum, sum, sum), 0))
    terms += 4
  }
}

/**
 * `width` columns of two int8 panels -> i16 at `panels`: of four columns first the two of y0 of all outputs, then those of y1, panel by panel. Then
 * their sums of y0·y1, eight i32 at CHUNK·16 bytes.
 */
export function widenPair(near: usize, far: usize, width: i32, panels: usize): void {
  const terms = panels + ((<usize>CHUNK) << 4)
  v128.store(terms, widenPanel(near, width, panels))
  v128.store(terms, widenPanel(far, width, panels + 32), 16)
}

function widenPanel(weights: usize, width: i32, panel: usize): v128 {
  const end = weights + ((<usize>width) << 2)
  let terms = i32x4.splat(0)
  for (; weights < end; weights += 32) {
    const a = v128.load_ext<i8>(weights)
    const b = v128.load_ext<i8>(weights, 8)
    const c = v128.load_ext<i8>(weights, 16)
    const d = v128.load_ext<i8>(weights, 24)
    const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5)
    const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5)
    const abBeyond = v128.shuffle<i32>(a, b, 2, 6, 3, 7)
    const cdBeyond = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
    const y0 = v128.shuffle<i64>(ab, cd, 0, 2)
    const y1 = v128.shuffle<i64>(ab, cd, 1, 3)
    const z0 = v128.shuffle<i64>(abBeyond, cdBeyond, 0, 2)
    const z1 = v128.shuffle<i64>(abBeyond, cdBeyond, 1, 3)
    v128.store(panel, y0)
    v128.store(panel, y1, 16)
    v128.store(panel, z0, 64)
    v128.store(panel, z1, 80)
    terms = i32x4.add(terms, i32x4.add(i32x4.dot_i16x8_s(y0, y1), i32x4.dot_i16x8_s(z0, z1)))
    panel += 128
  }
  return terms
}

/**
 * `width` columns of `count` rows times a widened pair: sums (count, 8) of doubles, stored or added. Of `terms`, rows are `chunks` i32 apart. Two
 * rows by two panels are what the registers hold.
 */
export function multiplyChunk(
  a: usize,
  rowBytes: usize,
  terms: usize,
  chunks: i32,
  count: i32,
  panels: usize,
  width: i32,
  isFirst: bool,
  sums: usize,
): void {
  const end = panels + ((<usize>width) << 4)
  const near = v128.load(panels, (<usize>CHUNK) << 4)
  const far = v128.load(panels, ((<usize>CHUNK) << 4) + 16)
  for (let t = 0; t < count; t += 2) {
    // The last row of an odd number stands in for its missing neighbour, whose sums are not used.
    const hasSecond = t + 1 < count
    let x = a
    let y = hasSecond ? a + rowBytes : a
    let a0 = i32x4.splat(0)
    let a1 = i32x4.splat(0)
    let b0 = i32x4.splat(0)
    let b1 = i32x4.splat(0)
    for (let at = panels; at < end; at += 64) {
      const v0 = v128.load(at)
      const v1 = v128.load(at, 16)
      const w0 = v128.load(at, 32)
      const w1 = v128.load(at, 48)
      const x0 = v128.load_splat<i32>(x)
      const x1 = v128.load_splat<i32>(x, 4)
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(i16x8.add(x0, v1), i16x8.add(x1, v0)))
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(i16x8.add(x0, w1), i16x8.add(x1, w0)))
      const y0 = v128.load_splat<i32>(y)
      const y1 = v128.load_splat<i32>(y, 4)
      b0 = i32x4.add(b0, i32x4.dot_i16x8_s(i16x8.add(y0, v1), i16x8.add(y1, v0)))
      b1 = i32x4.add(b1, i32x4.dot_i16x8_s(i16x8.add(y0, w1), i16x8.add(y1, w0)))
      x += 8
      y += 8
    }
    const term = v128.load_splat<i32>(terms)
    keep(i32x4.sub(a0, i32x4.add(term, near)), isFirst, sums)
    keep(i32x4.sub(a1, i32x4.add(term, far)), isFirst, sums + 32)
    if (hasSecond) {
      const next = v128.load_splat<i32>(terms + ((<usize>chunks) << 2))
      keep(i32x4.sub(b0, i32x4.add(next, near)), isFirst, sums + 64)
      keep(i32x4.sub(b1, i32x4.add(next, far)), isFirst, sums + 96)
    }
    a += rowBytes << 1
    terms += (<usize>chunks) << 3
    sums += 128
  }
}

/** Stores four sums as doubles, or adds them to those there. */
function keep(sum: v128, isFirst: bool, sums: usize): void {
  let low = f64x2.convert_low_i32x4_s(sum)
  let high = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(sum, sum, 2, 3, 2, 3))
  if (!isFirst) {
    low = f64x2.add(low, v128.load(sums))
    high = f64x2.add(high, v128.load(sums, 16))
  }
  v128.store(sums, low)
  v128.store(sums, high, 16)
}

/** One row times a panel of int8 weights -> four doubles. */
export function dotPanel(a: usize, weights: usize, cols: i32, sums: usize): void {
  const end = weights + ((<usize>cols) << 2)
  let isFirst = true
  while (weights < end) {
    const stop = min(end, weights + 4 * CHUNK)
    let v0 = i32x4.splat(0)
    let v1 = i32x4.splat(0)
    let v2 = i32x4.splat(0)
    let v3 = i32x4.splat(0)
    while (weights < stop) {
      const x = v128.load(a)
      v0 = i32x4.add(v0, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(weights)))
      v1 = i32x4.add(v1, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(weights, 8)))
      v2 = i32x4.add(v2, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(weights, 16)))
      v3 = i32x4.add(v3, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(weights, 24)))
      const y = v128.load(a, 16)
      v0 = i32x4.add(v0, i32x4.dot_i16x8_s(y, v128.load_ext<i8>(weights, 32)))
      v1 = i32x4.add(v1, i32x4.dot_i16x8_s(y, v128.load_ext<i8>(weights, 40)))
      v2 = i32x4.add(v2, i32x4.dot_i16x8_s(y, v128.load_ext<i8>(weights, 48)))
      v3 = i32x4.add(v3, i32x4.dot_i16x8_s(y, v128.load_ext<i8>(weights, 56)))
      a += 32
      weights += 64
    }
    keep(sums4(v0, v1, v2, v3), isFirst, sums)
    isFirst = false
  }
}

/** Rows of `cols` int8 at `rows` (count, cols) -> panels of `padded` columns at `panels`; the last is filled up with zeros. */
export function pack(rows: usize, count: i32, cols: i32, padded: i32, panels: usize): void {
  for (let n = 0; n < count; n += 4) {
    const panel = panels + <usize>n * <usize>padded
    memory.fill(panel, 0, (<usize>padded) << 2)
    for (let j = 0; j < min(4, count - n); j++) {
      const row = rows + <usize>(n + j) * <usize>cols
      const target = panel + ((<usize>j) << 3)
      let k = 0
      for (; k + 8 <= cols; k += 8) store<u64>(target + ((<usize>k) << 2), load<u64>(row + <usize>k))
      for (; k < cols; k++) store<u8>(target + ((<usize>(k & ~7)) << 2) + <usize>(k & 7), load<u8>(row + <usize>k))
    }
  }
}
