// A worker whose node gives up early where it waits for reveals: a node's timers are its worker's. For processes and for pages.
import { REVEAL_TIMEOUT_MS } from '#net/protocols/reveal/constants.ts'
import { BEGIN_AFTER_MS, CLOSE_WAIT_MS, DESK_WAIT_MS } from '#node/exchange.ts'
import type { WorkerHandle } from '#node/worker-link.ts'

/** How long a node waits for peers that do not reveal. */
const PATIENCE_MS: readonly number[] = [REVEAL_TIMEOUT_MS, BEGIN_AFTER_MS, CLOSE_WAIT_MS, DESK_WAIT_MS]

/** How much sooner that ends for whoever is impatient. */
const HURRY = 10

/** `delayMs`, or a fraction of it when it is one of those in which somebody waits for a reveal. */
export function hurried(delayMs: number, patienceMs: readonly number[]): number {
  return patienceMs.includes(delayMs) ? delayMs / HURRY : delayMs
}

/** A worker that is impatient while `isImpatient`. Heartbeats, pauses and idle channels are left alone. */
export function impatientWorker(open: () => WorkerHandle, isImpatient: () => boolean): () => WorkerHandle {
  return () => {
    const handle = open()
    const wait: WorkerHandle['api']['wait'] = (delayMs) =>
      handle.api.wait(isImpatient() ? hurried(delayMs, PATIENCE_MS) : delayMs)
    return { ...handle, api: { ...handle.api, wait } }
  }
}
