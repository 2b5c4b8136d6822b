// A node in a page, composed like the product's page composes it; some of them break the rules.
import type { Digest } from '#core/digest.ts'
import type { ContributorPeer } from '#net/contributor-peer.ts'
import type { TrafficRow } from '#net/traffic.ts'
import { browserParts, pagePlace } from '#node/browser.ts'
import { type NodeContribution, type NodeParts, startNode } from '#node/contribution.ts'
import { EvidenceStore } from '#node/evidence-store.ts'
import { openPageWorker } from '#node/page-worker.ts'
import type { Consent, NodeState } from '#node/state.ts'
import { type Conduct, partsOf } from '../../adversary/protocol/conducts.ts'
import { impatientWorker } from '../../support/impatient-worker.ts'
import type { OldResult } from '../../support/misbehaving-nodes.ts'

/** What whoever opens the page calls in it. */
export type GridNodeHarness = {
  /** Resolves when the node waits for work; `onState` hears every change of its state. */
  start(
    coordinator: string,
    conduct: Conduct | 'honest',
    onState?: (state: NodeState) => void,
    consent?: Pick<Consent, 'site' | 'split'>,
  ): Promise<NodeState>
  state(): NodeState
  traffic(): TrafficRow[]
  /** Whether the node gives up early when it begins to wait for a reveal; an adversary never does. */
  setImpatient(isImpatient: boolean): void
  /** Tells an adversary of a unit that was certified. */
  learn(unit: Digest, result: OldResult): void
  /** Documents that are kept in the browser. */
  evidence(): Promise<string[]>
  /** Ends the worker and the page's network at once, as a closed lid does. */
  stop(): Promise<number>
}

declare global {
  interface Window {
    gridNode: GridNodeHarness
  }
}

const old = new Map<Digest, OldResult>()
let isImpatient = false
let node: NodeContribution | undefined
let peer: ContributorPeer | undefined

function running(): NodeContribution {
  if (node === undefined) throw new Error('The node was not started.')
  return node
}

function changes(conduct: Conduct | 'honest'): Partial<NodeParts> {
  return conduct === 'honest'
    ? { openWorker: impatientWorker(openPageWorker, () => isImpatient) }
    : partsOf(conduct, { openWorker: openPageWorker, old })
}

window.gridNode = {
  async start(coordinator, conduct, onState, site = { site: null }) {
    const consent = { gpuShare: 1, expiresMs: Date.now() + 3_600_000, ...site }
    // Nobody sits before these pages: on a busy machine they would ease off for somebody who scrolls.
    const { watchSignals: _, ...usual } = browserParts({ coordinator, consent })
    const parts: NodeParts = { ...usual, ...changes(conduct) }
    const started = startNode({
      ...parts,
      openPeer: async (options) => {
        peer = await parts.openPeer(options)
        return peer
      },
    })
    node = started
    if (onState !== undefined) started.onChange(onState)
    return new Promise((resolve, reject) => {
      const check = (state: NodeState) => {
        if (state.phase === 'waiting') resolve(state)
        if (state.phase === 'attention') reject(new Error(JSON.stringify(state.error)))
      }
      started.onChange(check)
      check(started.state)
    })
  },
  state: () => running().state,
  traffic: () => peer?.traffic.rows() ?? [],
  setImpatient(is) {
    isImpatient = is
  },
  learn(unit, result) {
    old.set(unit, result)
  },
  async evidence() {
    const store = new EvidenceStore(pagePlace())
    await store.load()
    return store.kept.map(({ body }) => body)
  },
  async stop() {
    const startMs = performance.now()
    await running().stop()
    return performance.now() - startMs
  },
}
