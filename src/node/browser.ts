// Composition of a node in a page: the session kept by the browser, a module worker with the GPU, libp2p with WebRTC on the main thread.
// Nothing here touches the GPU: the worker does, when it is opened with a consent.
import { systemClock } from '#core/clock.ts'
import { systemRandom } from '#core/random.ts'
import { createBrowserPeer } from '#net/browser-peer.ts'
import { KINDS, kindOf } from '#work/kinds.ts'
import { obtainPageIdentity } from './page-identity.ts'
import { openPageWorker } from './page-worker.ts'
import { type NodeParts, startNode } from './contribution.ts'
import { httpDrawSource } from './draw-source.ts'
import { type EvidencePlace, EvidenceStore } from './evidence-store.ts'
import { openExchange } from './exchange.ts'
import { watchPage } from './guest/page-signals.ts'
import { openLocalStore } from './local-store.ts'
import { httpLogSource } from './log-source.ts'
import { fetchNetworkInfo } from './network-info.ts'
import type { Consent, Contribution, NodeState } from './state.ts'
import { type Tally, countOf } from './tally.ts'

const UNITS_DONE = 'units-done'
const EVIDENCE = 'evidence'

/** What a page needs to contribute. */
export type BrowserNodeOptions = {
  /** Address of the coordinator: the page's own origin as a rule. */
  readonly coordinator: string | URL
  readonly consent: Consent
  readonly onState?: (state: NodeState) => void
  /** Stops the node when it aborts. */
  readonly signal?: AbortSignal
}

/** Starts a node in this page. It resolves at once; the contribution's state says how it goes, also when it cannot start. */
export async function startContribution(options: BrowserNodeOptions): Promise<Contribution> {
  options.signal?.throwIfAborted()
  const node = startNode(browserParts(options))
  if (options.onState !== undefined) node.onChange(options.onState)
  const stop = () => void node.stop()
  options.signal?.addEventListener('abort', stop, { once: true })
  // A page that goes away says goodbye as far as it still can.
  globalThis.addEventListener('pagehide', stop, { once: true })
  return node
}

/** What such a node is made of. */
export function browserParts({ coordinator, consent }: Omit<BrowserNodeOptions, 'onState'>): NodeParts {
  return {
    consent,
    preferred: 'webgpu',
    kinds: KINDS,
    findKind: kindOf,
    clock: systemClock,
    random: systemRandom,
    tally: pageTally(),
    evidence: new EvidenceStore(pagePlace()),
    obtainIdentity: () => obtainPageIdentity(),
    fetchNetwork: (signal) => fetchNetworkInfo(String(coordinator), (...call) => fetch(...call), signal),
    log: httpLogSource(String(coordinator), (...call) => fetch(...call)),
    logPlace: (network) => pagePlace(`log/${network}`),
    draws: httpDrawSource(String(coordinator), (...call) => fetch(...call)),
    openWorker: openPageWorker,
    watchSignals: watchPage,
    openPeer: createBrowserPeer,
    openExchange,
  }
}

/** The tally beside the session key, in the same browser. */
function pageTally(): Tally {
  const store = openLocalStore()
  return {
    load: async () => countOf(await (await store).get(UNITS_DONE)),
    save: async (unitsDone) => (await store).set(UNITS_DONE, unitsDone),
  }
}

/** Evidence beside it. Of two tabs that catch somebody at once the later one's writing stays. */
export function pagePlace(name = EVIDENCE): EvidencePlace {
  const store = openLocalStore()
  return {
    load: async () => {
      const text = await (await store).get(name)
      return typeof text === 'string' ? text : undefined
    },
    save: async (text) => (await store).set(name, text),
  }
}
