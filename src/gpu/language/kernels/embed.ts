// Tokens to residual rows.
import source from '#shaders/language/embed.wgsl?raw'
import type { Kernel } from '#gpu/kernels/kernel.ts'
import { FIXED, type WeightLayout } from './pieces.ts'

/** rows, table, its scales -> residual; a grid of (values / 64, rows). */
export function embedKernel(layout: WeightLayout): Kernel {
  return {
    name: `language-embed-${layout}`,
    sources: [...FIXED, source],
    tensors: ['read', 'read', 'read', 'write'],
    params: ['rows', 'width', 'firstToken', 'tokens', 'words', 'fractionBits', 'bound'],
    constants: { QUADS: layout === 'quads' ? 1 : 0 },
    enables: [],
    requires: [],
  }
}
