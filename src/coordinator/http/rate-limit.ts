// Token buckets by remote address for requests that write: a flood from one address is slowed down, an upload at full speed is not.
import type { Clock } from '#core/clock.ts'
import { AppError } from '#core/errors.ts'

/** A bucket's rate and size. */
export type RateLimit = { readonly perSecond: number; readonly burst: number }

/** Writes: 500 parts of 64 KiB a second are 32 MB/s from one address. */
export const WRITE_LIMIT: RateLimit = { perSecond: 500, burst: 5_000 }

/** New accounts, each of which mints a grant: a classroom behind one address gets through, a script does not get far. */
export const ACCOUNT_LIMIT: RateLimit = { perSecond: 100 / 3600, burst: 100 }

/** Addresses remembered for one limit; the oldest is forgotten first, so a flood of addresses cannot fill the memory. */
export const MAX_ADDRESSES = 10_000

/** One limit over all addresses. */
export class RateLimiter {
  readonly #limit: RateLimit
  readonly #clock: Clock
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>()

  constructor(limit: RateLimit, clock: Clock) {
    this.#limit = limit
    this.#clock = clock
  }

  /** Takes one token of `address`. Throws {@link RateLimitedError} when there is none. */
  take(address: string): void {
    const nowMs = this.#clock.nowMs()
    const { perSecond, burst } = this.#limit
    const known = this.#buckets.get(address)
    const tokens =
      known === undefined ? burst : Math.min(burst, known.tokens + (Math.max(0, nowMs - known.atMs) * perSecond) / 1000)
    if (tokens < 1) throw new RateLimitedError(Math.ceil((1 - tokens) / perSecond))
    this.#buckets.delete(address)
    this.#buckets.set(address, { tokens: tokens - 1, atMs: nowMs })
    const oldest = this.#buckets.size > MAX_ADDRESSES ? this.#buckets.keys().next() : undefined
    if (oldest?.done === false) this.#buckets.delete(oldest.value)
  }
}

/** An address asks too often. */
export class RateLimitedError extends AppError {
  override readonly name = 'coordinator.RateLimited'
  constructor(retrySeconds: number) {
    super('unavailable', `Too many requests from this address: try again in ${retrySeconds} s.`)
  }
}
