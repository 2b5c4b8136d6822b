// Every variant of the f32 product that the adapter runs, on products that try the bounds.
import { canRun } from '#gpu/kernels/kernel.ts'
import { MATMUL_F32 } from '#gpu/kernels/matmul-f32.ts'
import { runMatmul } from '#gpu/matmul.ts'
import { Pace } from '#gpu/pace.ts'
import { openSession } from '#gpu/session.ts'
import { floatCases, worstShare } from '../lib/float-cases.ts'

/** Largest error over the deviation, by case and variant; null where it is not finite, which JSON does not know. */
export type ToleranceShares = {
  readonly adapter: string
  readonly shares: readonly { readonly name: string; readonly variant: string; readonly share: number | null }[]
}

/** Measures the cases of `seed`. */
export async function run({ seed }: { seed: string }): Promise<ToleranceShares> {
  const session = await openSession(navigator.gpu)
  const shares: { name: string; variant: string; share: number | null }[] = []
  for (const variant of [...MATMUL_F32.tiled, ...MATMUL_F32.thin].filter(({ kernel }) => canRun(kernel, session)))
    for (const each of floatCases(seed)) {
      const out = new Float32Array(each.shape.m * each.shape.n)
      await runMatmul(session, { tiled: variant, thin: [] }, { ...each, out }, new Pace(() => 50), undefined)
      const share = worstShare(each, out)
      shares.push({ name: each.name, variant: variant.kernel.name, share: Number.isFinite(share) ? share : null })
    }
  session.device.destroy()
  return { adapter: session.info.adapter, shares }
}
