// A contributor's node in this process against a coordinator that only does what a test tells it: real peers, real worker threads.
import { afterEach, describe, expect, test } from 'vitest'
import { contentId } from '#core/content.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { systemRandom, seededRandom } from '#core/random.ts'
import { type NodeContribution, type NodeParts, startNode } from '#node/contribution.ts'
import { processParts } from '#node/process.ts'
import type { NodeState } from '#node/state.ts'
import { verifyEvidence } from '#verify/commit.ts'
import { kindOf } from '#work/kinds.ts'
import type { Unit } from '#work/unit.ts'
import { type HeldContent, randomMatrix } from '../support/certified-job.ts'
import { TestGrid, type TestGridOptions } from '../support/test-grid.ts'

const PATIENCE_MS = 20_000
const open: { stop(): Promise<void> }[] = []

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.stop()
})

async function openGrid(options?: TestGridOptions): Promise<TestGrid> {
  const grid = await TestGrid.open(options)
  open.push(grid)
  return grid
}

function consent(change = {}) {
  return { gpuShare: 1, expiresMs: Date.now() + 3_600_000, site: null, ...change }
}

function newNode(grid: TestGrid, change: Partial<NodeParts> = {}): NodeContribution {
  const signer = signerFromSecret(systemRandom.bytes(32))
  const parts = processParts({ coordinator: 'http://unused.invalid', consent: consent(), signer })
  const node = startNode({ ...parts, fetchNetwork: async () => grid.info, ...change })
  open.push(node)
  return node
}

/** The first state that passes `test`; fails with the last one. */
function until(node: NodeContribution, test: (state: NodeState) => boolean): Promise<NodeState> {
  return new Promise((resolve, reject) => {
    if (test(node.state)) {
      resolve(node.state)
      return
    }
    const timer = setTimeout(() => {
      stop()
      reject(new Error(`The state did not come; it is ${JSON.stringify(node.state)}`))
    }, PATIENCE_MS)
    const stop = node.onChange((state) => {
      if (!test(state)) return
      clearTimeout(timer)
      stop()
      resolve(state)
    })
  })
}

async function waitingNode(grid: TestGrid, change: Partial<NodeParts> = {}) {
  const node = newNode(grid, change)
  const { node: key } = await until(node, ({ phase }) => phase === 'waiting')
  if (key === null) throw new Error('The node has no key.')
  return { node, key }
}

function product(grid: TestGrid, m: number, k: number, n: number): { unit: Unit; inputs: HeldContent[] } {
  const random = seededRandom(`product ${m} ${k} ${n}`)
  const inputs = [randomMatrix(random, 'i8', m, k), randomMatrix(random, 'i8', k, n)]
  grid.hold(...inputs)
  const [unit] = kindOf('matmul', 1).split({ params: {}, inputs: inputs.map(({ ref }) => ref) })
  if (unit === undefined) throw new Error('The product has no unit.')
  return { unit, inputs }
}

describe('a contributor node', () => {
  test('default: two nodes compute, commit, reveal to each other over WebRTC, deliver and are credited', async () => {
    const grid = await openGrid()
    const [a, b] = await Promise.all([waitingNode(grid), waitingNode(grid)])
    const { unit } = product(grid, 300, 200, 270)
    const { trials, committed, close, revealed } = await grid.untilRevealed(unit, [a.key, b.key])
    const [first, second] = revealed
    expect(first?.reveal.body.root).toBe(second?.reveal.body.root)
    const authority = { network: grid.network.context.network, coordinator: grid.network.coordinator.publicKey }
    for (const [at, { reveal, sighting }] of revealed.entries()) {
      const made = committed[at]
      expect(made && verifyEvidence({ ...made, close, reveal }, authority).ok).toBe(true)
      expect(sighting.body.seen).toEqual([
        { node: at === 0 ? b.key : a.key, root: reveal.body.root, verdict: 'agrees', transport: 'webrtc' },
      ])
    }
    const [trial] = trials
    if (trial === undefined || first === undefined) throw new Error('There is no first replica.')
    await trial.stream.say({ say: 'deliver' })
    const id = contentId({ form: 'matrix', dtype: 'i32', rows: 300, cols: 270 }, first.leaves)
    await grid.whenStored(id)
    expect([...(grid.results.get(id)?.keys() ?? [])]).toEqual([0, 1, 2, 3])
    const settled = { say: 'settled', certificate: close.body.unit, credited: '1000', reason: 'Agreed.' } as const
    await Promise.all(trials.map(({ stream }) => stream.say(settled)))
    const state = await until(a.node, ({ unitsDone, phase }) => unitsDone === 1 && phase === 'waiting')
    expect(state).toMatchObject({ creditedSession: '1000', balance: '1000', error: null })
    expect(state.rateMops).toBeGreaterThan(0)
    expect(state.units[0]).toMatchObject({
      outcome: 'agreed',
      credited: '1000',
      what: 'Multiplied a 300 x 200 and a 200 x 270 matrix',
      peers: [{ node: b.key, transport: 'webrtc' }],
    })
    expect(grid.peer.relayed.bytes(a.key, b.key)).toBeLessThan(40_000)
  })
})
