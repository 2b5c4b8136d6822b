// Times every variant of the matrix products that the adapter runs and gets right.
import { MATMUL_F32 } from '#gpu/kernels/matmul-f32.ts'
import { MATMUL_INT8 } from '#gpu/kernels/matmul-int8.ts'
import { openSession } from '#gpu/session.ts'
import { choiceOf, measureVariant } from '#gpu/tuning.ts'

/** Speeds by variant. */
export type KernelTimings = {
  readonly adapter: string
  readonly timings: readonly { readonly name: string; readonly element: 'int8' | 'f32'; readonly gops: number }[]
}

const FAMILIES = { int8: MATMUL_INT8, f32: MATMUL_F32 }

/** Times products of `softwareSide`^3 or `hardwareSide`^3. */
export async function run(sides: { softwareSide: number; hardwareSide: number }): Promise<KernelTimings> {
  const session = await openSession(navigator.gpu)
  const side = session.info.isSoftware ? sides.softwareSide : sides.hardwareSide
  const timings = []
  for (const element of ['int8', 'f32'] as const)
    for (const { kernel } of FAMILIES[element].tiled) {
      const choice = await choiceOf(session, FAMILIES[element], element, kernel.name)
      if (choice === undefined) continue
      const tookMs = await measureVariant(session, choice.tiled, element, side)
      timings.push({ name: kernel.name, element, gops: (2 * side ** 3) / tookMs / 1e6 })
    }
  session.device.destroy()
  return { adapter: session.info.adapter, timings }
}
