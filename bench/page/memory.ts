// In the page: a large int8 product, checked by Freivalds modulo 2^31 - 1, and what it held on the GPU.
import { openWebGpuBackend } from '#gpu/webgpu-backend.ts'

/** What a product held and how long it took. */
export type MemoryUse = {
  readonly adapter: string
  readonly peakBytes: number
  readonly budgetBytes: number
  readonly tookMs: number
}

const MODULUS = 2n ** 31n - 1n

/** Multiplies (side, inner) by (inner, side). */
export async function run({ side, inner }: { side: number; inner: number }): Promise<MemoryUse> {
  const random = (length: number) => new Int8Array(length).map(() => Math.floor(Math.random() * 256) - 128)
  const a = random(side * inner)
  const b = random(inner * side)
  const backend = await openWebGpuBackend({ variants: { f32: 'matmul-f32-registers-32' } })
  await backend.tune()
  const startMs = performance.now()
  const c = await backend.matmulInt8(a, b, { m: side, k: inner, n: side })
  const tookMs = performance.now() - startMs
  const x = Array.from({ length: side }, () => BigInt(Math.floor(Math.random() * 2 ** 31 - 1)))
  const left = timesVector(a, side, timesVector(b, inner, x))
  const right = timesVector(c, side, x)
  if (left.some((value, i) => value !== right[i])) throw new Error('The large product is wrong.')
  const { peakBytes, budgetBytes } = backend.bufferStats()
  await backend.close()
  return { adapter: backend.info.adapter, peakBytes, budgetBytes, tookMs }
}

/** The product of a row-major matrix of `rows` rows with `x`, modulo 2^31 - 1. */
function timesVector(matrix: Int8Array | Int32Array, rows: number, x: readonly bigint[]): bigint[] {
  const cols = x.length
  return Array.from({ length: rows }, (_, row) => {
    let sum = 0n
    for (let col = 0; col < cols; col++) sum += BigInt(matrix[row * cols + col] ?? 0) * (x[col] ?? 0n)
    return ((sum % MODULUS) + MODULUS) % MODULUS
  })
}
