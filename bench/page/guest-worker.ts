// In a worker of the page: products on WebGPU without an end, behind the worker's own gate and pacer, and how long the queue had something to do.
import { expose } from 'comlink'
import { systemClock } from '#core/clock.ts'
import { openWebGpuBackend } from '#gpu/webgpu-backend.ts'
import { GuestGate } from '#node/guest/gate.ts'
import type { GuestSignals } from '#node/guest/signals.ts'
import { Pacer } from '#node/pacer.ts'
import { throttled } from '#node/throttle.ts'

/** Rows, columns and inner dimension of the products. */
const SIDE = 1024

/** Shares of the time: by the pacer, and by the queue between a submission and the end of its work. `eased` is the time with less than the cap. */
export type GuestShares = {
  readonly adapter: string
  readonly pacer: number
  readonly queue: number
  readonly eased: number
}

let gate: GuestGate | undefined
let signals: GuestSignals | null = null

const worker = {
  setSignals(told: GuestSignals): void {
    signals = told
    gate?.setSignals(told)
  },

  /** Multiplies for `seconds` under a cap of `share`, after one product that compiles and tunes. */
  async run(share: number, seconds: number): Promise<GuestShares> {
    const queue = watchQueue()
    const bare = await openWebGpuBackend()
    await bare.tune()
    const consent = { gpuShare: share, expiresMs: Date.now() + 3_600_000, site: null }
    const gateHere = new GuestGate({ consent, signals, clock: systemClock, onStatus: () => {} })
    gate = gateHere
    const pacer = new Pacer({
      pace: () => gateHere.decision,
      check: () => gateHere.check(),
      ready: () => gateHere.ready(),
      now: () => performance.now(),
      pause: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
    })
    const backend = throttled(bare, pacer)
    const matrix = () => new Int8Array(SIDE * SIDE).map((_, at) => (at * 7919) % 255)
    const [a, b] = [matrix(), matrix()]
    const end = new AbortController()
    const startMs = performance.now()
    const [startBusyMs, startQueueMs] = [pacer.busyMs, queue()]
    const stop = setTimeout(() => end.abort(), seconds * 1000)
    let easedMs = 0
    let lastMs = startMs
    const watchEasing = setInterval(() => {
      const nowMs = performance.now()
      if (gateHere.decision.share < share) easedMs += nowMs - lastMs
      lastMs = nowMs
    }, 100)
    try {
      for (;;) await backend.matmulInt8(a, b, { m: SIDE, k: SIDE, n: SIDE }, { signal: end.signal })
    } catch (error) {
      if (!end.signal.aborted) throw error
    } finally {
      clearTimeout(stop)
      clearInterval(watchEasing)
    }
    const elapsedMs = performance.now() - startMs
    const shares = {
      adapter: backend.info.adapter,
      pacer: (pacer.busyMs - startBusyMs) / elapsedMs,
      queue: (queue() - startQueueMs) / elapsedMs,
      eased: easedMs / elapsedMs,
    }
    gateHere.close()
    await backend.close()
    return shares
  },
}
expose(worker)

/** What the page sees. */
export type GuestWorker = typeof worker

/** Milliseconds for which a queue had work that was submitted and not finished, by the platform's own word. */
function watchQueue(): () => number {
  let busyMs = 0
  let sinceMs = 0
  let open = 0
  // oxlint-disable-next-line typescript/unbound-method -- called on the queue it was called on
  const { submit } = GPUQueue.prototype
  GPUQueue.prototype.submit = function (this: GPUQueue, buffers) {
    if (open++ === 0) sinceMs = performance.now()
    submit.call(this, buffers)
    const finish = () => {
      if (--open === 0) busyMs += performance.now() - sinceMs
    }
    this.onSubmittedWorkDone().then(finish, finish)
    return undefined
  }
  return () => busyMs + (open > 0 ? performance.now() - sinceMs : 0)
}
