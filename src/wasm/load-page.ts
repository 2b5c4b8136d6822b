// Compiles the built kernels in a page's worker: assets of the build, fetched from our own origin. Threads are workers of that worker.
import { digestBytes } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { ownScript } from '#core/script-address.ts'
import type { KernelModule, ThreadTask } from './module.ts'
// oxlint-disable-next-line import/default -- Vite makes the built worker's address the default export of this name.
import threadUrl from './thread-page.ts?worker&url'

/** Most threads of a page: beyond, memory is what limits decoding. */
const MAX_THREADS = 8

/** The compiled kernels: for several threads in an isolated context. Throws {@link KernelsUnavailableError} when they cannot be fetched. */
export async function loadKernels(threads = pageThreads()): Promise<KernelModule> {
  // Vite finds the files in these words and gives them their addresses in the build.
  const address =
    threads > 1
      ? new URL('../../dist/wasm/kernels-threads.wasm', import.meta.url)
      : new URL('../../dist/wasm/kernels.wasm', import.meta.url)
  const response = await fetch(address)
  if (!response.ok) throw new KernelsUnavailableError(response.status)
  const bytes = await response.arrayBuffer()
  const module = await WebAssembly.compile(bytes)
  return {
    module,
    digest: digestBytes(new Uint8Array(bytes)),
    threads: threads > 1 ? { count: threads, start: startThread } : null,
  }
}

/** One core is left to the page. A page's main thread may not wait, so there are threads in workers alone, and only where memory can be shared. */
function pageThreads(): number {
  if (!globalThis.crossOriginIsolated || 'document' in globalThis) return 1
  return Math.max(1, Math.min(MAX_THREADS, navigator.hardwareConcurrency - 1))
}

/** A thread that does not come up costs speed alone: whoever is there does all the work. */
function startThread(task: ThreadTask): void {
  const worker = new Worker(ownScript(threadUrl), { type: 'module' })
  worker.postMessage(task)
}

/** The server has no kernels. */
export class KernelsUnavailableError extends AppError {
  override readonly name = 'wasm.KernelsUnavailable'
  constructor(status: number) {
    super('unavailable', `The WebAssembly kernels cannot be loaded: the server answers ${status}.`)
  }
}
