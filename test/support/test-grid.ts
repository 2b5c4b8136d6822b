// A coordinator small enough for tests of nodes: it admits them, leases a unit to those it is told to, closes, and settles, with real
// signatures over real libp2p. Verification, storage and payment are the product's coordinator's, and left out.
import { type CheckpointNote, signCheckpoint } from '#ledger/checkpoint.ts'
import type { Payment } from '#ledger/entry.ts'
import { promiseReceipt } from '#ledger/receipt-promise.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { toHex } from '#core/bytes.ts'
import { systemClock } from '#core/clock.ts'
import { systemRandom } from '#core/random.ts'
import { type Beat, type Witness, verifyBeat, verifyWitness } from '#liveness/beat.ts'
import { type CoordinatorPeer, createCoordinatorPeer } from '#net/coordinator-peer.ts'
import { serveBeats } from '#net/protocols/beat/handler.ts'
import { serveContent, takeContent } from '#net/protocols/blob/handler.ts'
import { serveHellos } from '#net/protocols/hello/handler.ts'
import type { Hello, Welcome } from '#net/protocols/hello/messages.ts'
import { type CoordinatorLease, openLease } from '#net/protocols/lease/handler.ts'
import type { FromCoordinator, FromNode, LeasePeer } from '#net/protocols/lease/messages.ts'
import { Mailbox } from '#node/mailbox.ts'
import type { NetworkInfo } from '#node/network-info.ts'
import { KINDS } from '#work/kinds.ts'
import { failedKernels } from '#work/self-test.ts'
import type { Close } from '#verify/close.ts'
import { signClose } from '#verify/commit.ts'
import type { Commitment } from '#verify/commitment.ts'
import { signMessage } from '#core/signed.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { LEASE_TYPE, type Lease } from '#work/lease.ts'
import { type Unit, unitId } from '#work/unit.ts'
import { type HeldContent, type TestNetwork, createTestNetwork } from './certified-job.ts'

const PATIENCE_MS = 20_000

type Said<K extends FromNode['say']> = Extract<FromNode, { say: K }>

/** One lease as its coordinator sees it. */
export class TestLease {
  readonly lease: Lease
  readonly stream: CoordinatorLease
  /** What the node has said, heartbeats left out. */
  readonly said: FromNode[] = []
  heartbeats = 0
  readonly #arrivals = new Mailbox<FromNode>(systemClock)

  constructor(lease: Lease, stream: CoordinatorLease) {
    this.lease = lease
    this.stream = stream
    void this.#listen()
  }

  /** What the node says under that name, as often as `count` times. */
  async hear<K extends FromNode['say']>(say: K, count = 1): Promise<Said<K>> {
    const message = await this.#arrivals.wait(`${say} ${count}`, { timeoutMs: PATIENCE_MS })
    if (message === undefined) throw new Error(`The node did not say "${say}"; it said ${JSON.stringify(this.said)}`)
    return message as Said<K>
  }

  async #listen(): Promise<void> {
    for (;;) {
      const message = await this.stream.hear().catch(() => undefined)
      if (message === undefined) return
      if (message.say === 'alive') this.heartbeats++
      else this.said.push(message)
      const count = this.said.filter(({ say }) => say === message.say).length
      this.#arrivals.put(`${message.say} ${count}`, message)
    }
  }
}

/** How a grid is made. */
export type TestGridOptions = {
  readonly network?: TestNetwork
  readonly port?: number
  /** The verdict on a hello; admits by default. */
  readonly welcome?: (hello: Hello, node: PublicKey) => Welcome
}

/** A running test coordinator. Close it. */
export class TestGrid {
  readonly network: TestNetwork
  readonly peer: CoordinatorPeer
  readonly hellos: { node: PublicKey; hello: Hello; ratedMops: number }[] = []
  readonly beats: { beat: Beat; witness: Witness | null }[] = []
  /** Parts of results by content and part. */
  readonly results = new Map<Digest, Map<number, Uint8Array>>()
  /** Contents whose fetch begins and never goes on. */
  readonly stalled = new Set<Digest>()
  readonly #contents = new Map<Digest, HeldContent>()
  readonly #events = new Mailbox<true>(systemClock)

  readonly #note: CheckpointNote

  private constructor(network: TestNetwork, peer: CoordinatorPeer, note: CheckpointNote) {
    this.network = network
    this.peer = peer
    this.#note = note
  }

  static async open(options: TestGridOptions = {}): Promise<TestGrid> {
    const network = options.network ?? createTestNetwork(toHex(systemRandom.bytes(8)))
    const port = options.port ?? 0
    const peer = await createCoordinatorPeer({ signer: network.coordinator, port })
    const { context } = network
    const note = await signCheckpoint(network.coordinator, context.network, context.checkpoint)
    const grid = new TestGrid(network, peer, note)
    await grid.#serve(options.welcome ?? (() => ({ outcome: 'admitted', tier: 0, balance: '0', pending: '0' })))
    return grid
  }

  get info(): NetworkInfo {
    const { context, coordinator } = this.network
    return {
      ...context,
      genesis: this.network.genesis,
      note: this.#note,
      coordinator: coordinator.publicKey,
      addresses: this.peer.multiaddrs,
    }
  }

  /** Serves `contents` to nodes. */
  hold(...contents: readonly HeldContent[]): void {
    for (const content of contents) this.#contents.set(content.ref.id, content)
  }

  /** Resolves when `node` has been admitted that often. */
  async whenAdmitted(node: PublicKey, times = 1): Promise<void> {
    await this.#event(`admitted ${node} ${times}`)
  }

  /** Resolves when `node` has sent a beat of that state. */
  async whenBeat(node: PublicKey, state: string): Promise<void> {
    await this.#event(`beat ${node} ${state}`)
  }

  /** Resolves when a result has come. */
  async whenStored(id: Digest): Promise<void> {
    await this.#event(`stored ${id}`)
  }

  /** Signs leases of `unit` for `nodes`. */
  leases(unit: Unit, nodes: readonly PublicKey[], attempt = 1): Promise<Lease[]> {
    return Promise.all(
      nodes.map((node) =>
        signMessage(this.network.coordinator, LEASE_TYPE, this.network.context, {
          unit: unitId(unit),
          job: unitId(unit),
          admissionLeaf: 1,
          attempt,
          node,
          role: 'primary' as const,
          rosterRoot: EMPTY_ROOT,
          epoch: 0,
          deadlineMs: systemClock.nowMs() + 60_000,
        }),
      ),
    )
  }

  /** Offers `unit` under `lease`, naming those of `others` that are for other nodes. */
  async offer(unit: Unit, lease: Lease, others: readonly Lease[]): Promise<TestLease> {
    const { node } = lease.body
    const peers: LeasePeer[] = others
      .filter((other) => other.body.node !== node)
      .map((other) => ({ node: other.body.node, lease: other, addresses: [] }))
    return new TestLease(lease, await openLease(this.peer, node, { say: 'offer', lease, unit, peers }))
  }

  /** Signs a close over what the leases' nodes committed. */
  async close(leases: readonly { lease: Lease; commitment: Commitment }[], round = 1): Promise<Close> {
    const [first] = leases
    if (first === undefined) throw new RangeError('A close needs a lease.')
    const { unit, admissionLeaf, attempt } = first.lease.body
    return signClose(
      this.network.coordinator,
      this.network.context,
      { unit, admissionLeaf, attempt, round, epoch: 0 },
      leases,
    )
  }

  /** Takes `unit` from offer to reveal on all `nodes`. */
  async untilRevealed(unit: Unit, nodes: readonly PublicKey[]) {
    const leases = await this.leases(unit, nodes)
    const trials = await Promise.all(leases.map((lease) => this.offer(unit, lease, leases)))
    const committed = await Promise.all(
      trials.map(async (trial) => ({ lease: trial.lease, commitment: (await trial.hear('committed')).commitment })),
    )
    const close = await this.close(committed)
    await Promise.all(trials.map((trial) => trial.stream.say({ say: 'closed', close })))
    const revealed = await Promise.all(trials.map((trial) => trial.hear('revealed')))
    return { trials, committed, close, revealed }
  }

  /** What settles a unit for `nodes`: a receipt that pays each `amount`, to `account` or its own, and the promise of it. */
  settled(nodes: readonly PublicKey[], amount: string, account?: PublicKey) {
    return this.settledBy(nodes.map((node) => ({ node, account: account ?? node, amount })))
  }

  /** The same by a receipt with those payments. */
  async settledBy(payments: readonly Payment[]): Promise<Extract<FromCoordinator, { say: 'settled' }>> {
    const { coordinator, context } = this.network
    const receipt = {
      type: 'receipt',
      admissionLeaf: 1,
      unit: EMPTY_ROOT,
      certificate: EMPTY_ROOT,
      payments,
      audited: [],
    } as const
    const at = { ...context, checkpoint: { ...context.checkpoint, size: 3 } }
    const promise = await promiseReceipt(coordinator, at, receipt, 2)
    return { say: 'settled', receipt, promise, reason: 'Agreed.' }
  }

  stop(): Promise<void> {
    return this.peer.close()
  }

  async #event(name: string): Promise<void> {
    if ((await this.#events.wait(name, { timeoutMs: PATIENCE_MS })) === undefined)
      throw new Error(`Timed out waiting for "${name}".`)
  }

  async #serve(welcome: (hello: Hello, node: PublicKey) => Welcome): Promise<void> {
    const { context } = this.network
    await serveHellos(this.peer, {
      challenge: () => ({ ...context, seed: toHex(systemRandom.bytes(32)) as Digest }),
      judge: async (hello, challenge, test, { publicKey: node }) => {
        const kinds = KINDS.filter(({ name }) => hello.capabilities.kinds.some((offered) => offered.name === name))
        const kernels = [...new Set(kinds.map((kind) => kind.kernels))]
        const failed = await failedKernels(challenge.seed, kernels, test.answer)
        if (failed.length > 0) return { outcome: 'refused', reason: 'wrong self-test' }
        this.hellos.push({ node, hello, ratedMops: test.ratedMops })
        const times = this.hellos.filter((each) => each.node === node).length
        // The node hears of it a moment later; whoever waits for both waits for the node's state.
        this.#events.put(`admitted ${node} ${times}`, true)
        return welcome(hello, node)
      },
    })
    await serveBeats(this.peer, {
      draw: async (beat, { publicKey }) => {
        const other = this.hellos.findLast(({ node }) => node !== publicKey)
        return { witness: other === undefined ? null : { node: other.node, addresses: [] } }
      },
      keep: async (beat, witness) => {
        const isValid = verifyBeat(beat, context.network, systemClock.nowMs()).ok
        if (!isValid) return { ok: false, reason: 'invalid' }
        const isWitnessed = witness !== null && verifyWitness(witness, beat, context.network).ok
        this.beats.push({ beat, witness: isWitnessed ? witness : null })
        this.#events.put(`beat ${beat.signer} ${beat.body.state}`, true)
        return { ok: true, reason: '' }
      },
    })
    await serveContent(this.peer, {
      layout: async (id) => (this.stalled.has(id) ? new Promise(() => {}) : this.#contents.get(id)?.ref.layout),
      leaves: async (id) => this.#contents.get(id)?.leaves ?? [],
      part: async (id, index) => this.#contents.get(id)?.parts[index] ?? new Uint8Array(0),
    })
    await takeContent(this.peer, {
      offered: async ({ id, layout }) => {
        this.results.set(id, new Map())
        return Array.from({ length: layout.form === 'blob' ? 0 : partsOf(layout) }, (_, index) => index)
      },
      part: async ({ id }, index, bytes) => void this.results.get(id)?.set(index, bytes),
      stored: async ({ id }) => this.#events.put(`stored ${id}`, true),
    })
  }
}

function partsOf(layout: { rows: number; cols: number }): number {
  return Math.ceil(layout.rows / 256) * Math.ceil(layout.cols / 256)
}
