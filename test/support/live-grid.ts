// A whole grid in this process for tests that need several of them: the real coordinator in a directory of its own, real nodes in worker
// threads, and what its books say when it is closed.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { signerFromSecret } from '#core/ed25519.ts'
import { systemRandom } from '#core/random.ts'
import { type Coordinator, type CoordinatorOptions, openCoordinator } from '#coordinator/coordinator.ts'
import { openStore } from '#coordinator/store/store.ts'
import type { Beacon } from '#ledger/beacon.ts'
import type { LogEntry } from '#ledger/entry.ts'
import { type NodeContribution, type NodeParts, startNode } from '#node/contribution.ts'
import { processParts } from '#node/process.ts'
import { newDataDir } from './empty-store.ts'
import { balanceDrift } from './replay-balances.ts'
import { TestRequester } from './test-requester.ts'

const PATIENCE_MS = 60_000

/** A running grid. Close it. */
export class LiveGrid {
  readonly bugs: unknown[] = []
  readonly dataDir: string
  readonly #options: Partial<CoordinatorOptions>
  readonly #nodes: NodeContribution[] = []
  #coordinator: Coordinator | undefined

  private constructor(dir: string, options: Partial<CoordinatorOptions>) {
    this.dataDir = dir
    this.#options = options
  }

  static async open(options: Partial<CoordinatorOptions> = {}): Promise<LiveGrid> {
    const grid = new LiveGrid(await newDataDir('live-grid'), options)
    await grid.#open()
    return grid
  }

  /** Stops the nodes and the coordinator, does `meanwhile`, and opens the coordinator again, at another address. */
  async restart(meanwhile: () => Promise<void>): Promise<void> {
    await this.#stop()
    await meanwhile()
    await this.#open()
  }

  get url(): string {
    return this.#coordinator?.url ?? ''
  }

  /** A node that waits for work. */
  async node(change: Partial<NodeParts> = {}): Promise<NodeContribution> {
    const node = this.start(change)
    await until(node, () => node.state.phase === 'waiting')
    return node
  }

  /** A node that has just begun: it may not be admitted. */
  start(change: Partial<NodeParts> = {}): NodeContribution {
    const signer = signerFromSecret(systemRandom.bytes(32))
    const consent = { gpuShare: 1, expiresMs: Date.now() + 3_600_000, site: null }
    const node = startNode({ ...processParts({ coordinator: this.url, consent, signer }), ...change })
    this.#nodes.push(node)
    return node
  }

  /** A requester with an account. */
  async requester(): Promise<TestRequester> {
    const requester = new TestRequester(this.url)
    await requester.openAccount()
    return requester
  }

  /** The log's entries from number `from` on, oldest first. */
  async entries(from = 0): Promise<LogEntry[]> {
    const entries: LogEntry[] = []
    for (;;) {
      const response = await fetch(`${this.url}/api/v1/log/entries?from=${from + entries.length}`)
      const page = ((await response.json()) as { entries: { entry: LogEntry }[] }).entries
      if (page.length === 0) return entries
      entries.push(...page.map(({ entry }) => entry))
    }
  }

  /** The beacon of `epoch`, as soon as the log has it: the coordinator tells of new entries to nobody, so it is asked. */
  async beacon(epoch: number): Promise<Beacon> {
    for (;;) {
      const response = await fetch(`${this.url}/api/v1/beacons/${epoch}`)
      if (response.ok) return (await response.json()) as Beacon
      await response.body?.cancel()
    }
  }

  /** Ends everything; accounts whose books differ from the log's replay. */
  async close(): Promise<string[]> {
    await this.#stop()
    const store = await openStore(join(this.dataDir, 'store'))
    try {
      return await balanceDrift(store.db)
    } finally {
      await store.close()
      await rm(this.dataDir, { recursive: true, force: true })
    }
  }

  async #open(): Promise<void> {
    const report = (error: unknown) => this.bugs.push(error)
    this.#coordinator = await openCoordinator({ dataDir: this.dataDir, report, ...this.#options })
  }

  async #stop(): Promise<void> {
    for (const node of this.#nodes.splice(0).reverse()) await node.stop()
    await this.#coordinator?.close()
  }
}

/** Resolves when `isSo`, which is asked again after every change of the node's state. */
export async function until(node: Pick<NodeContribution, 'state' | 'onChange'>, isSo: () => boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      stop()
      reject(new Error(JSON.stringify(node.state)))
    }, PATIENCE_MS)
    const check = () => {
      if (!isSo()) return
      clearTimeout(timer)
      stop()
      resolve()
    }
    const stop = node.onChange(check)
    check()
  })
}
