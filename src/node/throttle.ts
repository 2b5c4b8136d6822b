// Keeps a backend within the share of the device that its owner allows: long products run as strips of rows with pauses between them.
// Strips never change an integer result, because a row of C depends on one row of A only.
import type { Backend, MatmulShape } from '#tensor/backend.ts'

/** Work between two pauses: short enough that the device stays usable, long enough that sending B again costs little. */
export const BURST_MS = 60

/** Rows of the first strip, before anything is measured. */
const FIRST_ROWS = 32

/** What the throttle is told and asks for. */
export type ThrottleOptions = {
  /** Share of the time that the device may be busy, above 0 and at most 1. */
  readonly share: number
  /** Called before each burst; throws to stop, e.g. when the consent has ended. */
  readonly check: () => void
  /** Milliseconds, monotonic. */
  readonly now: () => number
  /** Waits without computing. */
  readonly pause: (delayMs: number) => Promise<void>
}

/** A backend that rests, and the time it was busy. Closing it closes the backend inside. */
export type ThrottledBackend = Backend & { busyMs(): number }

type Operand = Int8Array<ArrayBuffer> | Float32Array<ArrayBuffer>
type Sums = Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>

/** One product: C in `sums()` elements, `multiply` for some rows of it. */
type Product<R extends Sums> = {
  readonly shape: MatmulShape
  readonly multiply: (row: number, m: number) => Promise<R>
  readonly allocate: (length: number) => R
}

/** `backend` held to `options.share`. */
export function throttled(backend: Backend, options: ThrottleOptions): ThrottledBackend {
  let busyMs = 0
  const burst = async <T>(work: () => Promise<T>): Promise<{ result: T; elapsedMs: number }> => {
    options.check()
    const startMs = options.now()
    const result = await work()
    const elapsedMs = options.now() - startMs
    busyMs += elapsedMs
    if (options.share < 1) await options.pause((elapsedMs * (1 - options.share)) / options.share)
    return { result, elapsedMs }
  }
  const inStrips = async <R extends Sums>({ shape, multiply, allocate }: Product<R>): Promise<R> => {
    if (options.share >= 1) return (await burst(() => multiply(0, shape.m))).result
    const out = allocate(shape.m * shape.n)
    let rows = FIRST_ROWS
    for (let row = 0; row < shape.m;) {
      const m = Math.min(rows, shape.m - row)
      const { result, elapsedMs } = await burst(() => multiply(row, m))
      out.set(result, row * shape.n)
      row += m
      rows = nextRows(m, elapsedMs)
    }
    return out
  }
  return {
    info: backend.info,
    matmulInt8: (a, b, shape, operation) =>
      inStrips({
        shape,
        multiply: (row, m) => backend.matmulInt8(rowsOf(a, shape, row, m), b, { ...shape, m }, operation),
        allocate: (length) => new Int32Array(length),
      }),
    matmulF32: (a, b, shape, operation) =>
      inStrips({
        shape,
        multiply: (row, m) => backend.matmulF32(rowsOf(a, shape, row, m), b, { ...shape, m }, operation),
        allocate: (length) => new Float32Array(length),
      }),
    close: () => backend.close(),
    busyMs: () => busyMs,
  }
}

/** Rows of A, or all of what was given as A when all rows are meant: wrong sizes are then the backend's to refuse. */
function rowsOf<T extends Operand>(a: T, shape: MatmulShape, row: number, m: number): T {
  return m === shape.m ? a : (a.subarray(row * shape.k, (row + m) * shape.k) as T)
}

/** Rows that take about a burst, growing at most fourfold at a time so that one lucky measurement does not freeze a screen. */
function nextRows(rows: number, elapsedMs: number): number {
  const fitting = Math.round((rows * BURST_MS) / Math.max(elapsedMs, 0.1))
  return Math.max(1, Math.min(fitting, rows * 4))
}
