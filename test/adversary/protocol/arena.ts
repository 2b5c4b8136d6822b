// A grid of real nodes with a requester, on which one adversary after the other is let loose, and what the coordinator made of each.
import { expect, vi } from 'vitest'
import { Consequences } from '#coordinator/matchmaker/consequences.ts'
import { type LiveNode, LiveNodes } from '#coordinator/live-nodes.ts'
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { type Random, seededRandom } from '#core/random.ts'
import type { JobCertificate } from '#ledger/job-certificate.ts'
import { type Client, type Matrix, connect } from '#sdk/index.ts'
import type { FaultCause } from '#verify/faults.ts'
import { unitId } from '#work/unit.ts'
import { LiveGrid } from '../../support/live-grid.ts'
import { matmulInt8Reference } from '../../support/matmul-truth.ts'
import { ShiftingClock } from '../../support/shifting-clock.ts'
import { type ArenaNode, type ArenaNodes, nodesInThreads } from './arena-nodes.ts'
import type { Conduct } from './conducts.ts'

/** Rows and columns of the matrices of a job. */
const SIZE = 24

/** A job that is done, and what happened meanwhile. `isRight` says whether its result is the product. */
export type ArenaJob = {
  readonly id: Digest
  readonly inputs: readonly [Matrix, Matrix]
  readonly certificate: JobCertificate
  readonly certificateBytes: Uint8Array<ArrayBuffer>
  readonly isRight: boolean
  /** What one replica of its one unit earns by the price list. */
  readonly reward: bigint
}

/** A fault of a node as the coordinator acted on it. */
type Consequence = { readonly node: PublicKey; readonly cause: FaultCause }

/** How an arena is opened. `nodes` says where its nodes run: as threads of this process when it is left out. */
type ArenaOptions = {
  readonly seed: string
  readonly honest: number
  readonly config?: NonNullable<Parameters<typeof LiveGrid.open>[0]>['config']
  readonly nodes?: (grid: LiveGrid, clock: ShiftingClock) => ArenaNodes
}

/** A running arena. Close it. */
export class Arena {
  readonly grid: LiveGrid
  readonly clock: ShiftingClock
  readonly client: Client
  readonly honest: ArenaNode[] = []
  /** Faults that the coordinator acted on, oldest first, with and without evidence. */
  readonly consequences: Consequence[] = []
  readonly #nodes: ArenaNodes
  readonly #live = new Map<PublicKey, LiveNode>()
  readonly #waiting = new Map<PublicKey, () => void>()
  readonly #random: Random
  readonly #stopWatching: () => void

  private constructor(grid: LiveGrid, clock: ShiftingClock, nodes: ArenaNodes, client: Client, seed: string) {
    this.grid = grid
    this.clock = clock
    this.#nodes = nodes
    this.client = client
    this.#random = seededRandom(seed)
    this.#stopWatching = this.#watch()
  }

  static async open({ seed, honest, config = {}, nodes = nodesInThreads }: ArenaOptions): Promise<Arena> {
    console.log(`seed: ${seed}`)
    const clock = new ShiftingClock()
    // Whoever was convicted may come back at once, as it would under a new key.
    const grid = await LiveGrid.open({ clock, config: { faultBanMs: 0, ...config } })
    const arena = new Arena(grid, clock, nodes(grid, clock), await connect(grid.url), seed)
    arena.honest.push(...(await Promise.all(Array.from({ length: honest }, () => arena.node()))))
    return arena
  }

  /** A node that waits for work. */
  async node(conduct: Conduct | 'honest' = 'honest'): Promise<ArenaNode> {
    const node = await this.#nodes.open(conduct)
    await this.whenLive(node)
    return node
  }

  /** From now on whoever begins to wait for a reveal gives up early, or no longer so. */
  async setImpatient(isImpatient: boolean): Promise<void> {
    this.clock.isImpatient = isImpatient
    await this.#nodes.setImpatient(isImpatient)
  }

  /** Documents that `node` keeps against others, as it would find them when it is started again. */
  evidenceOf(node: ArenaNode): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    return this.#nodes.evidenceOf(node)
  }

  /** Resolves when the coordinator may give `node` work. */
  async whenLive({ state: { node } }: ArenaNode): Promise<void> {
    if (node === null || this.#live.has(node)) return
    await new Promise<void>((resolve) => this.#waiting.set(node, resolve))
  }

  /** What the coordinator knows of `node`. */
  liveNode({ state: { node } }: ArenaNode): LiveNode {
    const live = node === null ? undefined : this.#live.get(node)
    if (live === undefined) throw new Error('The node has not been admitted.')
    return live
  }

  /** Keys of the honest nodes. */
  get honestKeys(): readonly PublicKey[] {
    return this.honest.flatMap(({ state: { node } }) => node ?? [])
  }

  /** Multiplies two random matrices, or `inputs`, on the grid. */
  async job(
    replication: number,
    inputs: readonly [Matrix, Matrix] = [this.#matrix(), this.#matrix()],
  ): Promise<ArenaJob> {
    const [a, b] = inputs
    const { job: id, result, certificate, certificateBytes } = await this.client.matmul(a, b, { replication })
    const [unit] = certificate.units
    if (unit === undefined) throw new Error('The job has no unit.')
    const parts = [new Uint8Array(result.data.slice().buffer)]
    const tag = unit.body.replicas[0]?.reveal.body.tag
    // Its requester and its certificate tell of it: whoever listens may present it again.
    if (tag !== undefined) await this.#nodes.learn(unitId(unit.body.unit), { parts, tag })
    const isRight = Buffer.from(result.data.buffer).equals(
      Buffer.from(matmulInt8Reference(a as never, b as never).buffer),
    )
    return { id, inputs, certificate, certificateBytes, isRight, reward: BigInt(unit.body.price) / BigInt(replication) }
  }

  /** What `node` was paid for `job`, less what it forfeited since that was admitted, by the log. */
  async earned(node: PublicKey, { certificate: { admission } }: ArenaJob): Promise<bigint> {
    let sum = 0n
    for (const entry of await this.grid.entries(admission.index)) {
      if (entry.type === 'receipt')
        for (const payment of entry.payments) if (payment.node === node) sum += BigInt(payment.amount)
      if (entry.type === 'forfeit' && entry.node === node) sum -= BigInt(entry.amount)
    }
    return sum
  }

  /** Honest nodes that the coordinator acted against since `from` consequences ago, or that stopped. */
  honestPunished(from: number): number {
    const keys = this.honestKeys
    const accused = this.consequences.slice(from).filter(({ node }) => keys.includes(node))
    return accused.length + this.honest.filter(({ state }) => state.phase === 'attention').length
  }

  /** Ends everything. Accounts whose books are not what the log's replay gives. */
  async close(): Promise<string[]> {
    await this.#nodes.close()
    const drift = await this.grid.close()
    this.#stopWatching()
    expect(this.grid.bugs).toEqual([])
    return drift
  }

  #matrix(): Matrix {
    return { rows: SIZE, cols: SIZE, data: new Int8Array(this.#random.bytes(SIZE * SIZE).buffer) }
  }

  #watch(): () => void {
    const { consequences } = this
    const [live, waiting] = [this.#live, this.#waiting]
    // oxlint-disable-next-line typescript/unbound-method -- called with the instance below
    const { faulted } = Consequences.prototype
    // oxlint-disable-next-line typescript/unbound-method -- called with the instance below
    const { admit, remove } = LiveNodes.prototype
    const spies = [
      vi.spyOn(Consequences.prototype, 'faulted').mockImplementation(function (this: Consequences, of, cause) {
        consequences.push({ node: of.node, cause })
        faulted.call(this, of, cause)
      }),
      vi.spyOn(LiveNodes.prototype, 'admit').mockImplementation(function (this: LiveNodes, node) {
        admit.call(this, node)
        live.set(node.node, this.get(node.node) ?? node)
        waiting.get(node.node)?.()
        waiting.delete(node.node)
      }),
      vi.spyOn(LiveNodes.prototype, 'remove').mockImplementation(function (this: LiveNodes, node) {
        live.delete(node)
        remove.call(this, node)
      }),
    ]
    return () => {
      for (const spy of spies) spy.mockRestore()
    }
  }
}
