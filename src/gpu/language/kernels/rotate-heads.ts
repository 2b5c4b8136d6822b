// Heads of projected rows, normalised, rotated and quantised; keys and values go to the arena.
import inverseRoot from '#shaders/language/lib/inverse-root.wgsl?raw'
import source from '#shaders/language/rotate-heads.wgsl?raw'
import type { Kernel } from '#gpu/kernels/kernel.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { QUANTISE, type QuantisedForm } from './pieces.ts'

/** How heads are rotated. */
export type RotateOptions = {
  readonly keyBits: ActivationBits
  /** How queries are written. */
  readonly form: QuantisedForm
  readonly isNormed: boolean
  readonly lanes: number
}

/** projected, rows, angles, norms -> queries, keys, values; a grid of (query, key and value heads, rows). */
export function rotateHeadsKernel({ keyBits, form, isNormed, lanes }: RotateOptions): Kernel {
  return {
    name: `language-rotate-heads-${keyBits}-${form}-${isNormed ? 'normed' : 'plain'}-${lanes}`,
    sources: [...QUANTISE, inverseRoot, source],
    tensors: ['read', 'read', 'read', 'read', 'write', 'write', 'write'],
    params: ['heads', 'kvHeads', 'headDim', 'stride', 'queryFractionBits', 'keyFractionBits'],
    constants: {
      KEY_BITS: keyBits,
      LANES: lanes,
      WHOLE: form === 'whole' ? 1 : 0,
      NORMED: isNormed ? 1 : 0,
    },
    enables: [],
    requires: [],
  }
}
