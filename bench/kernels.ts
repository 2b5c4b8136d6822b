// Every variant of the matrix products on the first adapter that Dawn for Node finds: no page, no browser, the GPU's own clock.
import type { Bench } from './lib/bench.ts'
import { runInDawn } from './lib/dawn.ts'
import type { KernelTimings } from './page/kernels.ts'

/** Speed of each variant that runs here; `ratio` is to the fastest of its element type. */
export const bench: Bench = {
  summary:
    'Speed of every kernel variant in Dawn for Node, operands on the GPU; 512^3 on software adapters, 4096^3 on GPUs.',
  async run() {
    const { adapter, timings } = await runInDawn<KernelTimings>('kernels', { softwareSide: 512, hardwareSide: 4096 })
    const fastest = (element: string) =>
      Math.max(...timings.filter((t) => t.element === element).map(({ gops }) => gops))
    return timings.map(({ name, element, gops }) => ({
      name,
      value: gops,
      unit: element === 'int8' ? 'GOP/s' : 'GFLOP/s',
      peer: `fastest ${element}`,
      ratio: gops / fastest(element),
      adapter,
    }))
  },
}
