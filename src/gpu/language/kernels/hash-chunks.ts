// Digests of the chunks of residual rows at a boundary.
import source from '#shaders/language/hash-chunks.wgsl?raw'
import sha256 from '#shaders/language/lib/sha256.wgsl?raw'
import type { Kernel } from '#gpu/kernels/kernel.ts'

/** residual rows of one or more boundaries -> chunk digests; a grid of chunks / 64. */
export const HASH_CHUNKS: Kernel = {
  name: 'language-hash-chunks',
  sources: [sha256, source],
  tensors: ['read', 'write'],
  params: ['rows', 'width', 'chunks', 'firstDigest'],
  constants: {},
  enables: [],
  requires: [],
}
