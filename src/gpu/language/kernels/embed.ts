// Tokens to residual rows.
import source from '#shaders/language/embed.wgsl?raw'
import type { Kernel } from '#gpu/kernels/kernel.ts'
import { FIXED } from './pieces.ts'

/** rows, table, its scales -> residual; a grid of (values / 64, rows). */
export const EMBED: Kernel = {
  name: 'language-embed',
  sources: [...FIXED, source],
  tensors: ['read', 'read', 'read', 'write'],
  params: ['rows', 'width', 'firstToken', 'tokens', 'words', 'fractionBits', 'bound'],
  constants: {},
  enables: [],
  requires: [],
}
