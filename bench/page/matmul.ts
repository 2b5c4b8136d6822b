// In the page: checks every contender's product against the reference, then times them in turns.
import { openWebGpuBackend } from '#gpu/webgpu-backend.ts'
import { matmulF32 } from '#tensor/cpu/matmul-f32.ts'
import { matmulInt8 } from '#tensor/cpu/matmul-int8.ts'
import { productSums } from '#tensor/cpu/product-sums.ts'
import { canBothBeCorrect } from '#tensor/tolerance.ts'
import { median } from '../lib/median.ts'
import type { Contender } from './matmul-contender.ts'
import { openJax } from './peers/jax.ts'
import { openOnnxRuntime } from './peers/onnxruntime.ts'
import { openTensorflow } from './peers/tensorflow.ts'

/** Median milliseconds a product by contender. */
export type MatmulTimings = {
  readonly adapter: string
  readonly variants: Readonly<Record<'int8' | 'f32', string>>
  readonly medianMs: Readonly<Record<string, number>>
}

/** Times products of `side`^3. */
export async function run({ side, rounds }: { side: number; rounds: number }): Promise<MatmulTimings> {
  const shape = { m: side, k: side, n: side }
  const a = new Float32Array(side * side).map(() => Math.random() * 2 - 1)
  const b = new Float32Array(side * side).map(() => Math.random() * 2 - 1)
  const int8 = { a: Int8Array.from(a, toInt8), b: Int8Array.from(b, toInt8) }
  // Long submits: nobody looks at this page.
  const backend = await openWebGpuBackend({ submitMs: () => 100 })
  const variants = await backend.tune()
  const contenders: Contender[] = [
    { name: 'commonwatt f32', multiply: () => backend.matmulF32(a, b, shape) },
    { name: 'commonwatt int8', multiply: () => backend.matmulInt8(int8.a, int8.b, shape) },
    await openOnnxRuntime({ side, a, b }),
    await openTensorflow({ side, a, b }),
    await openJax({ side, a, b }),
  ]
  const expected = matmulF32(a, b, shape)
  const sumAt = productSums(a, b, shape)
  const exact = matmulInt8(int8.a, int8.b, shape)
  for (const { name, multiply } of contenders) {
    const product = await multiply()
    const isRight =
      product instanceof Int32Array
        ? product.every((value, i) => value === exact[i])
        : product.length === side * side &&
          product.every((v, i) => canBothBeCorrect('matmul-f32', sumAt(i), v, expected[i] ?? 0))
    if (!isRight) throw new Error(`${name} computed a wrong product.`)
  }
  return { adapter: backend.info.adapter, variants, medianMs: await timeInTurns(contenders, rounds) }
}

async function timeInTurns(contenders: readonly Contender[], rounds: number): Promise<Record<string, number>> {
  const tookMs = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const { name, multiply } of contenders) {
      const startMs = performance.now()
      await multiply()
      tookMs.get(name)?.push(performance.now() - startMs)
    }
  return Object.fromEntries([...tookMs].map(([name, times]) => [name, median(times)]))
}

function toInt8(value: number): number {
  return Math.floor(value * 128)
}
