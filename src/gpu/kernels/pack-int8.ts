// Rearranges B for the int8 products: rows of bytes become words of four bytes along k.
import source from '#shaders/pack-int8.wgsl?raw'
import type { Kernel } from './kernel.ts'

/** Words of the input that a workgroup turns. */
export const PACK_WIDTH = 64

/** The kernel: bytes (inner, 4 * words) in, words (inner / 4, cols) out; a grid of words / 64 by inner / 4 workgroups. */
export const PACK_INT8: Kernel = {
  name: 'pack-int8',
  sources: [source],
  tensors: ['read', 'write'],
  params: ['inner', 'words', 'cols', 'rowStart'],
  constants: {},
  enables: [],
  requires: [],
}
