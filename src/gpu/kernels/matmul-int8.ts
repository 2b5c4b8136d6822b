// The exact int8 product: with the packed dot product or without; in registers, with operands shared within quads, staged in workgroup
// memory, or for thin results. All give the same bytes.
import quad from '#shaders/matmul-int8-quad.wgsl?raw'
import staged from '#shaders/matmul-int8-shared.wgsl?raw'
import thin from '#shaders/matmul-int8-thin.wgsl?raw'
import registers from '#shaders/matmul-int8.wgsl?raw'
import { DOT4 } from './kernel.ts'
import { type MatmulFamily, thinVariant, tiledVariant } from './matmul.ts'

const DOTS = ['packed', 'plain'] as const

function withDot(stem: string, dot: (typeof DOTS)[number], source: string) {
  return { name: `matmul-int8-${stem}-${dot}`, sources: [DOT4[dot].source, source], requires: DOT4[dot].requires }
}

/** All variants. */
export const MATMUL_INT8: MatmulFamily = {
  tiled: [
    tiledVariant(
      { name: 'matmul-int8-quad', sources: [quad], enables: ['subgroups'] },
      { cols: 4, rows: 4, threadRows: 16 },
    ),
    ...DOTS.flatMap((dot) => [
      tiledVariant(withDot('registers', dot, registers), { cols: 8, rows: 8, threadRows: 8 }),
      tiledVariant({ ...withDot('shared-64', dot, staged), isStaged: true }, { cols: 8, rows: 8, threadRows: 8 }),
      tiledVariant({ ...withDot('shared-128', dot, staged), isStaged: true }, { cols: 16, rows: 16, threadRows: 8 }),
    ]),
  ],
  thin: DOTS.flatMap((dot) => [
    thinVariant(withDot('thin-wide', dot, thin), { cols: 32, slices: 4 }),
    thinVariant(withDot('thin-tall', dot, thin), { cols: 1, slices: 64 }),
  ]),
}
