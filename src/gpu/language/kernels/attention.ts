// Two-pass causal attention.
import source from '#shaders/language/attention.wgsl?raw'
import { DOT4, type Kernel } from '#gpu/kernels/kernel.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { type Dot, EXP2, FIXED } from './pieces.ts'

/** Most values a head may have: what the kernel's workgroup memory holds. */
export const MAX_HEAD_DIM = 256

/** rows, queries, keys, values, table -> status, joined heads; a grid of (query heads, rows). */
export function attentionKernel(keyBits: ActivationBits, dot: Dot, lanes: number): Kernel {
  return {
    name: `language-attention-${keyBits}-${dot}-${lanes}`,
    sources: [...FIXED, DOT4[dot].source, source, EXP2],
    tensors: ['read', 'read', 'read', 'read', 'read', 'write', 'write'],
    params: ['heads', 'kvHeads', 'headDim', 'scoreM', 'scoreE', 'stride', 'maxima'],
    constants: { KEY_BITS: keyBits, LANES: lanes },
    enables: [],
    requires: DOT4[dot].requires,
  }
}
