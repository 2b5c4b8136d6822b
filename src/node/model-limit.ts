// The plan before a model is fetched: how large a file a device takes, by its memory. What exactly fits is told when the model is loaded.
import { contentBytes } from '#core/content.ts'
import { AppError } from '#core/errors.ts'
import type { Kind } from '#work/kind.ts'
import type { Unit } from '#work/unit.ts'

/** Most bytes of a model file: its weights, their cache and their activations share 32-bit addresses. */
export const MAX_LOADABLE_BYTES = 3.5 * 2 ** 30

/** Memory of a device that does not tell. */
export const ASSUMED_MEMORY_BYTES = 4 * 2 ** 30

/** Part of the memory that a model file may have: it is there twice while it is loaded, and the device has other things to do. */
const MODEL_SHARE = 0.4

/** Most bytes of a model file on a device with `memoryBytes`. */
export function modelLimitBytes(memoryBytes: number): number {
  return Math.floor(Math.min(MAX_LOADABLE_BYTES, memoryBytes * MODEL_SHARE))
}

/** Why a device that takes files of `limitBytes` declines `unit`, or undefined when it has room for its models. */
export function modelRefusal(unit: Unit, kind: Pick<Kind, 'files'>, limitBytes: number): string | undefined {
  for (const input of kind.files?.(unit) ?? []) {
    const layout = unit.inputs[input]?.layout
    const sizeBytes = layout === undefined ? 0 : contentBytes(layout)
    if (sizeBytes > limitBytes)
      return `the model has ${sizeBytes} bytes, and this device has room for models of ${limitBytes}`
  }
  return undefined
}

/** Throws {@link NoRoomError} before anything of a model is fetched that a device which takes files of `limitBytes` has no room for. */
export function assertRoom(unit: Unit, kind: Pick<Kind, 'files'>, limitBytes: number): void {
  const problem = modelRefusal(unit, kind, limitBytes)
  if (problem !== undefined) throw new NoRoomError(problem)
}

/** The unit's model is too large for the device. */
export class NoRoomError extends AppError {
  override readonly name = 'node.NoRoom'
  constructor(problem: string) {
    super('capacity', `The unit is not for this device: ${problem}.`)
  }
}
