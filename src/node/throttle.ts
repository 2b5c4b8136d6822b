// Keeps a backend within the share of the device that its owner allows: long products run as strips of rows with pauses between them.
// Strips never change an integer result, because a row of C depends on one row of A only.
import type { Backend, MatmulShape } from '#tensor/backend.ts'
import type { Pacer } from './pacer.ts'

/** Rows of the first strip, before anything is measured. */
const FIRST_ROWS = 32

/** Clocks of browsers are too coarse for less. */
const LEAST_MS = 0.1

/** A backend that rests, and the time its device was busy. Closing it closes the backend inside. */
export type ThrottledBackend = Backend & { busyMs(): number }

type Operand = Int8Array<ArrayBuffer> | Float32Array<ArrayBuffer>
type Sums = Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>

/** One product: C in `sums()` elements, `multiply` for some rows of it. */
type Product<R extends Sums> = {
  readonly shape: MatmulShape
  readonly multiply: (row: number, m: number) => Promise<R>
  readonly allocate: (length: number) => R
}

/** `backend` held to the pace: every burst is at most as long as the pace allows, as far as the last one tells. */
export function throttled(backend: Backend, pacer: Pacer): ThrottledBackend {
  let rate = 0 // operations a millisecond in the last burst
  const inStrips = async <R extends Sums>({ shape, multiply, allocate }: Product<R>): Promise<R> => {
    const { m: rowCount, k, n } = shape
    const work = `${backend.info.backend} ${k} x ${n}`
    const strip = async (row: number, m: number): Promise<{ result: R; elapsedMs: number }> => {
      const operations = 2 * m * k * n
      const burst = await pacer.burst(() => multiply(row, m), work, operations)
      rate = operations / Math.max(burst.elapsedMs, LEAST_MS)
      return burst
    }
    const { burstMs } = pacer
    if (burstMs === Infinity) return (await strip(0, rowCount)).result
    let rows = firstRows((burstMs * rate) / (2 * k * n))
    if (rows >= rowCount) return (await strip(0, rowCount)).result
    const out = allocate(rowCount * n)
    for (let row = 0; row < rowCount;) {
      const m = Math.min(rows, rowCount - row)
      const { result, elapsedMs } = await strip(row, m)
      out.set(result, row * n)
      row += m
      rows = nextRows(m, elapsedMs, pacer.burstMs)
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
    busyMs: () => pacer.busyMs,
  }
}

/** Rows of A, or all of what was given as A when all rows are meant: wrong sizes are then the backend's to refuse. */
function rowsOf<T extends Operand>(a: T, shape: MatmulShape, row: number, m: number): T {
  return m === shape.m ? a : (a.subarray(row * shape.k, (row + m) * shape.k) as T)
}

/** Rows that `fitting` allows; a strip that is only a guess is small. */
function firstRows(fitting: number): number {
  return fitting === 0 || !Number.isFinite(fitting) ? FIRST_ROWS : Math.max(1, Math.floor(fitting))
}

/** Rows that take about a burst, growing at most fourfold at a time so that one lucky measurement does not freeze a screen. */
function nextRows(rows: number, elapsedMs: number, burstMs: number): number {
  const fitting = Math.round((rows * burstMs) / Math.max(elapsedMs, LEAST_MS))
  return Math.max(1, Math.min(fitting, rows * 4))
}
