// Language models as the coordinator runs them, for possession tags and disputes: on WebAssembly, in its own thread, which it lets go
// between steps so that nodes and requesters do not wait for a check.
import { setImmediate } from 'node:timers/promises'
import { ModelCache } from '#model/model-cache.ts'
import { pacedLanguageBackend } from '#tensor/paced-language-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'

/** Models on WebAssembly; the kernels are compiled when the first model is used. */
export function openModels(): ModelCache {
  return new ModelCache(async () =>
    pacedLanguageBackend(openWasmLanguageBackend(await loadKernels()), {
      begin: () => undefined,
      rest: () => setImmediate(),
      now: () => performance.now(),
    }),
  )
}
