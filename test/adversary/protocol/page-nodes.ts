// Nodes of an arena in real pages of a real Chromium: each has a profile of its own, WebGPU in a worker, and WebRTC to the others.
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright'
import { utf8 } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import type { TrafficRow } from '#net/traffic.ts'
import type { NodeState } from '#node/state.ts'
import { chromiumArgs } from '#scripts/find-chromium.mjs'
import { type HarnessSite, openHarness } from '../../support/harness-site.ts'
import type { OldResult } from '../../support/misbehaving-nodes.ts'
import { type ArenaNode, type ArenaNodes, type NodeOptions, SITE } from './arena-nodes.ts'
import type { Conduct } from './conducts.ts'

/** A browser whose pages are nodes. Close it. */
export class NodeBrowser {
  readonly #browser: Browser
  readonly #site: HarnessSite

  private constructor(browser: Browser, site: HarnessSite) {
    this.#browser = browser
    this.#site = site
  }

  static async open(executablePath: string): Promise<NodeBrowser> {
    const site = await openHarness('grid-node.html')
    return new NodeBrowser(await chromium.launch({ executablePath, args: chromiumArgs() }), site)
  }

  /** Nodes of the coordinator at `url`. */
  nodes(url: string, options: NodeOptions = {}): PageNodes {
    return new PageNodes(() => this.#browser.newContext(), this.#site.url, url, options)
  }

  async close(): Promise<void> {
    await this.#browser.close()
    await this.#site.close()
  }
}

/** The nodes of one arena. */
export class PageNodes implements ArenaNodes {
  readonly #newContext: () => Promise<BrowserContext>
  readonly #harness: string
  readonly #coordinator: string
  readonly #options: NodeOptions
  readonly #open = new Set<PageNode>()

  constructor(newContext: () => Promise<BrowserContext>, harness: string, coordinator: string, options: NodeOptions) {
    this.#newContext = newContext
    this.#harness = harness
    this.#coordinator = coordinator
    this.#options = options
  }

  async open(conduct: Conduct | 'honest'): Promise<ArenaNode> {
    const page = await (await this.#newContext()).newPage()
    const node = new PageNode(page, conduct, () => this.#open.delete(node))
    this.#open.add(node)
    await node.start(this.#harness, this.#coordinator, this.#options)
    return node
  }

  async setImpatient(isImpatient: boolean): Promise<void> {
    await this.#each((page) => page.evaluate((is) => window.gridNode.setImpatient(is), isImpatient))
  }

  async learn(unit: Digest, { parts, tag }: OldResult): Promise<void> {
    const plain = { unit, tag, parts: parts.map((part) => [...part]) }
    await this.#each((page) =>
      page.evaluate(
        (known) =>
          window.gridNode.learn(known.unit, { tag: known.tag, parts: known.parts.map((part) => new Uint8Array(part)) }),
        plain,
      ),
    )
  }

  async evidenceOf(node: ArenaNode): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    if (!(node instanceof PageNode)) throw new TypeError('That node is in no page.')
    return (await node.page.evaluate(() => window.gridNode.evidence())).map((body) => utf8(body))
  }

  /** What the nodes that are open have sent and received. */
  async traffic(): Promise<TrafficRow[]> {
    return (await this.#each((page) => page.evaluate(() => window.gridNode.traffic()))).flat()
  }

  async close(): Promise<void> {
    for (const node of this.#open) await node.stop()
  }

  #each<T>(ask: (page: Page) => Promise<T>): Promise<T[]> {
    return Promise.all([...this.#open].map(({ page }) => ask(page)))
  }
}

/** A page that contributes, as it tells of itself. */
class PageNode implements ArenaNode {
  readonly page: Page
  readonly #conduct: Conduct | 'honest'
  readonly #onStopped: () => void
  readonly #listeners = new Set<(state: NodeState) => void>()
  readonly #errors: Error[] = []
  #state: NodeState | undefined

  constructor(page: Page, conduct: Conduct | 'honest', onStopped: () => void) {
    this.page = page
    this.#conduct = conduct
    this.#onStopped = onStopped
    page.on('pageerror', (error) => this.#errors.push(error))
  }

  get state(): NodeState {
    if (this.#state === undefined) throw new Error('The page has not said anything yet.')
    return this.#state
  }

  async start(harness: string, coordinator: string, { share }: NodeOptions): Promise<void> {
    const { page } = this
    await page.exposeFunction('tellState', (state: NodeState) => this.#heard(state))
    await page.goto(harness)
    await page.waitForFunction(() => 'gridNode' in window)
    const consent = share === undefined ? { site: null } : { site: SITE, split: share }
    const how = [coordinator, this.#conduct, consent] as const
    const state = await page.evaluate(
      ([url, conduct, site]) =>
        window.gridNode.start(url, conduct, (told) => void (window as unknown as Teller).tellState(told), site),
      how,
    )
    // What it told meanwhile may be newer.
    if (this.#state === undefined) this.#heard(state)
    if (state.device?.backend !== 'webgpu') throw new Error(`The page computes on ${state.device?.backend}.`)
  }

  onChange(listener: (state: NodeState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async stop(): Promise<void> {
    this.#onStopped()
    await this.page.evaluate(() => window.gridNode.stop())
    await this.page.context().close()
    if (this.#errors.length > 0) throw this.#errors[0]
  }

  #heard(state: NodeState): void {
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }
}

type Teller = { tellState(state: NodeState): Promise<void> }
