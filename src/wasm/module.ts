// The compiled kernels of assembly/: what they export, and how a platform hands them out. Addresses are byte offsets into their memory.
import type { Digest } from '#core/digest.ts'

/** Exports of the module. */
export type Kernels = {
  /** Runs `count` operations of a step; `scratch` belongs to the calling thread. */
  run(model: number, step: number, operations: number, count: number, scratch: number): void
  /** Runs the step that the record at `control` describes together with the threads that serve it. */
  runShared(control: number): void
  /** Takes part in steps as thread `index`; returns after {@link stop}. */
  serve(control: number, index: number): void
  /** Ends the threads. */
  stop(control: number): void
  /** int8 rows (count, cols) -> panels. */
  pack(rows: number, count: number, cols: number, padded: number, panels: number): void
}

/** What a thread is started with: thread `index` of those that share `memory`. */
export type ThreadTask = {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly control: number
  readonly index: number
}

/** The kernels as a platform has them: built for one thread, or for `threads.count` over a shared memory. */
export type KernelModule = {
  readonly module: WebAssembly.Module
  /** Of the module's bytes: the kernels' version. */
  readonly digest: Digest
  readonly threads: { readonly count: number; start(task: ThreadTask): void } | null
}

/** Instantiates the compiled module over `memory`. */
export async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Kernels> {
  const instance = await WebAssembly.instantiate(module, { env: { memory } })
  return instance.exports as unknown as Kernels
}

/** The life of a thread: works on the steps of a model until that is closed. */
export async function serveSteps({ module, memory, control, index }: ThreadTask): Promise<void> {
  const kernels = await instantiate(module, memory)
  kernels.serve(control, index)
}
