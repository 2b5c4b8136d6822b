// One way to wait for an event: ends by the event, the signal or the clock, and always unsubscribes.
import type { Clock } from '#core/clock.ts'

/** Limits of a wait. Aborts and timeouts are the platform's: the signal's reason, or a DOMException named TimeoutError. */
export type WaitOptions = { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number | undefined }

/** Subscribes by `start`, which returns its unsubscription, and resolves or rejects as it says. `what` completes "Timed out waiting for …". */
export function waitFor<T>(
  clock: Clock,
  what: string,
  { signal, timeoutMs }: WaitOptions,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error)
      return
    }
    let isOver = false
    const cleanups: (() => void)[] = []
    const finish = (): boolean => {
      if (isOver) return false
      isOver = true
      for (const cleanup of cleanups) cleanup()
      return true
    }
    const onAbort = () => finish() && reject(signal?.reason as Error)
    signal?.addEventListener('abort', onAbort)
    cleanups.push(() => signal?.removeEventListener('abort', onAbort))
    if (timeoutMs !== undefined && Number.isFinite(timeoutMs))
      cleanups.push(clock.after(timeoutMs, () => finish() && reject(timeoutError(what, timeoutMs))))
    const stop = start(
      (value) => finish() && resolve(value),
      (error) => finish() && reject(error),
    )
    if (isOver) stop()
    else cleanups.push(stop)
  })
}

/** Resolves after `delayMs`, or throws the signal's reason. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return waitFor<void>(clock, 'a delay', { signal }, (resolve) => clock.after(delayMs, () => resolve()))
}

function timeoutError(what: string, timeoutMs: number): DOMException {
  return new DOMException(`Timed out after ${timeoutMs} ms waiting for ${what}.`, 'TimeoutError')
}
