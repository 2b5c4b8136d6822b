// How nodes break the rules: what each puts in the place of an honest node's parts. The same for nodes of processes and of pages.
import type { Digest } from '#core/digest.ts'
import type { NodeParts } from '#node/contribution.ts'
import type { WorkerHandle } from '#node/worker-link.ts'
import { framingExchange, openSplittingExchange, withholdingExchange } from '../../support/misbehaving-exchanges.ts'
import {
  type OldResult,
  fastestWorker,
  keepingWorker,
  openCopyingExchange,
  replayingWorker,
  wrongTileWorker,
} from '../../support/misbehaving-nodes.ts'

/** What a node has at hand where it runs: a worker of its own, and what it knows of units that were certified before. */
export type Means = { readonly openWorker: () => WorkerHandle; readonly old: ReadonlyMap<Digest, OldResult> }

/** A way to break the rules. */
export type Conduct =
  | 'forger'
  | 'copier'
  | 'replayer'
  | 'equivocator'
  | 'framer'
  | 'leaver'
  | 'late'
  | 'silent to peers'
  | 'silent to the coordinator'

/** Parts by conduct. Each says that it is the fastest, so that it becomes a primary. */
const CONDUCTS: Readonly<Record<Conduct, (means: Means) => Partial<NodeParts>>> = {
  forger: ({ openWorker }) => ({ openWorker: wrongTileWorker(openWorker) }),
  copier: ({ openWorker }) => ({ openWorker, openExchange: openCopyingExchange }),
  replayer: ({ openWorker, old }) => ({ openWorker: replayingWorker(openWorker, old) }),
  equivocator: ({ openWorker }) => ({ openWorker, openExchange: openSplittingExchange }),
  framer: ({ openWorker }) => ({ openWorker, openExchange: framingExchange(() => {}) }),
  leaver: ({ openWorker }) => ({ openWorker: keepingWorker(openWorker) }),
  late: ({ openWorker }) => ({ openWorker, openExchange: withholdingExchange('everyone in time') }),
  'silent to peers': ({ openWorker }) => ({ openWorker, openExchange: withholdingExchange('peers') }),
  'silent to the coordinator': ({ openWorker }) => ({ openWorker, openExchange: withholdingExchange('coordinator') }),
}

/** What makes an honest node behave so. */
export function partsOf(conduct: Conduct, { openWorker, old }: Means): Partial<NodeParts> {
  return CONDUCTS[conduct]({ openWorker: fastestWorker(openWorker), old })
}
