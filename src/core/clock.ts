// Time as a port: domain modules are handed a clock, so every rule can run under a simulated one.

/** The current time and timers. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number
  /** Calls `callback` once after `delayMs`; returns its cancellation. */
  after(delayMs: number, callback: () => void): () => void
}

/** The platform's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
