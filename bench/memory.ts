// A large int8 product within the budget of GPU buffers.
import type { Bench } from './lib/bench.ts'
import { runInPage } from './lib/page.ts'
import type { MemoryUse } from './page/memory.ts'

const SIDE = 4096
/** A whole product is minutes on a software adapter; its buffers are as large from this k on, where the last band of k ends unevenly. */
const QUICK_INNER = 260
const MEBIBYTE = 2 ** 20

/** Peak bytes of the backend's own buffers; `ratio` is how many times over the budget would hold them. */
export const bench: Bench = {
  summary: `A ${SIDE} x ${SIDE} int8 product: most bytes of GPU buffers held at once. k = ${QUICK_INNER}, or ${SIDE} with --full.`,
  async run(options) {
    const inner = options.has('full') ? SIDE : QUICK_INNER
    const use = await runInPage<MemoryUse>('memory', { side: SIDE, inner })
    const budget = use.budgetBytes / MEBIBYTE
    return [
      {
        name: `int8 ${SIDE} x ${inner} x ${SIDE}, own buffers`,
        value: use.peakBytes / MEBIBYTE,
        unit: 'MiB',
        peer: `budget: ${budget} MiB`,
        ratio: use.budgetBytes / use.peakBytes,
        adapter: use.adapter,
      },
      { name: `int8 ${SIDE} x ${inner} x ${SIDE}`, value: use.tookMs / 1000, unit: 's', adapter: use.adapter },
    ]
  },
}
