// Getting a unit's result here: replicas that gave it are asked for its bytes, each once, in time or not at all.
import { contentId } from '#core/content.ts'
import type { Unit } from '#work/unit.ts'
import { isComplete } from '#coordinator/blobs/blob-directory.ts'
import { insertContent } from '#coordinator/store/contents.ts'
import type { RevealedReplica } from './evidence.ts'
import type { Replica } from './replica.ts'
import type { SessionParts } from './session-parts.ts'

/** From the request to the last part of a result: 1 GiB at 4 MB/s. */
export const DELIVERY_DEADLINE_MS = 300_000

/** What a delivery needs. */
export type DeliveryParts = Pick<SessionParts, 'grid' | 'kind' | 'deliveries'> & {
  readonly unit: Unit
  /** A result that was asked for is here. */
  readonly onStored: () => void
}

/** The deliveries of one unit. Stop them. */
export class ResultDelivery {
  readonly #parts: DeliveryParts
  readonly #asked = new Map<Replica, () => void>()

  constructor(parts: DeliveryParts) {
    this.#parts = parts
  }

  /** Whether the result is here; it may have come with another job. From then on it counts as used. */
  async isHere({ revealed }: RevealedReplica): Promise<boolean> {
    const { grid, kind, unit } = this.#parts
    const id = contentId(kind.resultLayout(unit), revealed.leaves)
    // Its bytes are counted with the job's result, which shares its parts.
    await insertContent(grid.store.db, id, 0, grid.clock.nowMs())
    const content = await grid.blobs.find(id)
    return content !== null && isComplete(content)
  }

  /** Asks a replica for its result, once. False when it is gone and was not asked before. */
  async ask({ replica, revealed }: RevealedReplica): Promise<boolean> {
    if (this.#asked.has(replica)) return true
    if (replica.end !== undefined) return false
    const { grid, kind, deliveries, unit, onStored } = this.#parts
    const { id } = await grid.blobs.announce(kind.resultLayout(unit), revealed.leaves)
    this.#asked.set(replica, deliveries.expect(replica.id, { from: replica.node, id, onStored }))
    replica.say({ say: 'deliver' })
    replica.after(DELIVERY_DEADLINE_MS, () => replica.lose('it did not deliver its result'))
    return true
  }

  /** Takes no result any more. */
  stop(): void {
    for (const stop of this.#asked.values()) stop()
  }
}
