// RMSNorm and quantisation.
import source from '#shaders/language/norm-quantise.wgsl?raw'
import type { Kernel } from '#gpu/kernels/kernel.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { QUANTISE } from './pieces.ts'

/** residual, gain -> quantised rows; a workgroup a row. */
export function normQuantiseKernel(bits: ActivationBits, lanes: number): Kernel {
  return {
    name: `language-norm-quantise-${bits}-${lanes}`,
    sources: [...QUANTISE, source],
    tensors: ['read', 'read', 'write'],
    params: ['width', 'words', 'epsilonLow', 'epsilonHigh', 'gainM', 'gainE'],
    constants: { BITS: bits, LANES: lanes },
    enables: [],
    requires: [],
  }
}
