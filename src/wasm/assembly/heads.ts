// Queries, keys and values: projected head by head, normalised where the model does that, rotated, quantised; keys and values to their caches.
import { ROW_BLOCK, STORE, linear } from './linear'
import { normHead } from './norm'
import { quantise } from './quantise'
import { Layer, Model, Projection, Row, Step, rowAt } from './records'

/** Bound of |q|, |k| and |v| as they leave their projections. */
const INT16_MAX: i32 = 32767

/** Head `index` of queries, then keys, then values, for every row. `scratch` as linear's, behind ROW_BLOCK heads of i32. */
export function projectHead(model: Model, layer: Layer, layerIndex: i32, step: Step, index: i32, scratch: usize): void {
  const isQuery = index < model.heads
  const isKey = !isQuery && index < model.heads + model.kvHeads
  const projection = isQuery ? layer.query : isKey ? layer.key : layer.value
  const head = isQuery ? index : (index - model.heads) % model.kvHeads
  const headDim = model.headDim
  const headBytes = (<usize>headDim) << 2
  const rest = scratch + <usize>ROW_BLOCK * headBytes
  const from = head * headDim
  for (let first = 0; first < step.count; first += ROW_BLOCK) {
    const count = min(ROW_BLOCK, step.count - first)
    linear(
      step.q,
      step.qM,
      step.qE,
      step.terms,
      model.bits,
      first,
      count,
      projection.weights,
      from,
      from + headDim,
      projection.F,
      INT16_MAX,
      STORE,
      scratch,
      headBytes,
      rest,
    )
    for (let t = 0; t < count; t++) {
      const values = scratch + <usize>t * headBytes
      if (isQuery) storeQuery(model, projection, step, first + t, head, values)
      else if (isKey) storeKey(model, projection, step, layerIndex, first + t, head, values, rest)
      else storeValue(model, rowAt(step, first + t), layerIndex, head, values)
    }
  }
}

function storeQuery(model: Model, projection: Projection, step: Step, row: i32, head: i32, values: usize): void {
  turn(model, projection, step, row, values)
  const index = <usize>(row * model.heads + head)
  quantise(
    values,
    model.headDim,
    model.headStride,
    projection.headF,
    16,
    step.queries + index * ((<usize>model.headStride) << 1),
    step.queryM + (index << 2),
    step.queryE + (index << 2),
  )
}

function storeKey(
  model: Model,
  projection: Projection,
  step: Step,
  layer: i32,
  index: i32,
  head: i32,
  values: usize,
  scratch: usize,
): void {
  turn(model, projection, step, index, values)
  const row = rowAt(step, index)
  const stride = model.headStride
  const block = <usize>(layer * model.kvHeads + head)
  const at = (block * <usize>row.capacity + <usize>row.position) * <usize>stride
  const scaleM = row.scales + block * ((<usize>row.capacity) << 3) + ((<usize>row.position) << 2)
  const scaleE = scaleM + ((<usize>row.capacity) << 2)
  if (model.keyBits == 16)
    return quantise(values, model.headDim, stride, projection.headF, 16, row.keys + (at << 1), scaleM, scaleE)
  quantise(values, model.headDim, stride, projection.headF, 8, scratch, scaleM, scaleE)
  // Four positions lie beside each other, eight columns of each.
  const within = row.position & 3
  const target = row.keys + at - <usize>(within * stride) + ((<usize>within) << 3)
  for (let c = 0; c < stride; c += 8) {
    const key = v128.load(scratch + ((<usize>c) << 1))
    v128.store_lane<i64>(target + ((<usize>c) << 2), i8x16.narrow_i16x8_s(key, key), 0)
  }
}

/** Two positions lie beside each other, so that their products with a pair of weights are one instruction. */
function storeValue(model: Model, row: Row, layer: i32, head: i32, values: usize): void {
  const block = <usize>(layer * model.kvHeads + head)
  const stride = (<usize>model.headStride) << 2
  const pair = block * <usize>(row.capacity >> 1) + <usize>(row.position >> 1)
  const target = row.values + pair * stride + ((<usize>(row.position & 1)) << 1)
  for (let c = 0; c < model.headDim; c++) {
    const at = (<usize>c) << 2
    store<i16>(target + at, <i16>load<i32>(values + at))
  }
}

/** Normalises and rotates a head of int16 values in i32, in place. */
function turn(model: Model, projection: Projection, step: Step, row: i32, head: usize): void {
  if (changetype<usize>(projection.norm) != 0) normHead(head, model.headDim, projection.norm, projection.headF)
  const pairs = model.headDim >> 1
  const cos = step.cos + <usize>row * step.angleStride
  const sin = step.sin + <usize>row * step.angleStride
  const half = i32x4.splat(16384)
  let j = 0
  for (; j + 4 <= pairs; j += 4) {
    const at = head + ((<usize>j) << 2)
    const beyond = at + ((<usize>pairs) << 2)
    const a = v128.load(at)
    const b = v128.load(beyond)
    const c = v128.load(cos + ((<usize>j) << 2))
    const s = v128.load(sin + ((<usize>j) << 2))
    v128.store(at, i32x4.shr_s(i32x4.add(i32x4.sub(i32x4.mul(a, c), i32x4.mul(b, s)), half), 15))
    v128.store(beyond, i32x4.shr_s(i32x4.add(i32x4.add(i32x4.mul(b, c), i32x4.mul(a, s)), half), 15))
  }
  for (; j < pairs; j++) {
    const at = head + ((<usize>j) << 2)
    const beyond = at + ((<usize>pairs) << 2)
    const a = load<i32>(at)
    const b = load<i32>(beyond)
    const c = load<i32>(cos + ((<usize>j) << 2))
    const s = load<i32>(sin + ((<usize>j) << 2))
    store<i32>(at, (a * c - b * s + 16384) >> 15)
    store<i32>(beyond, (b * c + a * s + 16384) >> 15)
  }
}

/** Combines Q30 angles of a position's high and low level rows to Q15. */
export function prepareAngles(model: Model, step: Step, index: i32): void {
  const pairs = model.headDim >> 1
  const position = rowAt(step, index).position
  const high = (<usize>((position >> 8) * pairs)) << 2
  const low = (<usize>((position & 255) * pairs)) << 2
  const half = (<i64>1) << 44
  for (let j = 0; j < pairs; j++) {
    const at = (<usize>j) << 2
    const ch = <i64>load<i32>(model.highCos + high + at)
    const sh = <i64>load<i32>(model.highSin + high + at)
    const cl = <i64>load<i32>(model.lowCos + low + at)
    const sl = <i64>load<i32>(model.lowSin + low + at)
    const to = <usize>index * step.angleStride + at
    store<i32>(step.cos + to, <i32>((ch * cl - sh * sl + half) >> 45))
    store<i32>(step.sin + to, <i32>((sh * cl + ch * sl + half) >> 45))
  }
}
