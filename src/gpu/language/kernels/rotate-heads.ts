// Heads of projected rows, rotated and quantised; keys and values go to the arena.
import source from '#shaders/language/rotate-heads.wgsl?raw'
import type { Kernel } from '#gpu/kernels/kernel.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { QUANTISE } from './pieces.ts'

/** projected, rows, angles -> queries, keys, values; a grid of (query, key and value heads, rows). */
export function rotateHeadsKernel(keyBits: ActivationBits, lanes: number): Kernel {
  return {
    name: `language-rotate-heads-${keyBits}-${lanes}`,
    sources: [...QUANTISE, source],
    tensors: ['read', 'read', 'read', 'write', 'write', 'write'],
    params: ['heads', 'kvHeads', 'headDim', 'stride', 'queryFractionBits', 'keyFractionBits'],
    constants: { KEY_BITS: keyBits, LANES: lanes },
    enables: [],
    requires: [],
  }
}
