// In the page: the bare int8 product that a job's time is compared with, on the backend that a node opens. Median of several, after one.
import { openWebGpuBackend } from '#gpu/webgpu-backend.ts'

/** How long one product takes. */
export type BareProduct = { readonly adapter: string; readonly tookMs: number }

const RUNS = 5

/** Multiplies two random (side, side) matrices. */
export async function run({ side }: { side: number }): Promise<BareProduct> {
  const random = () => new Int8Array(side * side).map(() => Math.floor(Math.random() * 256) - 128)
  const [a, b] = [random(), random()]
  const backend = await openWebGpuBackend()
  await backend.tune()
  const times: number[] = []
  for (let i = 0; i <= RUNS; i++) {
    const startMs = performance.now()
    await backend.matmulInt8(a, b, { m: side, k: side, n: side })
    if (i > 0) times.push(performance.now() - startMs)
  }
  await backend.close()
  times.sort((x, y) => x - y)
  return { adapter: backend.info.adapter, tookMs: times[RUNS >> 1] ?? 0 }
}
