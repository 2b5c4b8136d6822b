// Keeps a language backend within the share of the device that its owner allows: a step is a burst, and a pause follows it.
import type { LanguageBackend } from '#tensor/language-backend.ts'
import { pacedLanguageBackend } from '#tensor/paced-language-backend.ts'
import { BURST_MS, type ThrottleOptions } from './throttle.ts'

/** A language backend that rests, and the time it was busy. */
export type ThrottledLanguageBackend = LanguageBackend & { busyMs(): number }

/** `backend` held to `options.share`. Even with all of the device it lets the worker hear between bursts, so that a unit can be stopped. */
export function throttledLanguage(backend: LanguageBackend, options: ThrottleOptions): ThrottledLanguageBackend {
  const { share, check, now, pause } = options
  let busyMs = 0
  let burstMs = 0
  const paced = pacedLanguageBackend(backend, {
    begin: check,
    now,
    async rest(elapsedMs) {
      busyMs += elapsedMs
      burstMs += elapsedMs
      if (burstMs < BURST_MS && share >= 1) return
      const restMs = (burstMs * (1 - share)) / share
      burstMs = 0
      await pause(restMs)
    },
  })
  return { ...paced, busyMs: () => busyMs }
}
