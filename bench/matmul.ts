// Matrix products of 1024^3 against the WebGPU libraries of others, in one page on one adapter.
import type { Bench, BenchRecord } from './lib/bench.ts'
import { runInPage } from './lib/page.ts'
import type { MatmulTimings } from './page/matmul.ts'

const SIDE = 1024
const ROUNDS = 3

/** f32 and int8 products; ratios of our own against each peer, and of int8 against the fastest f32 of all. */
export const bench: Bench = {
  summary: `${SIDE}^3 products, operands and result in the page's memory or on the GPU as each library has it; medians of ${ROUNDS} interleaved rounds.`,
  async run() {
    const { adapter, variants, medianMs } = await runInPage<MatmulTimings>('matmul', { side: SIDE, rounds: ROUNDS })
    const speed = (name: string) => (2 * SIDE ** 3) / (medianMs[name] ?? Number.POSITIVE_INFINITY) / 1e6
    const peers = Object.keys(medianMs).filter((name) => !name.startsWith('commonwatt'))
    const ours = speed('commonwatt f32')
    const records: BenchRecord[] = peers.map((peer) => ({
      name: `f32 (${variants.f32})`,
      value: ours,
      unit: 'GFLOP/s',
      peer: `${peer}: ${speed(peer).toFixed(2)}`,
      ratio: ours / speed(peer),
      adapter,
    }))
    const fastest = ['commonwatt f32', ...peers].reduce((best, name) => (speed(name) > speed(best) ? name : best))
    records.push({
      name: `int8 (${variants.int8})`,
      value: speed('commonwatt int8'),
      unit: 'GOP/s',
      peer: `${fastest}: ${speed(fastest).toFixed(2)}`,
      ratio: speed('commonwatt int8') / speed(fastest),
      adapter,
    })
    return records
  },
}
