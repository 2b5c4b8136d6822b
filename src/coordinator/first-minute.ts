// What happens on a grid that was just started, for the page's tour: nodes come, a first job, its first certified unit. It only watches
// what happens anyway, from this process's start on, and remembers the first of each.
import type { Digest } from '#core/digest.ts'
import type { JobEvents } from './events.ts'
import type { LiveNodes } from './live-nodes.ts'
import { firstJobSince } from './store/jobs.ts'
import type { Db } from './store/schema.ts'

/** How far the first minute is. A step that has not happened is null. */
export type FirstMinuteState = {
  /** Admitted nodes that are here now. */
  readonly nodes: number
  readonly job: { readonly id: Digest; readonly kind: string; readonly replication: number } | null
  /** The first unit that was certified, and how many nodes agreed on it. */
  readonly certified: { readonly unit: Digest; readonly nodes: number } | null
}

/** What is watched. */
export type FirstMinuteParts = {
  readonly db: Db
  readonly nodes: Pick<LiveNodes, 'size' | 'onChange'>
  readonly events: Pick<JobEvents, 'onAny'>
  readonly sinceMs: number
  readonly report: (error: unknown) => void
}

/** The watch over one process's first minute. */
export class FirstMinute {
  readonly #parts: FirstMinuteParts
  readonly #listeners = new Set<() => void>()
  #state: FirstMinuteState = { nodes: 0, job: null, certified: null }
  #isLooking = false
  #isDue = false

  constructor(parts: FirstMinuteParts) {
    this.#parts = parts
    parts.nodes.onChange(() => this.#look())
    parts.events.onAny((_job, event) => {
      if (event.event === 'unit' && event.data.unit !== null && this.#state.certified === null)
        this.#set({ certified: { unit: event.data.unit, nodes: event.data.nodes.length } })
      this.#look()
    })
  }

  get state(): FirstMinuteState {
    return this.#state
  }

  /** Calls `listener` after every change; returns its removal. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** A job wakes who waits for work, so that is when one may have come. */
  #look(): void {
    const { db, nodes, report, sinceMs } = this.#parts
    if (nodes.size !== this.#state.nodes) this.#set({ nodes: nodes.size })
    this.#isDue = this.#state.job === null
    if (this.#isDue && !this.#isLooking) this.#findJob(db, sinceMs).catch(report)
  }

  /** Looks again when something woke it meanwhile: the job may be younger than the look. */
  async #findJob(db: Db, sinceMs: number): Promise<void> {
    this.#isLooking = true
    try {
      while (this.#isDue) {
        this.#isDue = false
        const found = await firstJobSince(db, sinceMs)
        if (found === null) continue
        const { kind, replication } = found.job.body
        this.#set({ job: { id: found.id, kind, replication } })
        return
      }
    } finally {
      this.#isLooking = false
    }
  }

  #set(change: Partial<FirstMinuteState>): void {
    this.#state = { ...this.#state, ...change }
    for (const listener of this.#listeners) listener()
  }
}
