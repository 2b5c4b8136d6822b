// The threads of one model: further instances of the kernels over its memory. They take pieces of a step's operations as they come, so a
// step never waits for one that has not started, is asleep or was put aside by the system.
import type { Memory, Region } from './memory.ts'
import type { KernelModule, Kernels } from './module.ts'

/** Words of the record that threads share (Control of assembly/records.ts). */
const CONTROL_WORDS = 8

/** Where in it the description of a step begins. */
const STEP_WORD = 2

/** Runs steps on the calling thread and, where the platform has them, on others. */
export class Threads {
  readonly #memory: Memory
  readonly #kernels: Kernels
  readonly #count: number
  readonly #control: number
  #scratch: { stride: number; region: Region } | undefined

  /** Starts the threads. */
  constructor(memory: Memory, kernels: Kernels, { module, threads }: KernelModule) {
    this.#memory = memory
    this.#kernels = kernels
    this.#count = threads?.count ?? 1
    this.#control = memory.put(new Int32Array(CONTROL_WORDS))
    for (let index = 1; index < this.#count; index++)
      threads?.start({ module, memory: memory.memory, control: this.#control, index })
  }

  /** Gives each thread `sizeBytes` of its own. */
  reserve(sizeBytes: number): void {
    if (this.#scratch !== undefined && this.#scratch.stride >= sizeBytes) return
    if (this.#scratch !== undefined) this.#memory.release(this.#scratch.region)
    this.#scratch = undefined
    this.#scratch = { stride: sizeBytes, region: this.#memory.take(sizeBytes * this.#count) }
  }

  /** Runs `count` operations. Throws a RangeError when no memory was reserved. */
  run(model: number, step: number, operations: number, count: number): void {
    if (this.#scratch === undefined) throw new RangeError('The threads have no memory of their own.')
    const { region, stride } = this.#scratch
    if (this.#count === 1) return this.#kernels.run(model, step, operations, count, region.at)
    const words = this.#memory.i32(this.#control + STEP_WORD * 4, CONTROL_WORDS - STEP_WORD)
    words.set([model, step, operations, count, region.at, stride])
    this.#kernels.runShared(this.#control)
  }

  /** Ends the threads. */
  close(): void {
    if (this.#count > 1) this.#kernels.stop(this.#control)
  }
}
