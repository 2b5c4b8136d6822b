// Where the nodes of an arena run, honest ones and others: here as threads of this process; page-nodes.ts has them in real pages.
import { utf8 } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import type { SiteShare } from '#identity/split.ts'
import type { NodeParts } from '#node/contribution.ts'
import { type EvidencePlace, EvidenceStore, memoryPlace } from '#node/evidence-store.ts'
import type { Contribution } from '#node/state.ts'
import { openThreadWorker } from '#node/thread-worker.ts'
import type { LiveGrid } from '../../support/live-grid.ts'
import type { OldResult } from '../../support/misbehaving-nodes.ts'
import type { ShiftingClock } from '../../support/shifting-clock.ts'
import { type Conduct, partsOf } from './conducts.ts'

/** A node of an arena, wherever it runs. */
export type ArenaNode = Pick<Contribution, 'state' | 'onChange' | 'stop'>

/** Opens nodes. */
export interface ArenaNodes {
  /** A node that has joined and waits for work. */
  open(conduct: Conduct | 'honest'): Promise<ArenaNode>
  /** Whoever begins to wait for a reveal from now on gives up early, or not. Adversaries are never in a hurry. */
  setImpatient(isImpatient: boolean): Promise<void>
  /** Lets adversaries know of a unit that was certified. */
  learn(unit: Digest, result: OldResult): Promise<void>
  /** Documents that `node` has written where they outlast it. */
  evidenceOf(node: ArenaNode): Promise<readonly Uint8Array<ArrayBuffer>[]>
  /** Stops all of them. */
  close(): Promise<void>
}

/** A site that nodes work on, wherever they run. */
export const SITE = 'https://garden.example'

/** A fifth for an account that nobody else has. */
export function siteShare(seed: string): SiteShare {
  return { account: signerFromSecret(seededRandom(`${seed}/site`).bytes(32)).publicKey, percent: 20 }
}

/** How nodes are opened: what of their credit they sign away to {@link SITE}, nothing when left out. */
export type NodeOptions = { readonly share?: SiteShare }

/** Nodes of this process, each with its worker in a thread. The grid stops them. */
export function nodesInThreads(grid: LiveGrid, clock: ShiftingClock, { share }: NodeOptions = {}): ArenaNodes {
  const old = new Map<Digest, OldResult>()
  const places = new Map<ArenaNode, EvidencePlace>()
  return {
    async open(conduct) {
      const place = memoryPlace()
      const parts =
        conduct === 'honest'
          ? { openWorker: clock.worker(openThreadWorker) }
          : partsOf(conduct, { openWorker: openThreadWorker, old })
      const node = await grid.node({ ...parts, ...consentTo(share), evidence: new EvidenceStore(place) })
      places.set(node, place)
      return node
    },
    async setImpatient() {
      // They follow the arena's clock.
    },
    async learn(unit, result) {
      old.set(unit, result)
    },
    async evidenceOf(node) {
      const store = new EvidenceStore(places.get(node) ?? memoryPlace())
      await store.load()
      return store.kept.map(({ body }) => utf8(body))
    },
    async close() {
      // The grid stops them.
    },
  }
}

function consentTo(split: SiteShare | undefined): Partial<NodeParts> {
  return split === undefined ? {} : { consent: { gpuShare: 1, expiresMs: Date.now() + 3_600_000, site: SITE, split } }
}
