// The rotary angles of every row of a step.
import source from '#shaders/language/angles.wgsl?raw'
import type { Kernel } from '#gpu/kernels/kernel.ts'
import { FIXED } from './pieces.ts'

/** rows, tables -> angles; a grid of (pairs / 64, rows). */
export const ANGLES: Kernel = {
  name: 'language-angles',
  sources: [...FIXED, source],
  tensors: ['read', 'read', 'write'],
  params: ['rows', 'pairs'],
  constants: {},
  enables: [],
  requires: [],
}
