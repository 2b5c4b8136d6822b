// What kinds that run language models share: the bound on a model's file, and inputs that are small blobs.
import { concat } from '#core/bytes.ts'
import { type ContentLayout, partCount } from '#core/content.ts'
import type { PartNeed, UnitInputs } from './kind.ts'

/** Bytes of a model file: 4 billion weights, which is what a device's memory and 32-bit addresses hold. */
export const MAX_MODEL_BYTES = 4 * 2 ** 30

/** Every part of an input. */
export function allParts(input: number, layout: ContentLayout): PartNeed {
  return { input, parts: Array.from({ length: partCount(layout) }, (_, part) => part) }
}

/** All bytes of an input of which every part was needed. */
export function inputBytes(inputs: UnitInputs, input: number, layout: ContentLayout): Uint8Array<ArrayBuffer> {
  return concat(...allParts(input, layout).parts.map((part) => inputs.part(input, part)))
}
