// The worker's entry in a page: a dedicated module worker, and the only file of the runtime that knows the GPU.
import { systemClock } from '#core/clock.ts'
import { toErrorRecord } from '#core/errors.ts'
import { openWebGpuLanguageBackend } from '#gpu/language/language-backend.ts'
import type { TuningCache } from '#gpu/tuning.ts'
import { openWebGpuBackend } from '#gpu/webgpu-backend.ts'
import type { BackendInfo } from '#tensor/backend.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-page.ts'
import { kindOf } from '#work/kinds.ts'
import { memoryFolder } from './file-folder.ts'
import { type LocalStore, openLocalStore } from './local-store.ts'
import { type BackendOpener, UnitWorker } from './worker-api.ts'
import { serveWorker } from './worker-link.ts'

/** WebGPU, tuned once per adapter, or the TypeScript reference where there is none. */
const openBackend: BackendOpener = async (preferred) => {
  if (preferred === 'cpu') return { backend: await openCpuBackend(), note: '' }
  try {
    const backend = await openWebGpuBackend({ cache: tuningCache(await openLocalStore()) })
    return { backend, note: '' }
  } catch (error) {
    const { message } = toErrorRecord(error)
    return { backend: await openCpuBackend(), note: `${message} Computing on the CPU instead, much slower.` }
  }
}

/** WebGPU beside a real GPU; WebAssembly otherwise, which an emulated one cannot match. */
const openLanguage = async ({ backend, isSoftware }: BackendInfo) =>
  backend === 'webgpu' && !isSoftware ? openWebGpuLanguageBackend() : openWasmLanguageBackend(await loadKernels())

function tuningCache(store: LocalStore): TuningCache {
  return {
    async get(key) {
      const value = await store.get(key)
      return typeof value === 'string' ? value : undefined
    },
    set: (key, value) => store.set(key, value),
  }
}

serveWorker(
  new UnitWorker({
    openBackend,
    openLanguage,
    openFolder: async () => memoryFolder(),
    findKind: ({ kind, version }) => kindOf(kind, version),
    clock: systemClock,
  }),
)
