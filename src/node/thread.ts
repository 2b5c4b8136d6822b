// The worker's entry in a Node process: a worker thread with the TypeScript reference backend and, for language models, WebAssembly,
// spoken to over the port in its workerData.
// It must not import gpu, whose shaders plain Node cannot load.
import { cpus, totalmem } from 'node:os'
import { type MessagePort as ThreadPort, workerData } from 'node:worker_threads'
import type { Endpoint } from 'comlink'
import { toHex } from '#core/bytes.ts'
import { systemClock } from '#core/clock.ts'
import { systemRandom } from '#core/random.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels, spareThreads } from '#wasm/load-node.ts'
import { kindOf } from '#work/kinds.ts'
import { directoryFolder } from './directory-folder.ts'
import { memoryFolder } from './file-folder.ts'
import { forgetful } from './kernel-cache.ts'
import { kernelCacheFile } from './kernel-cache-file.ts'
import type { DeviceOpeners } from './open-devices.ts'
import { openProven } from './proven-language.ts'
import { UnitWorker } from './unit-worker.ts'
import { serveWorker } from './worker-link.ts'

/** What the process hands to its thread. */
export type ThreadData = {
  readonly port: ThreadPort
  /** Directory for model files; they are kept in memory without one. */
  readonly modelFolder: string | undefined
}

const { port, modelFolder } = workerData as ThreadData

/** WebAssembly when its kernels are right here. */
const openLanguage: DeviceOpeners['openLanguage'] = async (_, isFresh) => {
  const cache = kernelCacheFile(modelFolder)
  const kernels = await loadKernels(spareThreads())
  const variants = [{ name: 'WebAssembly', open: async () => openWasmLanguageBackend(kernels) }]
  const options = {
    cache: isFresh ? forgetful(cache) : cache,
    key: [kernels.digest, process.versions.v8, process.arch, cpus()[0]?.model ?? '', spareThreads()].join('/'),
    seed: toHex(systemRandom.bytes(32)),
  }
  const { backend } = await openProven(variants, options)
  return { backend, note: '', warning: '' }
}

const worker = new UnitWorker({
  openBackend: async (preferred) => ({
    backend: await openCpuBackend(),
    note: preferred === 'cpu' ? '' : 'A Node process computes with the TypeScript reference.',
  }),
  openLanguage,
  openFolder: async () => (modelFolder === undefined ? memoryFolder() : directoryFolder(modelFolder)),
  findKind: ({ kind, version }) => kindOf(kind, version),
  clock: systemClock,
  memoryBytes: totalmem(),
})
serveWorker(worker, port as unknown as Endpoint)
