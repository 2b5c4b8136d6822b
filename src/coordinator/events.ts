// What happens to jobs, told to whoever listens: in memory only, the store says where a job stands.
import type { Digest } from '#core/digest.ts'
import type { ContentRef } from '#core/content.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { AppError, type ErrorRecord } from '#core/errors.ts'
import type { ClaimedProgress } from '#verify/progress.ts'

/** What a node claims of a unit's result so far: for who asked for the job, and for nobody who may be computing it too. */
export type ProgressEvent = { readonly event: 'progress'; readonly data: ClaimedProgress }

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

/** Told of progress too; while one listens, nodes are asked for it. */
export type JobFollower = (event: JobEvent | ProgressEvent) => void

/** Hands events of jobs to their listeners. */
export class JobEvents {
  readonly #listeners = new Map<Digest, Set<JobListener>>()
  readonly #followers = new Map<Digest, Set<JobFollower>>()
  readonly #observers: ((job: Digest, event: JobEvent) => void)[] = []
  readonly #askers: ((job: Digest) => void)[] = []
  #count = 0

  /** How many listen. */
  get count(): number {
    return this.#count
  }

  /** Calls `listener` for each event of `job`; returns its removal. Throws {@link TooManyListenersError}. */
  subscribe(job: Digest, listener: JobListener): () => void {
    return this.#enter(this.#listeners, job, listener)
  }

  /** Calls `follower` for each event of `job` and for its progress, what is known of it first. The caller has made sure that it may be told. */
  follow(job: Digest, follower: JobFollower): () => void {
    const leave = this.#enter(this.#followers, job, follower)
    for (const ask of this.#askers) ask(job)
    return leave
  }

  /** Whether anybody follows `job`. */
  isFollowed(job: Digest): boolean {
    return this.#followers.has(job)
  }

  /** Calls `ask` whenever somebody begins to follow a job. */
  onFollow(ask: (job: Digest) => void): void {
    this.#askers.push(ask)
  }

  /** Calls `listener` for each event of any job. */
  onAny(listener: (job: Digest, event: JobEvent) => void): void {
    this.#observers.push(listener)
  }

  /** Tells the listeners of `job`. */
  emit(job: Digest, event: JobEvent): void {
    for (const observer of this.#observers) observer(job, event)
    for (const listener of this.#listeners.get(job) ?? []) listener(event)
    for (const follower of this.#followers.get(job) ?? []) follower(event)
  }

  /** Tells the followers of `job`. */
  emitProgress(job: Digest, data: ClaimedProgress): void {
    for (const follower of this.#followers.get(job) ?? []) follower({ event: 'progress', data })
  }

  #enter<T>(all: Map<Digest, Set<T>>, job: Digest, listener: T): () => void {
    if (this.#count >= MAX_LISTENERS) throw new TooManyListenersError()
    const listeners = all.get(job) ?? new Set()
    all.set(job, listeners.add(listener))
    this.#count++
    return () => {
      if (!listeners.delete(listener)) return
      this.#count--
      if (listeners.size === 0 && all.get(job) === listeners) all.delete(job)
    }
  }
}

/** Too many connections listen for events. */
export class TooManyListenersError extends AppError {
  override readonly name = 'coordinator.TooManyListeners'
  constructor() {
    super('unavailable', `More than ${MAX_LISTENERS} connections listen for events: ask for the job's state instead.`)
  }
}
