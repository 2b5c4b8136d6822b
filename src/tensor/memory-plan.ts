// What a model will need of a device's memory, known before anything is loaded; and how a device that is too small says so.
import { AppError } from '#core/errors.ts'

/**
 * Rows of one step of a prefill: bounds the largest activations, and how long an abort waits. A text of 256 tokens and its prompt are checked in one
 * step, so that weights are widened once.
 */
export const PREFILL_ROWS = 320

/** Bytes by what they are for. */
export type MemoryPlan = {
  readonly weightsBytes: number
  /** Keys and values of one sequence of `positions`. */
  readonly cacheBytes: number
  readonly positions: number
  /** What a step works in. */
  readonly workBytes: number
}

/** Bytes in all. */
export function plannedBytes({ weightsBytes, cacheBytes, workBytes }: MemoryPlan): number {
  return weightsBytes + cacheBytes + workBytes
}

/** Throws {@link ModelTooLargeError} when `plan` does not fit in `limitBytes`. */
export function assertFits(plan: MemoryPlan, limitBytes: number, device: string): void {
  if (plannedBytes(plan) > limitBytes) throw new ModelTooLargeError(plan, limitBytes, device)
}

/** A model does not fit on a device. */
export class ModelTooLargeError extends AppError {
  override readonly name = 'tensor.ModelTooLarge'
  readonly plan: MemoryPlan

  constructor(plan: MemoryPlan, limitBytes: number, device: string) {
    const { weightsBytes, cacheBytes, positions, workBytes } = plan
    super(
      'capacity',
      `The model needs ${mebibytes(plannedBytes(plan))} MiB where ${device} has ${mebibytes(limitBytes)}: ` +
        `${mebibytes(weightsBytes)} for its weights, ${mebibytes(cacheBytes)} for keys and values of ${positions} positions, ` +
        `${mebibytes(workBytes)} to work in.`,
    )
    this.plan = plan
  }
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)
}
