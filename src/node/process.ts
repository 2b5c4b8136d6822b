// Composition of a node in a Node process: a worker thread with the reference backend, a peer of Node, a key that the caller keeps.
import { systemClock } from '#core/clock.ts'
import type { Digest } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { AppError } from '#core/errors.ts'
import { systemRandom } from '#core/random.ts'
import { createNodePeer } from '#net/node-peer.ts'
import { KINDS, kindOf } from '#work/kinds.ts'
import { type NodeContribution, type NodeParts, startNode } from './contribution.ts'
import { httpDrawSource } from './draw-source.ts'
import { type EvidencePlace, EvidenceStore, memoryPlace } from './evidence-store.ts'
import { openExchange } from './exchange.ts'
import { httpLogSource } from './log-source.ts'
import type { CheckpointPlace } from './log-witness.ts'
import { fetchNetworkInfo } from './network-info.ts'
import type { Consent, NodeState } from './state.ts'
import { type Tally, memoryTally } from './tally.ts'
import { openThreadWorker } from './thread-worker.ts'

/** What a process needs to contribute. */
export type ProcessNodeOptions = {
  /** Address of the coordinator, e.g. http://localhost:4747. */
  readonly coordinator: string
  readonly consent: Consent
  /** The session key: the node's identity and the account that earns. */
  readonly signer: Signer
  /** Whether the key will be there next time. */
  readonly isKeyKept?: boolean
  /** Counts units across restarts; the count starts anew when omitted, and the coordinator takes no beats until it has caught up. */
  readonly tally?: Tally
  /** Where evidence of broken rules is kept; it ends with the process when omitted. */
  readonly evidence?: EvidencePlace
  /** Where the largest checkpoint that was seen of a network's log is kept; it ends with the process when omitted. */
  readonly logPlace?: (network: Digest) => CheckpointPlace
  /** Directory for the files of models, which nodes of one machine can share; in memory when omitted. */
  readonly modelFolder?: string
  readonly onState?: (state: NodeState) => void
}

/** Starts a node in this process. */
export function startProcessNode(options: ProcessNodeOptions): NodeContribution {
  const node = startNode(processParts(options))
  if (options.onState !== undefined) node.onChange(options.onState)
  return node
}

/** What such a node is made of. */
export function processParts(options: ProcessNodeOptions): NodeParts {
  const {
    coordinator,
    consent,
    signer,
    isKeyKept = true,
    tally = memoryTally(),
    evidence = memoryPlace(),
    logPlace = () => memoryPlace(),
    modelFolder,
  } = options
  return {
    consent,
    preferred: 'cpu',
    kinds: KINDS,
    findKind: kindOf,
    clock: systemClock,
    random: systemRandom,
    tally,
    evidence: new EvidenceStore(evidence),
    obtainIdentity: async () => ({
      signer,
      beatKey: signer,
      isPersistent: isKeyKept,
      delegation: () => null,
      protect: () => Promise.reject(new NoPersonError()),
      close: () => {},
    }),
    fetchNetwork: (signal) => fetchNetworkInfo(coordinator, fetch, signal),
    log: httpLogSource(coordinator, fetch),
    logPlace,
    draws: httpDrawSource(coordinator, fetch),
    openWorker: () => openThreadWorker(modelFolder),
    openPeer: createNodePeer,
    openExchange,
  }
}

/** A process has nobody to ask for a passkey. */
export class NoPersonError extends AppError {
  override readonly name = 'node.NoPerson'
  constructor() {
    super('input', 'A Node process cannot make a passkey: contribute from the page to protect a key with one.')
  }
}
