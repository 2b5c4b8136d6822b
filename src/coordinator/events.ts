// What happens to jobs, told to whoever listens: in memory only, the store says where a job stands.
import type { Digest } from '#core/digest.ts'
import type { ContentRef } from '#core/content.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError, type ErrorRecord } from '#core/errors.ts'

/** One thing that happened to a job. `unit` and `nodes` are null and empty in the event that only tells the present state. */
export type JobEvent =
  | {
      readonly event: 'unit'
      readonly data: {
        readonly done: number
        readonly total: number
        readonly unit: Digest | null
        readonly nodes: readonly PublicKey[]
      }
    }
  | {
      readonly event: 'dispute'
      readonly data: { readonly unit: Digest; readonly node: PublicKey; readonly proof: Digest }
    }
  | { readonly event: 'done'; readonly data: { readonly result: ContentRef; readonly certificate: Digest } }
  | { readonly event: 'failed'; readonly data: { readonly error: ErrorRecord } }

/** Listeners over all jobs: each holds a connection open. */
export const MAX_LISTENERS = 1_000

/** Told of each event of one job. */
export type JobListener = (event: JobEvent) => void

/** Hands events of jobs to their listeners. */
export class JobEvents {
  readonly #listeners = new Map<Digest, Set<JobListener>>()
  readonly #observers: ((job: Digest, event: JobEvent) => void)[] = []
  #count = 0

  /** How many listen. */
  get count(): number {
    return this.#count
  }

  /** Calls `listener` for each event of `job`; returns its removal. Throws {@link TooManyListenersError}. */
  subscribe(job: Digest, listener: JobListener): () => void {
    if (this.#count >= MAX_LISTENERS) throw new TooManyListenersError()
    const listeners = this.#listeners.get(job) ?? new Set()
    this.#listeners.set(job, listeners.add(listener))
    this.#count++
    return () => {
      if (!listeners.delete(listener)) return
      this.#count--
      if (listeners.size === 0 && this.#listeners.get(job) === listeners) this.#listeners.delete(job)
    }
  }

  /** Calls `listener` for each event of any job. */
  onAny(listener: (job: Digest, event: JobEvent) => void): void {
    this.#observers.push(listener)
  }

  /** Tells the listeners of `job`. */
  emit(job: Digest, event: JobEvent): void {
    for (const observer of this.#observers) observer(job, event)
    for (const listener of this.#listeners.get(job) ?? []) listener(event)
  }
}

/** Too many connections listen for events. */
export class TooManyListenersError extends AppError {
  override readonly name = 'coordinator.TooManyListeners'
  constructor() {
    super('unavailable', `More than ${MAX_LISTENERS} connections listen for events: ask for the job's state instead.`)
  }
}
