// RMSNorm and quantisation.
import inverseRoot from '#shaders/language/lib/inverse-root.wgsl?raw'
import source from '#shaders/language/norm-quantise.wgsl?raw'
import type { Kernel } from '#gpu/kernels/kernel.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { QUANTISE, type QuantisedForm } from './pieces.ts'

/** residual, gain -> quantised rows; a workgroup a row. */
export function normQuantiseKernel(bits: ActivationBits, form: QuantisedForm, lanes: number): Kernel {
  return {
    name: `language-norm-quantise-${bits}-${form}-${lanes}`,
    sources: [...QUANTISE, inverseRoot, source],
    tensors: ['read', 'read', 'write'],
    params: ['width', 'words', 'epsilonLow', 'epsilonHigh', 'gainM', 'gainE'],
    constants: { BITS: bits, WHOLE: form === 'whole' ? 1 : 0, LANES: lanes },
    enables: [],
    requires: [],
  }
}
