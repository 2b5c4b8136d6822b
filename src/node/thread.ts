// The worker's entry in a Node process: a worker thread with the TypeScript reference backend and, for language models, WebAssembly,
// spoken to over the port in its workerData.
// It must not import gpu, whose shaders plain Node cannot load.
import { totalmem } from 'node:os'
import { type MessagePort as ThreadPort, workerData } from 'node:worker_threads'
import type { Endpoint } from 'comlink'
import { systemClock } from '#core/clock.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels, spareThreads } from '#wasm/load-node.ts'
import { kindOf } from '#work/kinds.ts'
import { directoryFolder } from './directory-folder.ts'
import { memoryFolder } from './file-folder.ts'
import { UnitWorker } from './worker-api.ts'
import { serveWorker } from './worker-link.ts'

/** What the process hands to its thread. */
export type ThreadData = {
  readonly port: ThreadPort
  /** Directory for model files; they are kept in memory without one. */
  readonly modelFolder: string | undefined
}

const { port, modelFolder } = workerData as ThreadData
const worker = new UnitWorker({
  openBackend: async (preferred) => ({
    backend: await openCpuBackend(),
    note: preferred === 'cpu' ? '' : 'A Node process computes with the TypeScript reference.',
  }),
  openLanguage: async () => ({ backend: openWasmLanguageBackend(await loadKernels(spareThreads())), note: '' }),
  openFolder: async () => (modelFolder === undefined ? memoryFolder() : directoryFolder(modelFolder)),
  findKind: ({ kind, version }) => kindOf(kind, version),
  clock: systemClock,
  memoryBytes: totalmem(),
})
serveWorker(worker, port as unknown as Endpoint)
