// Compiles the built kernels in Node, and starts their threads as worker threads. Pages fetch the same files as assets.
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { digestBytes } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import type { KernelModule, ThreadTask } from './module.ts'

const BUILT = new URL('../../dist/wasm/', import.meta.url)

/** Most threads that a node uses: beyond, memory is what limits decoding. */
const MAX_THREADS = 8

/** Threads for a node of this machine: one core is left to everything else. */
export function spareThreads(): number {
  return Math.max(1, Math.min(MAX_THREADS, availableParallelism() - 1))
}

/** The compiled kernels for `threads` threads, the caller's included. Throws {@link KernelsMissingError} when they were not built. */
export async function loadKernels(threads = 1): Promise<KernelModule> {
  try {
    const file = threads > 1 ? 'kernels-threads.wasm' : 'kernels.wasm'
    const bytes = await readFile(new URL(file, BUILT))
    const module = await WebAssembly.compile(bytes)
    return { module, digest: digestBytes(bytes), threads: threads > 1 ? { count: threads, start: startThread } : null }
  } catch (cause) {
    throw new KernelsMissingError({ cause })
  }
}

/** A thread that does not come up, or dies before it takes part, costs speed alone: whoever is there does all the work. */
function startThread(task: ThreadTask): void {
  const worker = new Worker(new URL('./thread-node.ts', import.meta.url), { workerData: task })
  worker.on('error', () => undefined)
  worker.unref()
}

/** dist/wasm/kernels.wasm is not there. */
export class KernelsMissingError extends AppError {
  override readonly name = 'wasm.KernelsMissing'
  constructor(options: ErrorOptions) {
    super('unavailable', 'The WebAssembly kernels are not built: run `npm run build`.', options)
  }
}
