// Boundary leaves from the digests of their chunks, as src/tensor/exact/boundary.ts specifies them.
import source from '#shaders/language/hash-leaves.wgsl?raw'
import sha256 from '#shaders/language/lib/sha256.wgsl?raw'
import type { Kernel } from '#gpu/kernels/kernel.ts'

/** rows, chunk digests -> leaves; a grid of boundaries · rows / 64. */
export const HASH_LEAVES: Kernel = {
  name: 'language-hash-leaves',
  sources: [sha256, source],
  tensors: ['read', 'read', 'write'],
  params: ['rows', 'chunks', 'boundaries', 'boundariesAt'],
  constants: {},
  enables: [],
  requires: [],
}
