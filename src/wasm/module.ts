// The compiled kernels of assembly/: what they export. Addresses are byte offsets into the memory that they were given.
import type { Memory } from './memory.ts'

/** Exports of the module. */
export type Kernels = {
  /** Runs `count` operations of a step; `scratch` belongs to the calling thread. */
  run(model: number, step: number, operations: number, count: number, scratch: number): void
  /** int8 rows (count, cols) -> panels. */
  pack(rows: number, count: number, cols: number, padded: number, panels: number): void
}

/** Instantiates the compiled module over `memory`. */
export async function instantiate(module: WebAssembly.Module, memory: Memory): Promise<Kernels> {
  const instance = await WebAssembly.instantiate(module, { env: { memory: memory.memory } })
  return instance.exports as unknown as Kernels
}
