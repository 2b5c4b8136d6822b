// Runs the operations of a step. Each is cut into pieces that whichever thread comes first takes; an operation that reads what others wrote
// waits until they are finished. Integers do not depend on who computed them, so any number of threads gives the same bytes.
import { attend } from './attention'
import { HASHED_ROWS, hashRows } from './boundary'
import { gateUp } from './feed-forward'
import { clamp, mulShift } from './fixed'
import { prepareAngles, projectHead } from './heads'
import { chunkCount, pack, pairTerms } from './dot'
import { ADD, ROW_BLOCK, STORE, linear } from './linear'
import { normQuantise } from './norm'
import { quantise } from './quantise'
import { SCORED_ROWS } from './scores'
import { Control, Layer, Model, Norm, Operation, Matrix, Step, layerAt, rowAt } from './records'

export { pack }

// Codes of operations: those of ../operations.ts.
const EMBED: i32 = 0
const NORM: i32 = 1
const HEADS: i32 = 2
const ATTEND: i32 = 3
const QUANTISE_ATTENDED: i32 = 4
const PROJECT_ADD: i32 = 5
const GATE_UP: i32 = 6
const QUANTISE_GATED: i32 = 7
const HASH: i32 = 8
const COPY: i32 = 9
const UNEMBED: i32 = 10

const RESIDUAL_MAX: i32 = (1 << 30) - 1
const LOGIT_MAX: i32 = 1 << 30

/** Outputs of a linear layer in one piece. */
const PIECE: i32 = 64

/** Looks at a counter before a thread sleeps on it. */
const SPINS: i32 = 20_000

/** Longest sleep, in nanoseconds: whoever finishes last does not have to wake anybody. */
const NAP: i64 = 100_000

/** Runs `count` operations at `operations` on behalf of one thread whose scratch is `scratch`. Returns when all are finished. */
export function run(model: Model, step: Step, operations: usize, count: i32, scratch: usize): void {
  let saturated = 0
  let unfinished = operations
  for (let i = 0; i < count; i++) {
    const at = operations + <usize>i * offsetof<Operation>()
    const operation = changetype<Operation>(at)
    if (operation.waits != 0) {
      awaitAll(unfinished, at)
      unfinished = at
    }
    for (;;) {
      const piece = advance(at + offsetof<Operation>('taken'))
      if (piece >= operation.pieces) break
      saturated += compute(model, step, operation, piece, scratch)
      advance(at + offsetof<Operation>('finished'))
    }
  }
  if (saturated != 0) addTo(changetype<usize>(step) + offsetof<Step>('saturated'), saturated)
  awaitAll(unfinished, operations + <usize>count * offsetof<Operation>())
}

/** Takes part, as thread `index`, in every step that is opened at `control` until {@link stop}. */
export function serve(control: Control, index: i32): void {
  if (!ASC_FEATURE_THREADS) return
  const epochAt = changetype<usize>(control)
  const activeAt = epochAt + offsetof<Control>('active')
  let last = 0
  let spins = 0
  for (;;) {
    const epoch = atomic.load<i32>(epochAt)
    if (epoch < 0) return
    if ((epoch & 1) == 0 || epoch == last) {
      if (++spins > SPINS) atomic.wait<i32>(epochAt, epoch, -1)
      continue
    }
    spins = 0
    last = epoch
    atomic.add<i32>(activeAt, 1)
    // A step that was closed meanwhile may be overwritten; one that is open waits for whoever is active.
    if (atomic.load<i32>(epochAt) == epoch) runAs(control, index)
    atomic.sub<i32>(activeAt, 1)
  }
}

/** Runs the step that `control` describes together with the threads that serve it. */
export function runShared(control: Control): void {
  if (!ASC_FEATURE_THREADS) return
  const epochAt = changetype<usize>(control)
  atomic.add<i32>(epochAt, 1)
  atomic.notify(epochAt, -1)
  runAs(control, 0)
  atomic.add<i32>(epochAt, 1)
  // Whoever is still active finds nothing left to take.
  while (atomic.load<i32>(epochAt + offsetof<Control>('active')) != 0) {}
}

function runAs(control: Control, index: i32): void {
  const scratch = control.scratch + <usize>index * control.scratchStride
  run(control.model, control.step, control.operations, control.count, scratch)
}

/** Ends every thread that serves `control`. */
export function stop(control: Control): void {
  if (!ASC_FEATURE_THREADS) return
  atomic.store<i32>(changetype<usize>(control), -1)
  atomic.notify(changetype<usize>(control), -1)
}

/** Counts up and returns the count before. */
function advance(counter: usize): i32 {
  return addTo(counter, 1)
}

function addTo(counter: usize, amount: i32): i32 {
  if (ASC_FEATURE_THREADS) return atomic.add<i32>(counter, amount)
  const before = load<i32>(counter)
  store<i32>(counter, before + amount)
  return before
}

/** Waits until the operations from `from` to `to` are finished. Alone, a thread has finished whatever it took. */
function awaitAll(from: usize, to: usize): void {
  if (!ASC_FEATURE_THREADS) return
  for (let at = from; at < to; at += offsetof<Operation>()) {
    const counter = at + offsetof<Operation>('finished')
    const pieces = changetype<Operation>(at).pieces
    for (let spins = 0; ; spins++) {
      const finished = atomic.load<i32>(counter)
      if (finished == pieces) break
      if (spins > SPINS) atomic.wait<i32>(counter, finished, NAP)
    }
  }
}

/** One piece of an operation; returns values cut. */
function compute(model: Model, step: Step, operation: Operation, piece: i32, scratch: usize): i32 {
  const layer = layerAt(model, operation.layer)
  switch (operation.code) {
    case EMBED:
      prepareAngles(model, step, piece)
      embed(model, step, piece)
      return 0
    case NORM:
      normRow(model, step, changetype<Norm>(operation.a), piece, scratch)
      return 0
    case HEADS:
      projectHead(model, layer, operation.layer, step, piece, scratch)
      return 0
    case ATTEND:
      return attend(model, operation.layer, step, (piece / model.heads) * SCORED_ROWS, piece % model.heads, scratch)
    case QUANTISE_ATTENDED:
      quantiseRow(model, step, piece, model.heads * model.headDim, layer.output.cols, layer.value.F + 8)
      return 0
    case PROJECT_ADD:
      return projectAdd(model, step, changetype<Matrix>(operation.a), piece, scratch)
    case GATE_UP:
      return gateUp(model, layer, step, piece * PIECE, min(model.hidden, (piece + 1) * PIECE), scratch)
    case QUANTISE_GATED:
      quantiseRow(model, step, piece, model.hidden, layer.down.cols, layer.productF)
      return 0
    case HASH:
      hashRows(step, <i32>operation.b, piece * HASHED_ROWS, model.width, operation.a, scratch)
      return 0
    case COPY: {
      const bytes = (<usize>model.width) << 2
      memory.copy(operation.a + <usize>piece * bytes, step.x + <usize>piece * step.xStride, bytes)
      return 0
    }
    case UNEMBED:
      return unembed(model, step, operation, piece, scratch)
  }
  return 0
}

/** Row `index` of the residual: its token's row of the embedding. */
function embed(model: Model, step: Step, index: i32): void {
  const w = model.embedding
  const token = rowAt(step, index).token
  const row = w.q + <usize>(token & ~3) * <usize>w.cols + ((<usize>(token & 3)) << 3)
  const m = <i64>load<u32>(w.m + ((<usize>token) << 2))
  const s = load<i32>(w.e + ((<usize>token) << 2)) - model.F
  const x = step.x + <usize>index * step.xStride
  for (let k = 0; k < model.width; k++) {
    const q = load<i8>(row + ((<usize>(k & ~7)) << 2) + <usize>(k & 7))
    store<i32>(x + ((<usize>k) << 2), clamp(mulShift(q, m, s), RESIDUAL_MAX))
  }
}

function normRow(model: Model, step: Step, norm: Norm, index: i32, scratch: usize): void {
  const cols = model.embedding.cols
  const at = (<usize>index) << 2
  const q = step.q + <usize>index * ((<usize>cols) << 1)
  normQuantise(
    step.x + <usize>index * step.xStride,
    model.width,
    cols,
    norm,
    model.bits,
    scratch,
    q,
    step.qM + at,
    step.qE + at,
  )
  describeRow(step, index, q, cols)
}

function quantiseRow(model: Model, step: Step, index: i32, width: i32, padded: i32, F: i32): void {
  const at = (<usize>index) << 2
  const from = step.wide + <usize>index * ((<usize>width) << 2)
  const q = step.q + <usize>index * ((<usize>padded) << 1)
  quantise(from, width, padded, F, model.bits, q, step.qM + at, step.qE + at)
  describeRow(step, index, q, padded)
}

/** What products of many rows need to know of a quantised one. */
function describeRow(step: Step, index: i32, q: usize, cols: i32): void {
  if (step.count > 1) pairTerms(q, cols, step.terms + ((<usize>(index * chunkCount(cols))) << 2))
}

function projectAdd(model: Model, step: Step, w: Matrix, piece: i32, scratch: usize): i32 {
  const from = piece * PIECE
  const to = min(w.rows, from + PIECE)
  let saturated = 0
  for (let first = 0; first < step.count; first += ROW_BLOCK) {
    const count = min(ROW_BLOCK, step.count - first)
    const out = step.x + <usize>first * step.xStride + ((<usize>from) << 2)
    // prettier-ignore
    saturated += linear(step.q, step.qM, step.qE, step.terms, model.bits, first, count, w, from, to, model.F, RESIDUAL_MAX, ADD, out, step.xStride, scratch)
  }
  return saturated
}

/** Logits of `c` rows from row `b` on to (c, vocabulary) at `a`. */
function unembed(model: Model, step: Step, operation: Operation, piece: i32, scratch: usize): i32 {
  const w = model.head
  const from = piece * PIECE
  const to = min(w.rows, from + PIECE)
  const first = <i32>operation.b
  const total = <i32>operation.c
  const stride = (<usize>w.rows) << 2
  let saturated = 0
  for (let done = 0; done < total; done += ROW_BLOCK) {
    const count = min(ROW_BLOCK, total - done)
    const out = operation.a + <usize>done * stride + ((<usize>from) << 2)
    // prettier-ignore
    saturated += linear(step.q, step.qM, step.qE, step.terms, model.bits, first + done, count, w, from, to, 16, LOGIT_MAX, STORE, out, stride, scratch)
  }
  return saturated
}
