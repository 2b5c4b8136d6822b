// The token that follows a sequence.
import divide from '#shaders/language/lib/divide64.wgsl?raw'
import source from '#shaders/language/sample.wgsl?raw'
import type { Kernel } from '#gpu/kernels/kernel.ts'
import { EXP2, FIXED } from './pieces.ts'

/** requests, table -> logits (penalised), tokens; a workgroup a sequence. */
export function sampleKernel(lanes: number): Kernel {
  return {
    name: `language-sample-${lanes}`,
    sources: [...FIXED, divide, EXP2, source],
    tensors: ['read', 'read', 'write', 'write'],
    params: ['vocabulary'],
    constants: { LANES: lanes },
    enables: [],
    requires: [],
  }
}
