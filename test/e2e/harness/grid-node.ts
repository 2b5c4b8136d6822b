// A node in a page, composed like the product's page composes it; some of them break the rules.
import type { ContributorPeer } from '#net/contributor-peer.ts'
import type { TrafficRow } from '#net/traffic.ts'
import { browserParts } from '#node/browser.ts'
import { type NodeContribution, type NodeParts, startNode } from '#node/contribution.ts'
import { openPageWorker } from '#node/page-worker.ts'
import type { NodeState } from '#node/state.ts'
import { openSplittingExchange } from '../../support/misbehaving-exchanges.ts'
import { fastestWorker, openCopyingExchange, wrongTileWorker } from '../../support/misbehaving-nodes.ts'

/** How a node behaves. */
export type Behaviour = 'honest' | 'wrong' | 'copier' | 'equivocator'

/** What the spec calls in the page. */
export type GridNodeHarness = {
  start(coordinator: string, behaviour: Behaviour): Promise<NodeState>
  state(): NodeState
  traffic(): TrafficRow[]
  /** Ends the worker and the page's network at once, as a closed lid does. */
  stop(): Promise<number>
}

declare global {
  interface Window {
    gridNode: GridNodeHarness
  }
}

const CHANGES: Record<Behaviour, Partial<NodeParts>> = {
  honest: {},
  wrong: { openWorker: wrongTileWorker(openPageWorker) },
  copier: { openExchange: openCopyingExchange },
  equivocator: { openWorker: fastestWorker(openPageWorker), openExchange: openSplittingExchange },
}

let node: NodeContribution | undefined
let peer: ContributorPeer | undefined

function running(): NodeContribution {
  if (node === undefined) throw new Error('The node was not started.')
  return node
}

window.gridNode = {
  async start(coordinator, behaviour) {
    const consent = { gpuShare: 1, expiresMs: Date.now() + 3_600_000, site: null }
    const parts = { ...browserParts({ coordinator, consent }), ...CHANGES[behaviour] }
    const started = startNode({
      ...parts,
      openPeer: async (options) => {
        peer = await parts.openPeer(options)
        return peer
      },
    })
    node = started
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
  async stop() {
    const startMs = performance.now()
    await running().stop()
    return performance.now() - startMs
  },
}
