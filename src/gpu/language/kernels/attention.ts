// Two-pass causal attention: a head to a workgroup, to a quad, or of long sequences in splits that are combined.
import combine from '#shaders/language/attention-combine.wgsl?raw'
import quad from '#shaders/language/attention-quad.wgsl?raw'
import scores from '#shaders/language/attention-scores.wgsl?raw'
import sums from '#shaders/language/attention-sums.wgsl?raw'
import whole from '#shaders/language/attention.wgsl?raw'
import bytes from '#shaders/language/lib/bytes.wgsl?raw'
import head from '#shaders/language/lib/attention-head.wgsl?raw'
import out from '#shaders/language/lib/attention-out.wgsl?raw'
import pages from '#shaders/language/lib/attention-pages.wgsl?raw'
import query from '#shaders/language/lib/attention-query.wgsl?raw'
import values from '#shaders/language/lib/attention-values.wgsl?raw'
import mean from '#shaders/language/lib/weighted-mean.wgsl?raw'
import { DOT4, type Kernel } from '#gpu/kernels/kernel.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { type Dot, EXP2, FIXED } from './pieces.ts'

/** Most values a head may have: what the kernels' workgroup memory holds. */
export const MAX_HEAD_DIM = 256

/** Keys of a split, as lib/attention-head.wgsl has it. */
export const SPLIT_KEYS = 512

/** How attention is shared out. */
export type AttentionStage = 'whole' | 'quad' | 'scores' | 'sums' | 'combine'

const PARAMS = ['heads', 'kvHeads', 'headDim', 'scoreM', 'scoreE', 'stride', 'maxima', 'splits', 'peaks', 'capacity']

const STAGES: Readonly<Record<AttentionStage, Pick<Kernel, 'sources' | 'tensors'>>> = {
  whole: {
    sources: [EXP2, mean, head, pages, query, values, out, whole],
    tensors: ['read', 'read', 'read', 'read', 'read', 'write', 'write'],
  },
  quad: {
    sources: [bytes, EXP2, mean, quad],
    tensors: ['read', 'read', 'read', 'read', 'read', 'write', 'write'],
  },
  scores: { sources: [head, pages, query, scores], tensors: ['read', 'read', 'read', 'write', 'write'] },
  sums: { sources: [EXP2, head, pages, values, sums], tensors: ['read', 'read', 'read', 'read', 'read', 'write'] },
  combine: { sources: [mean, head, out, combine], tensors: ['read', 'write', 'write'] },
}

/**
 * whole, quad: rows, queries, keys, values, table -> status, joined heads; a grid of (query heads, rows).
 * scores: rows, queries, keys -> status, scores. sums: rows, values, table, status, scores -> partial sums; grids of (query heads · splits,
 * rows). combine: partial sums -> status, joined heads; a grid of (query heads, rows).
 */
export function attentionKernel(stage: AttentionStage, keyBits: ActivationBits, dot: Dot, kept: number): Kernel {
  const { sources, tensors } = STAGES[stage]
  const isQuad = stage === 'quad'
  return {
    name: `language-attention-${stage}-${keyBits}-${dot}-${kept}`,
    sources: [...FIXED, ...(isQuad ? [] : [DOT4[dot].source]), ...sources],
    tensors,
    params: isQuad ? PARAMS.slice(0, 7) : PARAMS,
    constants: { KEY_BITS: keyBits, ...(stage === 'whole' ? { KEPT: kept } : {}) },
    enables: isQuad ? ['subgroups'] : [],
    requires: isQuad ? [] : DOT4[dot].requires,
  }
}
