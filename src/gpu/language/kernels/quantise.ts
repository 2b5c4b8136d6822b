// Quantisation of rows whose maxima are known.
import source from '#shaders/language/quantise.wgsl?raw'
import type { Kernel } from '#gpu/kernels/kernel.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { QUANTISE, type QuantisedForm } from './pieces.ts'

/** wide rows, status -> quantised rows; a grid of (words of four values / 64, rows). */
export function quantiseKernel(bits: ActivationBits, form: QuantisedForm): Kernel {
  return {
    name: `language-quantise-${bits}-${form}`,
    sources: [...QUANTISE, source],
    tensors: ['read', 'read', 'write'],
    params: ['rows', 'words', 'maxima', 'fractionBits'],
    constants: { BITS: bits, WHOLE: form === 'whole' ? 1 : 0 },
    enables: [],
    requires: [],
  }
}
