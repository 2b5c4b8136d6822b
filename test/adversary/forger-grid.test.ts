// A blind forger on a whole grid of real nodes: it gives wrong bytes for everything, comes back under a new key whenever it is kept out, and
// gets nothing accepted.
import { expect, test } from 'vitest'
import { seededRandom } from '#core/random.ts'
import type { LogEntry } from '#ledger/entry.ts'
import type { NodeContribution } from '#node/contribution.ts'
import { openThreadWorker } from '#node/thread-worker.ts'
import { connect } from '#sdk/index.ts'
import { gridsOfTests } from '../support/grids-of-tests.ts'
import { matmulInt8Reference } from '../support/matmul-truth.ts'
import { wrongTileWorker } from '../support/misbehaving-nodes.ts'

/** Forgeries that must have been caught, and jobs in which that must happen: the draw decides which. */
const [ATTEMPTS, MOST_JOBS] = [20, 240]
const SEED = 'adversary/forger'

const openGrid = gridsOfTests()

test(
  'behaviour: of twenty forgeries none is accepted, each is proven, and nobody honest is',
  { timeout: 240_000 },
  async () => {
    console.log(`seed: ${SEED}`)
    const grid = await openGrid()
    const honest = [await grid.node(), await grid.node()].map(({ state }) => state.node)
    const forgers: NodeContribution[] = []
    const client = await connect(grid.url)
    let caught: LogEntry[] = []
    for (let job = 0; caught.length < ATTEMPTS && job < MOST_JOBS; job++) {
      const last = forgers.at(-1)
      if (last === undefined || last.state.phase === 'attention')
        forgers.push(await grid.node({ openWorker: wrongTileWorker(openThreadWorker) }))
      const random = seededRandom(`${SEED}/${job}`)
      const side = () => ({ rows: 24, cols: 24, data: new Int8Array(random.bytes(576).buffer) })
      const [a, b] = [side(), side()]
      const { result, certificate } = await client.matmul(a, b)
      expect(result.data).toEqual(matmulInt8Reference(a, b))
      const paid = certificate.units.flatMap(({ body }) => body.replicas.map(({ lease }) => lease.body.node))
      expect(honest).toEqual(expect.arrayContaining(paid))
      caught = (await grid.entries()).filter(({ type }) => type === 'fault')
    }
    const keys = forgers.map(({ state }) => state.node)
    console.log(`${caught.length} forgeries under ${keys.length} keys, none accepted`)
    expect(caught.length).toBeGreaterThanOrEqual(ATTEMPTS)
    for (const entry of caught) expect(keys).toContain(entry.type === 'fault' ? entry.node : undefined)
    for (const key of keys) if (key !== null) expect((await client.accountOf(key)).earned).toBe('0')
  },
)
