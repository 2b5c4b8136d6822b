// silu(gate)·up for some of the hidden values.
import { mulShift } from './fixed'
import { ROW_BLOCK, STORE, linear } from './linear'
import { Layer, Model, Step } from './records'
import { decay4, inverse4, mulShift4, silu4 } from './vector'

/** Bound of |gate| and |up| in Q16. */
const GATE_MAX: i32 = (1 << 26) - 1

/** Outputs at a time, at most. */
const PIECE: i32 = 64

/** Magnitudes whose products with 17 bits shifted off fit an i32. */
const SMALL: i32 = 1 << 24

/**
 * Hidden values `from` .. `to` of every row, to step.wide (T, hidden) with the layer's fraction bits. `scratch` as linear's, behind two blocks of
 * ROW_BLOCK·(to - from) i32. Returns values cut.
 */
export function gateUp(model: Model, layer: Layer, step: Step, from: i32, to: i32, scratch: usize): i32 {
  const width = to - from
  const rowBytes = (<usize>width) << 2
  const gates = scratch
  const ups = gates + <usize>ROW_BLOCK * rowBytes
  const rest = ups + <usize>ROW_BLOCK * rowBytes
  let saturated = 0
  for (let first = 0; first < step.count; first += ROW_BLOCK) {
    const count = min(ROW_BLOCK, step.count - first)
    // prettier-ignore
    saturated += linear(step.q, step.qM, step.qE, step.terms, model.bits, first, count, layer.gate, from, to, 16, GATE_MAX, STORE, gates, rowBytes, rest)
    // prettier-ignore
    saturated += linear(step.q, step.qM, step.qE, step.terms, model.bits, first, count, layer.up, from, to, 16, GATE_MAX, STORE, ups, rowBytes, rest)
    for (let t = 0; t < count; t++) {
      const offset = <usize>t * rowBytes
      const out = step.wide + ((<usize>((first + t) * model.hidden + from)) << 2)
      gateRow(gates + offset, ups + offset, width, layer.productF, model.exp2, out, rest)
    }
  }
  return saturated
}

/**
 * Reads whole vectors: what lies behind the last value is part of the scratch. Steps of a chain that is long run for every value before the next
 * does: then a processor has several at hand. `scratch` holds two rows.
 */
function gateRow(gates: usize, ups: usize, width: i32, F: i32, table: usize, out: usize, scratch: usize): void {
  const decays = scratch
  const inverses = decays + ((<usize>PIECE) << 2)
  const end = (<usize>width) << 2
  for (let at: usize = 0; at < end; at += 16) v128.store(decays + at, decay4(v128.load(gates + at), table))
  for (let at: usize = 0; at < end; at += 16) v128.store(inverses + at, inverse4(v128.load(decays + at)))
  const shift = 32 - F
  const bound = i32x4.splat(SMALL)
  for (let i = 0; i < width; i += 4) {
    const at = (<usize>i) << 2
    const silu = silu4(v128.load(gates + at), v128.load(decays + at), v128.load(inverses + at))
    const up = v128.load(ups + at)
    const larger = i32x4.max_u(i32x4.abs(silu), i32x4.abs(up))
    if (i + 4 <= width && !v128.any_true(i32x4.ge_u(larger, bound))) {
      v128.store(out + at, mulShift4(silu, up, shift))
      continue
    }
    store<i32>(out + at, mulShift(i32x4.extract_lane(silu, 0), i32x4.extract_lane(up, 0), shift))
    if (i + 1 < width) store<i32>(out + at, mulShift(i32x4.extract_lane(silu, 1), i32x4.extract_lane(up, 1), shift), 4)
    if (i + 2 < width) store<i32>(out + at, mulShift(i32x4.extract_lane(silu, 2), i32x4.extract_lane(up, 2), shift), 8)
    if (i + 3 < width) store<i32>(out + at, mulShift(i32x4.extract_lane(silu, 3), i32x4.extract_lane(up, 3), shift), 12)
  }
}
