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
import { type ChosenLanguage, chooseLanguage } from './language-choice.ts'
import { type LocalStore, openLocalStore } from './local-store.ts'
import { ASSUMED_MEMORY_BYTES } from './model-limit.ts'
import { opfsFolder } from './opfs-folder.ts'
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

/** The faster of WebGPU and WebAssembly, by a trial for each adapter; an emulated GPU is not tried, since it computes on the same processor. */
const openLanguage = async ({ adapter, backend, isSoftware }: BackendInfo): Promise<ChosenLanguage> => {
  const wasm = { name: 'WebAssembly', open: async () => openWasmLanguageBackend(await loadKernels()) }
  const webgpu = { name: 'the GPU', open: () => openWebGpuLanguageBackend() }
  return chooseLanguage(backend === 'webgpu' && !isSoftware ? [webgpu, wasm] : [wasm], {
    cache: tuningCache(await openLocalStore()),
    // Threads make the other side faster: an isolated page and one that is not may choose otherwise.
    key: `${adapter}, ${globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1} threads`,
    now: () => performance.now(),
  })
}

/** Browsers tell memory in GiB, 8 at most, or not at all. */
function memoryBytes(): number {
  const { deviceMemory } = navigator as { deviceMemory?: number }
  return deviceMemory === undefined ? ASSUMED_MEMORY_BYTES : deviceMemory * 2 ** 30
}

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
    openFolder: async () => (await opfsFolder()) ?? memoryFolder(),
    findKind: ({ kind, version }) => kindOf(kind, version),
    clock: systemClock,
    memoryBytes: memoryBytes(),
  }),
)
