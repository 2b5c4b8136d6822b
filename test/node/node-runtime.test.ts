// A contributor's node in this process against a coordinator that only does what a test tells it: real peers, real worker threads.
import type { Payment } from '#ledger/entry.ts'
import { payNode } from '#ledger/payments.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { utf8 } from '#core/bytes.ts'
import { type ContentRef, contentId } from '#core/content.ts'
import { DEFAULT_RULES } from '#core/guest-rules.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { systemRandom, seededRandom } from '#core/random.ts'
import { type NodeContribution, type NodeParts, startNode } from '#node/contribution.ts'
import { EvidenceStore, memoryPlace } from '#node/evidence-store.ts'
import { processParts } from '#node/process.ts'
import type { NodeState } from '#node/state.ts'
import { signConsent } from '#node/consent.ts'
import type { WatchSignals } from '#node/guest/desk.ts'
import { CALM } from '#node/guest/signals.fixture.ts'
import type { GuestSignals } from '#node/guest/signals.ts'
import { type ThreadHandle, openThreadWorker } from '#node/thread-worker.ts'
import { linkWorker } from '#node/worker-link.ts'
import { verifyFault } from '#sdk/index.ts'
import { verifyEvidence } from '#verify/commit.ts'
import { MAX_LOADABLE_BYTES } from '#node/model-limit.ts'
import { generateParams } from '#work/kinds/generate/task.ts'
import { kindOf } from '#work/kinds.ts'
import type { Unit } from '#work/unit.ts'
import { ODD_SHAPE } from '#model/random-model.ts'
import { type HeldContent, randomMatrix } from '../support/certified-job.ts'
import { openCopyingExchange, wrongTileWorker } from '../support/misbehaving-nodes.ts'
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

async function keepingNode(grid: TestGrid) {
  const store = new EvidenceStore(memoryPlace())
  return { ...(await waitingNode(grid, { evidence: store })), store }
}

function product(grid: TestGrid, m: number, k: number, n: number): { unit: Unit; inputs: HeldContent[] } {
  const random = seededRandom(`product ${m} ${k} ${n}`)
  const inputs = [randomMatrix(random, 'i8', m, k), randomMatrix(random, 'i8', k, n)]
  grid.hold(...inputs)
  const [unit] = kindOf('matmul', 1).split({ params: {}, inputs: inputs.map(({ ref }) => ref) })
  if (unit === undefined) throw new Error('The product has no unit.')
  return { unit, inputs }
}

describe('a contributor node', { timeout: 60_000 }, () => {
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
    const settled = await grid.settled([a.key, b.key], '1000')
    await Promise.all(trials.map(({ stream }) => stream.say(settled)))
    const state = await until(a.node, ({ unitsDone, phase }) => unitsDone === 1 && phase === 'waiting')
    expect(state).toMatchObject({ creditedSession: '1000', balance: '0', pending: '1000', error: null })
    expect(state.rateMops).toBeGreaterThan(0)
    expect(state.units[0]).toMatchObject({
      outcome: 'agreed',
      credited: '1000',
      what: 'Multiplied a 300 x 200 and a 200 x 270 matrix',
      peers: [{ node: b.key, transport: 'webrtc' }],
    })
    expect(grid.peer.relayed.bytes(a.key, b.key)).toBeLessThan(40_000)
  })

  test('behaviour: a settlement whose receipt is not promised, or pays others, earns nothing', async () => {
    const grid = await openGrid()
    const { node, key } = await waitingNode(grid)
    const other = grid.network.coordinator.publicKey
    const [own, foreign] = [await grid.settled([key], '1000'), await grid.settled([other], '1000')]
    const stolen = await grid.settled([key], '1000', other)
    for (const [at, said] of [{ ...own, receipt: foreign.receipt }, foreign, stolen].entries()) {
      const { unit } = product(grid, 20 + at, 20, 20)
      const { trials } = await grid.untilRevealed(unit, [key])
      await trials[0]?.stream.say(said)
      const id = trials[0]?.lease.body.unit
      const { units } = await until(node, (state) => state.units[0]?.unit === id && state.units[0]?.finishedMs !== null)
      expect(units[0]).toMatchObject({ outcome: 'rejected', credited: '0', certificate: null })
    }
    expect(node.state).toMatchObject({ unitsDone: 0, creditedSession: '0' })
  })

  test('behaviour: a receipt parts the pay with a site as the node said, or earns nothing', async () => {
    const grid = await openGrid()
    const site = grid.network.requester.publicKey
    const shared = consent({ site: 'https://garden.example', split: { account: site, percent: 30 } })
    const [parting, plain] = [await waitingNode(grid, { consent: shared }), await waitingNode(grid)]
    const hello = grid.hellos.find(({ node }) => node === parting.key)?.hello
    expect(hello?.split?.split).toMatchObject({ signer: parting.key, body: { account: site, percent: 30 } })
    let m = 20
    const settle = async ({ node, key }: typeof plain, payments: readonly Payment[]) => {
      const { unit } = product(grid, m++, 20, 20)
      const { trials } = await grid.untilRevealed(unit, [key])
      await trials[0]?.stream.say(await grid.settledBy(payments))
      const id = trials[0]?.lease.body.unit
      const { units } = await until(node, (state) => state.units[0]?.unit === id && state.units[0]?.finishedMs !== null)
      return units[0]
    }
    const split = hello?.split?.split ?? null
    const [own, part] = payNode(parting.key, parting.key, 1000n, split) as [Payment, Payment]
    expect(await settle(parting, [own, part])).toMatchObject({ outcome: 'agreed', credited: '700' })
    const thief = grid.network.coordinator.publicKey
    const wrong = [
      [{ ...own, amount: '1000' }],
      [
        { ...own, amount: '500' },
        { ...part, amount: '500' },
      ],
      [own, { ...part, account: thief }],
    ]
    for (const payments of wrong) expect(await settle(parting, payments)).toMatchObject({ outcome: 'rejected' })
    const added = payNode(plain.key, plain.key, 1000n, split)
    expect(await settle(plain, added)).toMatchObject({ outcome: 'rejected', credited: '0' })
  })

  test('behaviour: a wrong tile is seen by the other replica, and the wrong one sees that they differ', async () => {
    const grid = await openGrid()
    const wrong = { openWorker: wrongTileWorker(openThreadWorker, 1) }
    const [a, b] = await Promise.all([waitingNode(grid), waitingNode(grid, wrong)])
    const { unit } = product(grid, 64, 32, 300)
    const { revealed } = await grid.untilRevealed(unit, [a.key, b.key])
    expect(revealed.map(({ sighting }) => sighting.body.seen[0]?.verdict)).toEqual(['differs', 'differs'])
    const [honest, other] = revealed
    expect(honest?.leaves[0]).toBe(other?.leaves[0])
    expect(honest?.leaves[1]).not.toBe(other?.leaves[1])
  })

  test('behaviour: a node that copies its peer commitment and reveal is invalid in the eyes of the peer', async () => {
    const grid = await openGrid()
    const [a, b] = await Promise.all([waitingNode(grid), waitingNode(grid, { openExchange: openCopyingExchange })])
    const { unit } = product(grid, 40, 32, 40)
    const { revealed, committed, close } = await grid.untilRevealed(unit, [a.key, b.key])
    expect(revealed[0]?.sighting.body.seen).toEqual([
      { node: b.key, root: null, verdict: 'invalid', transport: 'webrtc' },
    ])
    const [, copied] = committed
    const reveal = revealed[1]?.reveal
    const authority = { network: grid.network.context.network, coordinator: grid.network.coordinator.publicKey }
    expect(copied && reveal && verifyEvidence({ ...copied, close, reveal }, authority)).toMatchObject({
      ok: false,
      check: 'reveal',
    })
  })

  test('behaviour: pausing hands the unit back, declines offers and says so in a signed beat; resuming takes offers again', async () => {
    const grid = await openGrid()
    const { node, key } = await waitingNode(grid)
    const { unit } = product(grid, 1024, 2048, 1024)
    const [lease] = await grid.leases(unit, [key])
    if (lease === undefined) throw new Error('There is no lease.')
    const running = await grid.offer(unit, lease, [])
    await running.hear('accept')
    await until(node, ({ phase }) => phase === 'working')
    node.pause('On battery.')
    expect(node.state).toMatchObject({ phase: 'paused', reason: 'On battery.' })
    expect(await running.hear('failed')).toMatchObject({ reason: 'The contributor paused: On battery.' })
    await grid.whenBeat(key, 'paused')
    const [again] = await grid.leases(unit, [key], 2)
    if (again === undefined) throw new Error('There is no lease.')
    const refused = await grid.offer(unit, again, [])
    expect(await refused.hear('decline')).toMatchObject({
      decline: { body: { reason: 'the contributor paused: On battery.' } },
    })
    node.resume()
    await until(node, ({ phase }) => phase === 'waiting')
    const small = product(grid, 8, 8, 8).unit
    await grid.untilRevealed(small, [key])
  })

  test('behaviour: rules of the consent rest the node in the middle of a unit, tell the person why and nobody else, and let it go on', async () => {
    const grid = await openGrid()
    let tell = (_signals: GuestSignals) => {}
    const watchSignals: WatchSignals = (listener) => {
      tell = listener
      listener(CALM)
      return () => (tell = () => {})
    }
    const { node, key } = await waitingNode(grid, { watchSignals })
    const { unit } = product(grid, 1024, 2048, 1024)
    const [lease] = await grid.leases(unit, [key])
    if (lease === undefined) throw new Error('There is no lease.')
    const running = await grid.offer(unit, lease, [])
    await running.hear('accept')
    await until(node, ({ phase }) => phase === 'working')
    tell({ ...CALM, battery: { isCharging: false, percent: 71 } })
    const paused = await until(node, ({ phase }) => phase === 'paused')
    expect(paused.reason).toBe('Your device runs on battery; it goes on when you plug it in.')
    expect(paused.held).toEqual({ pauses: [{ code: 'battery' }], easings: [], share: 1 })
    // The person's own word goes before the rules.
    node.pause('Lunch.')
    expect(node.state).toMatchObject({ reason: 'Lunch.', held: { pauses: [] } })
    node.resume()
    expect(node.state).toMatchObject({ phase: 'paused', held: { pauses: [{ code: 'battery' }] } })
    expect(await running.hear('failed')).toMatchObject({ reason: 'the device rests' })
    await grid.whenBeat(key, 'paused')
    const [again] = await grid.leases(unit, [key], 2)
    if (again === undefined) throw new Error('There is no lease.')
    const refused = await grid.offer(unit, again, [])
    expect(await refused.hear('decline')).toMatchObject({ decline: { body: { reason: 'the device rests' } } })
    await node.changeConsent(consent({ rules: { ...DEFAULT_RULES, batteryFloorPercent: 70 } }))
    await until(node, ({ phase }) => phase === 'waiting')
    const small = product(grid, 8, 8, 8).unit
    await grid.untilRevealed(small, [key])
    tell({ ...CALM, pressure: 'serious' })
    const eased = await until(node, ({ reason }) =>
      reason.includes('Eases off to 50 % of your device: your device is busy with other things.'),
    )
    expect(eased.held).toEqual({ pauses: [], easings: [{ code: 'busy' }], share: 0.5 })
    await expect(node.changeConsent(consent({ expiresMs: Date.now() - 1 }))).rejects.toMatchObject({
      name: 'node.Consent',
    })
  })

  // A busy machine can take longer to schedule the exit; a node that takes longer does so every time.
  test(
    'behaviour: stopping ends the worker within 100 ms in the middle of a unit, hands it back and beats "stopped"',
    { retry: 2 },
    async () => {
      const grid = await openGrid()
      const threads: ThreadHandle[] = []
      const openWorker = () => {
        const thread = openThreadWorker()
        threads.push(thread)
        return thread
      }
      const { node, key } = await waitingNode(grid, { openWorker })
      const { unit } = product(grid, 1024, 4096, 1024)
      const [lease] = await grid.leases(unit, [key])
      if (lease === undefined) throw new Error('There is no lease.')
      const running = await grid.offer(unit, lease, [])
      await running.hear('accept')
      await until(node, ({ phase }) => phase === 'working')
      const startMs = performance.now()
      const stopped = node.stop()
      await threads[0]?.exited
      const endedMs = performance.now() - startMs
      expect(endedMs).toBeLessThan(100)
      expect(await running.hear('failed')).toMatchObject({ reason: 'The contributor stopped.' })
      await stopped
      expect(node.state.phase).toBe('off')
      await grid.whenBeat(key, 'stopped')
    },
  )

  test('behaviour: a coordinator that goes away and comes back finds its node again', async () => {
    const first = await TestGrid.open()
    const port = Number(/tcp\/(\d+)/.exec(first.peer.multiaddrs[0] ?? '')?.[1])
    const { node, key } = await waitingNode(first)
    await first.stop()
    await until(node, ({ phase }) => phase === 'reconnecting')
    const second = await openGrid({ port, network: first.network })
    await until(node, ({ phase }) => phase === 'waiting')
    await second.whenAdmitted(key)
    await second.untilRevealed(product(second, 8, 8, 8).unit, [key])
  })

  test('behaviour: a third replica joins in a second round, and those who revealed before reveal to it again', async () => {
    const grid = await openGrid()
    const [a, b, c] = await Promise.all([waitingNode(grid), waitingNode(grid), waitingNode(grid)])
    const { unit } = product(grid, 32, 32, 32)
    const { trials, committed } = await grid.untilRevealed(unit, [a.key, b.key])
    const [lease] = await grid.leases(unit, [c.key])
    const leases = trials.map((trial) => trial.lease)
    if (lease === undefined) throw new Error('There is no lease.')
    const joining = { node: c.key, lease, addresses: [] }
    await Promise.all(trials.map(({ stream }) => stream.say({ say: 'peers', peers: [joining] })))
    const third = await grid.offer(unit, lease, leases)
    const { commitment } = await third.hear('committed')
    const close = await grid.close([...committed, { lease, commitment }], 2)
    await Promise.all([...trials, third].map(({ stream }) => stream.say({ say: 'closed', close })))
    const { sighting } = await third.hear('revealed')
    expect(sighting.body.seen.map(({ verdict }) => verdict)).toEqual(['agrees', 'agrees'])
    const again = await Promise.all(trials.map((trial) => trial.hear('revealed', 2)))
    expect(again.map((each) => each.sighting.body.seen.map(({ verdict }) => verdict))).toEqual([
      ['agrees', 'agrees'],
      ['agrees', 'agrees'],
    ])
  })

  test('limit: inputs of several leases stay within 96 MiB; the unit after that is declined', async () => {
    const grid = await openGrid()
    const { key } = await waitingNode(grid)
    grid.stalled.add(EMPTY_ROOT)
    // A unit of 64 MiB, declared only: its inputs never come, so that its first lease is held.
    const layout = { form: 'matrix', dtype: 'f32', rows: 256, cols: 32_768 } as const
    const inputs = [
      { id: EMPTY_ROOT, layout },
      { id: EMPTY_ROOT, layout: { ...layout, rows: 32_768, cols: 256 } },
    ]
    const [unit] = kindOf('matmul', 1).split({ params: {}, inputs })
    if (unit === undefined) throw new Error('The product has no unit.')
    const { unit: small } = product(grid, 8, 8, 8)
    const [first, second] = [...(await grid.leases(unit, [key])), ...(await grid.leases(unit, [key], 2))]
    const [third] = await grid.leases(small, [key])
    if (first === undefined || second === undefined || third === undefined) throw new Error('There is no lease.')
    const held = await grid.offer(unit, first, [])
    await held.hear('accept')
    const declined = await grid.offer(unit, second, [])
    expect((await declined.hear('decline')).decline.body.reason).toBe(
      `the node holds ${64 * 2 ** 20} bytes of inputs already`,
    )
    const fitting = await grid.offer(small, third, [])
    await fitting.hear('committed')
  })

  test('behaviour: beats are countersigned by another node over WebRTC', async () => {
    const grid = await openGrid()
    const first = await waitingNode(grid)
    const second = await waitingNode(grid)
    await until(second.node, ({ beats }) => beats.at(-1)?.isWitnessed === true)
    const beat = grid.beats.find(({ beat: { signer } }) => signer === second.key)
    expect(beat?.witness?.signer).toBe(first.key)
    expect(second.node.state.peers).toEqual([{ node: first.key, transport: 'webrtc' }])
  })

  test('error: Close for a list without the node, and for two lists of one round', async () => {
    const grid = await openGrid()
    const { node, key } = await waitingNode(grid)
    const { unit } = product(grid, 16, 16, 16)
    for (const [attempt, reason] of [
      [1, 'does not list the commitment'],
      [2, 'two closes of one round'],
    ] as const) {
      const [lease, ghost] = await grid.leases(unit, [key, grid.network.nodes[0]?.publicKey ?? key], attempt)
      if (lease === undefined || ghost === undefined) throw new Error('There is no lease.')
      const trial = await grid.offer(unit, lease, [])
      const { commitment } = await trial.hear('committed')
      const without = await grid.close([{ lease: ghost, commitment }])
      const right = await grid.close([{ lease, commitment }])
      const both = await grid.close([
        { lease, commitment },
        { lease: ghost, commitment },
      ])
      const closes = attempt === 1 ? [without] : [right, both]
      for (const close of closes) await trial.stream.say({ say: 'closed', close })
      expect((await trial.hear('failed')).reason).toContain(reason)
    }
    await until(node, ({ phase }) => phase === 'waiting')
    expect(node.state.units.map(({ outcome }) => outcome)).toEqual(['lost', 'lost'])
    // A close without the node may be an honest mistake; two closes of one round are a lie, and signed.
    const { coordinator } = grid.network
    const says = expect.stringContaining('signed two lists of commitments') as unknown
    expect(node.state.evidence).toEqual([expect.objectContaining({ against: coordinator.publicKey, says })])
  })

  test('behaviour: a coordinator that shows its replicas different closes is convicted by each of them', async () => {
    const grid = await openGrid()
    const [a, b] = await Promise.all([keepingNode(grid), keepingNode(grid)])
    const { unit } = product(grid, 16, 16, 16)
    const leases = await grid.leases(unit, [a.key, b.key])
    const trials = await Promise.all(leases.map((lease) => grid.offer(unit, lease, leases)))
    const committed = await Promise.all(
      trials.map(async (trial) => ({ lease: trial.lease, commitment: (await trial.hear('committed')).commitment })),
    )
    const shown = await Promise.all([committed, committed.toReversed()].map((list) => grid.close(list)))
    await Promise.all(
      trials.map(async ({ stream }, at) => {
        const close = shown[at]
        if (close !== undefined) await stream.say({ say: 'closed', close })
      }),
    )
    const { context, coordinator } = grid.network
    await Promise.race([a, b].map(({ node }) => until(node, ({ evidence }) => evidence.length === 1)))
    const kept = [...a.store.kept, ...b.store.kept]
    expect(kept.length).toBeGreaterThan(0)
    for (const { body, against } of kept) {
      expect(against).toBe(coordinator.publicKey)
      const { verdict } = await verifyFault(utf8(body), { network: context.network, coordinator: against })
      expect(verdict).toMatchObject({ ok: true })
    }
  })

  test('error: offers that are not what they should be are declined with the reason', async () => {
    const grid = await openGrid()
    const { key } = await waitingNode(grid)
    const { unit } = product(grid, 16, 16, 16)
    const other = product(grid, 16, 16, 17).unit
    const stranger = grid.network.nodes[0]?.publicKey ?? key
    const [lease, foreign] = await grid.leases(unit, [key, stranger])
    if (lease === undefined || foreign === undefined) throw new Error('There is no lease.')
    const forged = { ...lease, body: { ...lease.body, deadlineMs: lease.body.deadlineMs + 1 } }
    const wrongUnit = { ...unit, params: { ...unit.params, rowEnd: 15 } }
    const [odd] = await grid.leases(wrongUnit, [key])
    const cases = [
      [unit, forged, [], 'not signed by the coordinator'],
      [other, lease, [], 'for another unit'],
      [unit, lease, [{ ...foreign, body: { ...foreign.body, node: key } }], undefined],
      [wrongUnit, odd ?? lease, [], 'are no unit of it'],
    ] as const
    for (const [offered, ticket, others, reason] of cases) {
      const trial = await grid.offer(offered, ticket, others)
      if (reason !== undefined) expect((await trial.hear('decline')).decline.body.reason).toContain(reason)
      else await trial.hear('accept')
    }
  })

  test('limit: a model that the device has no room for is declined before a byte of it comes', async () => {
    const grid = await openGrid()
    const { key } = await waitingNode(grid)
    const unit = textOf(MAX_LOADABLE_BYTES + 1)
    const [lease] = await grid.leases(unit, [key])
    if (lease === undefined) throw new Error('There is no lease.')
    const trial = await grid.offer(unit, lease, [])
    expect((await trial.hear('decline')).decline.body.reason).toContain('this device has room for models of')
  })

  /** A text by a model of that size, declared only. */
  function textOf(sizeBytes: number): Unit {
    const inputs = [sizeBytes, 4].map((size): ContentRef => ({
      id: EMPTY_ROOT,
      layout: { form: 'blob', sizeBytes: size },
    }))
    const [unit] = kindOf('generate', 2).split({ params: generateParams(ODD_SHAPE, 1), inputs })
    if (unit === undefined) throw new Error('The text has no unit.')
    return unit
  }

  test('error: Consent, before the device is touched: the worker refuses and the state says what to do', async () => {
    const grid = await openGrid()
    const signer = signerFromSecret(systemRandom.bytes(32))
    const expired = consent({ expiresMs: Date.now() - 1 })
    const parts = processParts({ coordinator: 'http://unused.invalid', consent: expired, signer })
    const node = newNode(grid, { ...parts, fetchNetwork: async () => grid.info })
    const state = await until(node, ({ phase }) => phase === 'attention')
    expect(state).toMatchObject({ device: null, error: { name: 'node.Consent', kind: 'input' } })
    expect(state.reason).toContain('Choose Contribute again.')
    const thread = openThreadWorker()
    await expect(thread.api.open('cpu', await signConsent(signer, grid.info, expired))).rejects.toMatchObject({
      name: 'node.Consent',
      kind: 'input',
    })
    thread.terminate()
  })

  test('error: Refused, with the coordinator reason', async () => {
    const grid = await openGrid({ welcome: () => ({ outcome: 'refused', reason: 'The self-test was wrong.' }) })
    const state = await until(newNode(grid), ({ phase }) => phase === 'attention')
    expect(state.error).toMatchObject({ name: 'node.Refused' })
    expect(state.reason).toBe('The coordinator does not admit this node. The self-test was wrong.')
  })

  test('error: WorkerFailed when the thread dies', async () => {
    const grid = await openGrid()
    let fail = (_problem: string) => {}
    const openWorker = () => {
      const thread = openThreadWorker()
      const { port1 } = new MessageChannel()
      const link = linkWorker(port1, {
        terminate: () => thread.terminate(),
        onFailure: (listener) => (fail = listener),
      })
      return { ...link, api: thread.api }
    }
    const { node } = await waitingNode(grid, { openWorker })
    fail('out of memory')
    const state = await until(node, ({ phase }) => phase === 'attention')
    expect(state.error).toMatchObject({ name: 'node.WorkerFailed' })
  })
})
