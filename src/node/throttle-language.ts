// Keeps a language backend within the share of the device that its owner allows: a step is a burst, and a rest follows it. Steps are not
// cut: how long one takes is the backend's to bound.
import type { LanguageBackend } from '#tensor/language-backend.ts'
import { pacedLanguageBackend } from '#tensor/paced-language-backend.ts'
import type { Pacer } from './pacer.ts'

/** `backend` held to the pace. Even with all of the device it lets the worker hear between bursts, so that a unit can be stopped. */
export function throttledLanguage(backend: LanguageBackend, pacer: Pacer): LanguageBackend {
  return pacedLanguageBackend(backend, {
    begin: () => pacer.check(),
    now: () => pacer.now(),
    // A step cannot wait before it begins, so whoever must wait does so behind the step before.
    async rest(elapsedMs) {
      await pacer.rest(elapsedMs)
      await pacer.ready()
    },
  })
}
