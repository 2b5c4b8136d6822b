// The f32 product: in registers, with operands shared within quads, staged in workgroup memory, or for thin results.
import quad from '#shaders/matmul-f32-quad.wgsl?raw'
import staged from '#shaders/matmul-f32-shared.wgsl?raw'
import thin from '#shaders/matmul-f32-thin.wgsl?raw'
import registers from '#shaders/matmul-f32.wgsl?raw'
import { type MatmulFamily, thinVariant, tiledVariant } from './matmul.ts'

/** All variants. */
export const MATMUL_F32: MatmulFamily = {
  tiled: [
    tiledVariant(
      { name: 'matmul-f32-quad', sources: [quad], enables: ['subgroups'] },
      { cols: 4, rows: 4, threadRows: 16 },
    ),
    tiledVariant({ name: 'matmul-f32-registers-64', sources: [registers] }, { cols: 8, rows: 8, threadRows: 8 }),
    tiledVariant({ name: 'matmul-f32-registers-32', sources: [registers] }, { cols: 4, rows: 4, threadRows: 8 }),
    tiledVariant(
      { name: 'matmul-f32-shared-64', sources: [staged], isStaged: true },
      { cols: 8, rows: 8, threadRows: 8 },
    ),
    tiledVariant(
      { name: 'matmul-f32-shared-128', sources: [staged], isStaged: true },
      { cols: 16, rows: 16, threadRows: 8 },
    ),
  ],
  thin: [
    thinVariant({ name: 'matmul-f32-thin-wide', sources: [thin] }, { cols: 32, slices: 4 }),
    thinVariant({ name: 'matmul-f32-thin-tall', sources: [thin] }, { cols: 1, slices: 64 }),
  ],
}
