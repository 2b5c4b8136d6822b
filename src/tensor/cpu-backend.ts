// The backend that runs everywhere: the reference kernels, a few milliseconds at a time so that the event loop keeps turning.
import { MAX_DIM } from '#core/content.ts'
import { type Backend, MAX_INNER_INT8, type OperationOptions } from './backend.ts'
import { matmulF32Steps } from './cpu/matmul-f32.ts'
import { matmulInt8Steps } from './cpu/matmul-int8.ts'
import { allocateResult, assertMatmul, assertOpen } from './shape.ts'

/** Longest stretch without a turn of the event loop, but for one step of a kernel. */
const SLICE_MS = 20

/** Opens the TypeScript reference backend. */
export async function openCpuBackend(): Promise<Backend> {
  let isOpen = true
  return {
    info: { backend: 'cpu', adapter: 'TypeScript reference', isSoftware: true, features: [] },
    async matmulInt8(a, b, shape, options) {
      assertOpen(isOpen)
      assertMatmul(shape, a.length, b.length, MAX_INNER_INT8)
      const out = allocateResult(shape, (length) => new Int32Array(length))
      await runInSlices(matmulInt8Steps(a, b, shape, out), options)
      return out
    },
    async matmulF32(a, b, shape, options) {
      assertOpen(isOpen)
      assertMatmul(shape, a.length, b.length, MAX_DIM)
      const out = allocateResult(shape, (length) => new Float32Array(length))
      await runInSlices(matmulF32Steps(a, b, shape, out), options)
      return out
    },
    async close() {
      isOpen = false
    },
  }
}

/** Runs `steps` to their end, giving the event loop a turn after each slice; stops with the signal's reason. */
async function runInSlices(steps: Generator<undefined>, options: OperationOptions | undefined): Promise<void> {
  options?.signal?.throwIfAborted()
  let sliceEnd = performance.now() + SLICE_MS
  for (const _ of steps) {
    if (performance.now() < sliceEnd) continue
    await eventLoopTurn()
    options?.signal?.throwIfAborted()
    sliceEnd = performance.now() + SLICE_MS
  }
}

/** Resolves after other events were handled. A message is not throttled in hidden pages, as timers are. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener(
      'message',
      () => {
        port1.close()
        resolve()
      },
      { once: true },
    )
    port1.start()
    port2.postMessage(null)
  })
}
