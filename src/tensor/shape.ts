// What every backend checks before it computes: sizes of a product and of the arrays it is given.
import { MAX_DIM } from '#core/content.ts'
import { AppError } from '#core/errors.ts'
import type { MatmulShape } from './backend.ts'

/** Throws {@link ShapeError} unless `shape` is within the limits, k at most `maxInner`, and the arrays have its sizes. */
export function assertMatmul(shape: MatmulShape, aLength: number, bLength: number, maxInner: number): void {
  for (const [name, size] of Object.entries(shape))
    if (!Number.isSafeInteger(size) || size < 1 || size > MAX_DIM)
      throw new ShapeError(`${name} is ${size}, outside 1..${MAX_DIM}`)
  const { m, k, n } = shape
  if (k > maxInner) throw new ShapeError(`k is ${k}, more than the ${maxInner} that stay exact`)
  if (aLength !== m * k) throw new ShapeError(`A has ${aLength} elements, not ${m} x ${k}`)
  if (bLength !== k * n) throw new ShapeError(`B has ${bLength} elements, not ${k} x ${n}`)
}

/** What `allocate` returns, for a result of `m` x `n`. Throws {@link ResultCapacityError} when memory does not suffice. */
export function allocateResult<T>({ m, n }: MatmulShape, allocate: (length: number) => T): T {
  try {
    return allocate(m * n)
  } catch (cause) {
    if (cause instanceof RangeError) throw new ResultCapacityError(m, n, { cause })
    throw cause
  }
}

/** Throws {@link ClosedError} when a backend is used after its end. */
export function assertOpen(isOpen: boolean): void {
  if (!isOpen) throw new ClosedError()
}

/** The sizes of an operation do not fit together or are outside the limits. */
export class ShapeError extends AppError {
  override readonly name = 'tensor.Shape'
  constructor(problem: string) {
    super('input', `The product cannot be computed: ${problem}.`)
  }
}

/** A result does not fit in memory. */
export class ResultCapacityError extends AppError {
  override readonly name = 'tensor.ResultCapacity'
  constructor(m: number, n: number, options: ErrorOptions) {
    super('capacity', `A result of ${m} x ${n} elements, ${m * n * 4} bytes, does not fit in memory.`, options)
  }
}

/** A backend was used after it was closed. */
export class ClosedError extends AppError {
  override readonly name = 'tensor.Closed'
  constructor() {
    super('bug', 'The backend is closed.')
  }
}
