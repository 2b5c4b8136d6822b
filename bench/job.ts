// A whole job on two nodes in real pages, stage by stage, against the bare product on the same adapter.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openHeadlessNodes } from '#cli/headless-nodes.ts'
import { openCoordinator } from '#coordinator/coordinator.ts'
import { systemRandom } from '#core/random.ts'
import { type Client, connect } from '#sdk/index.ts'
import type { Bench, BenchRecord } from './lib/bench.ts'
import { runInPage } from './lib/page.ts'
import type { BareProduct } from './page/bare-product.ts'

const SIDE = 1024
const RUNS = 3
const NODES = 2
const PAGE_DIR = fileURLToPath(new URL('../dist/page', import.meta.url))

type Run = { readonly totalMs: number; readonly stages: Readonly<Record<string, number>> }

/** Milliseconds of each stage; `ratio` of the whole is bare product over job: 1 would be no overhead at all. */
export const bench: Bench = {
  summary: `A ${SIDE}^3 int8 job on ${NODES} nodes, from run to verified certificate, against the bare product; medians of ${RUNS}.`,
  async run() {
    const bare = await runInPage<BareProduct>('bare-product', { side: SIDE })
    const runs = await onGrid(async (client) => {
      await runOnce(client)
      const measured: Run[] = []
      for (let i = 0; i < RUNS; i++) measured.push(await runOnce(client))
      return measured
    })
    runs.sort((a, b) => a.totalMs - b.totalMs)
    const median = runs[RUNS >> 1]
    if (median === undefined) throw new Error('No job was run.')
    const { totalMs, stages } = median
    const record = (name: string, value: number): BenchRecord => ({ name, value, unit: 'ms', adapter: bare.adapter })
    const inStages = Object.values(stages).reduce((sum, ms) => sum + ms, 0)
    return [
      {
        ...record(`job ${SIDE}^3, whole`, totalMs),
        peer: `bare product: ${bare.tookMs.toFixed(0)} ms`,
        ratio: bare.tookMs / totalMs,
      },
      ...Object.entries(stages).map(([stage, ms]) => record(`job: ${stage}`, ms)),
      record('job: digests, download and verification', totalMs - inStages),
    ]
  },
}

async function onGrid<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bench-'))
  const coordinator = await openCoordinator({ dataDir, pageDir: PAGE_DIR, config: { servesRepeats: false } })
  const options = {
    url: coordinator.url,
    count: NODES,
    folder: join(dataDir, 'nodes'),
    withBrowser: true,
    note: console.log,
  }
  try {
    const nodes = await openHeadlessNodes({ ...options, signal: new AbortController().signal })
    try {
      return await work(await whenReady(coordinator.url))
    } finally {
      await nodes.stop()
    }
  } finally {
    await coordinator.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function whenReady(url: string): Promise<Client> {
  for (;;) {
    const client = await connect(url)
    if (client.network.nodes >= NODES) return client
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Fresh matrices each time: a product that was computed before is no measurement. The SDK checks certificate and result. */
async function runOnce(client: Client): Promise<Run> {
  const random = () => ({ rows: SIDE, cols: SIDE, data: new Int8Array(systemRandom.bytes(SIDE * SIDE).buffer) })
  const [a, b] = [random(), random()]
  const startMs = performance.now()
  const { status } = await client.matmul(a, b, { replication: NODES })
  return { totalMs: performance.now() - startMs, stages: status.stages ?? {} }
}
