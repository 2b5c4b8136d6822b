// What admission costs: the self-test of a page on its own kernels, and judging it.
import type { Bench } from './lib/bench.ts'
import { runInPage } from './lib/page.ts'
import type { SelfTestTimes } from './page/self-test.ts'

/** Milliseconds of each side of a hello. */
export const bench: Bench = {
  summary: 'A self-test on a page’s kernels, and judging it: what a hello costs a node and the coordinator.',
  async run() {
    const { adapter, times } = await runInPage<SelfTestTimes>('self-test', { seed: 'b1'.repeat(32) })
    return times.map(([name, value]) => ({ name, value, unit: 'ms', adapter }))
  },
}
