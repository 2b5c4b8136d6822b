// Linear layers: i16 activation rows times int8 weights, exact, one rounding.
import { CHUNK, PAIR, chunkCount, dotPanel, multiplyChunk, widenPair } from './dot'
import { Matrix } from './records'
import { openRows, roundPanel } from './round'

/** What happens to the values of a linear layer. */
export { ADD, STORE } from './round'

/** Most rows that one call takes. */
export const ROW_BLOCK: i32 = 320

/** Bytes of a thread's scratch that linear layers use: scales of the rows, sums of a pair of panels for each, and the widened pair. */
const SCALES_BYTES: usize = (<usize>ROW_BLOCK) << 3
const SUMS_BYTES: usize = (<usize>(ROW_BLOCK * PAIR)) << 3

/**
 * Outputs `from` .. `to` of `count` rows from `first` on, with F fraction bits within ±bound, to `out` (count, to - from) whose rows are
 * `stride` bytes apart; with ADD the sum with what is there, clamped again. Returns values cut.
 */
export function linear(
  a: usize,
  aM: usize,
  aE: usize,
  terms: usize,
  bits: i32,
  first: i32,
  count: i32,
  w: Matrix,
  from: i32,
  to: i32,
  F: i32,
  bound: i32,
  mode: i32,
  out: usize,
  stride: usize,
  scratch: usize,
): i32 {
  const cols = w.cols
  const rowBytes = (<usize>cols) << 1
  const sums = scratch + SCALES_BYTES
  const panels = sums + SUMS_BYTES
  const target = out - ((<usize>from) << 2)
  a += <usize>first * rowBytes
  aM += (<usize>first) << 2
  aE += (<usize>first) << 2
  terms += (<usize>(first * chunkCount(cols))) << 2
  openRows(aM, aE, count, F, scratch)
  let saturated = 0
  if (count == 1) {
    for (let n = from & ~3; n < to; n += 4) {
      dotPanel(a, w.q + <usize>n * <usize>cols, cols, sums)
      saturated += roundPanel(sums, 32, aM, aE, count, w, n, from, to, F, bound, bits, mode, target, stride, scratch)
    }
    return saturated
  }
  for (let n = from & ~3; n < to; n += PAIR) {
    // A panel without a neighbour is its own, whose sums are not used.
    const hasSecond = n + 4 < to
    const near = w.q + <usize>n * <usize>cols
    const far = hasSecond ? near + ((<usize>cols) << 2) : near
    for (let c = 0; c < cols; c += CHUNK) {
      const width = min(CHUNK, cols - c)
      widenPair(near + ((<usize>c) << 2), far + ((<usize>c) << 2), width, panels)
      const chunk = c / CHUNK
      multiplyChunk(
        a + ((<usize>c) << 1),
        rowBytes,
        terms + ((<usize>chunk) << 2),
        chunkCount(cols),
        count,
        panels,
        width,
        chunk == 0,
        sums,
      )
    }
    saturated += roundPanel(sums, 64, aM, aE, count, w, n, from, to, F, bound, bits, mode, target, stride, scratch)
    if (hasSecond)
      saturated += roundPanel(
        sums + 32,
        64,
        aM,
        aE,
        count,
        w,
        n + 4,
        from,
        to,
        F,
        bound,
        bits,
        mode,
        target,
        stride,
        scratch,
      )
  }
  return saturated
}
