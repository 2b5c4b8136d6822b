// The devices of a page's workers: the GPU, or what stands in for it, with what this browser learned of their kernels. The only file of
// the runtime that knows the GPU.
import { toHex } from '#core/bytes.ts'
import { toErrorRecord } from '#core/errors.ts'
import { systemRandom } from '#core/random.ts'
import { webGpuLanguageVariants } from '#gpu/language/variants.ts'
import { openWebGpuBackend } from '#gpu/webgpu-backend.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-page.ts'
import { type KernelCache, forgetful } from './kernel-cache.ts'
import { chooseProvenLanguage } from './language-candidates.ts'
import { openLocalStore } from './local-store.ts'
import type { DeviceOpeners } from './open-devices.ts'

/** WebGPU, tested and tuned for the adapter, or the TypeScript reference where there is none that is right. */
export const openBackend: DeviceOpeners['openBackend'] = async (preferred, isFresh) => {
  if (preferred === 'cpu') return { backend: await openCpuBackend(), note: '' }
  try {
    const backend = await openWebGpuBackend({ cache: await kernelCache(isFresh) })
    try {
      const { replaced } = await backend.tune()
      const names = replaced.join(', ')
      return {
        backend,
        note: names === '' ? '' : `This GPU computes wrongly with the kernels ${names}; others are used.`,
      }
    } catch (error) {
      await backend.close()
      throw error
    }
  } catch (error) {
    const { message } = toErrorRecord(error)
    return { backend: await openCpuBackend(), note: `${message} Computing on the CPU instead, much slower.` }
  }
}

/** The faster of WebGPU and WebAssembly, by a trial for each adapter; an emulated GPU is not tried, since it computes on the same processor. */
export const openLanguage: DeviceOpeners['openLanguage'] = async ({ adapter, backend, isSoftware }, isFresh) => {
  const wasm = {
    name: 'WebAssembly',
    look: async () => {
      const kernels = await loadKernels()
      return {
        key: kernels.digest,
        variants: [{ name: 'WebAssembly', open: async () => openWasmLanguageBackend(kernels) }],
      }
    },
  }
  const webgpu = { name: 'the GPU', look: () => webGpuLanguageVariants() }
  return chooseProvenLanguage(backend === 'webgpu' && !isSoftware ? [webgpu, wasm] : [wasm], {
    cache: await kernelCache(isFresh),
    // Threads make the other side faster: an isolated page and one that is not may choose otherwise.
    key: `${adapter}, ${globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1} threads`,
    driver: navigator.userAgent,
    now: () => performance.now(),
    seed: toHex(systemRandom.bytes(32)),
  })
}

/** What was learned of the kernels in this browser; nothing when it is to be learned anew. */
async function kernelCache(isFresh: boolean): Promise<KernelCache> {
  const store = await openLocalStore()
  const cache: KernelCache = {
    async get(key) {
      const value = await store.get(key)
      return typeof value === 'string' ? value : undefined
    },
    set: (key, value) => store.set(key, value),
  }
  return isFresh ? forgetful(cache) : cache
}
