// How long a self-test takes a page: products on its WebGPU, language models on WebAssembly, and what the page pays to prove its own variants.
import { openWebGpuBackend } from '#gpu/webgpu-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-page.ts'
import { failedKernels, runSelfTest } from '#work/self-test.ts'

/** Milliseconds by what took them, in order. */
export type SelfTestTimes = { readonly adapter: string; readonly times: readonly (readonly [string, number])[] }

/** Times both tests for `seed`. Throws when a kernel is wrong. */
export async function run({ seed }: { seed: string }): Promise<SelfTestTimes> {
  const times: [string, number][] = []
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const startMs = performance.now()
    const result = await work()
    times.push([name, performance.now() - startMs])
    return result
  }
  const backend = await openWebGpuBackend()
  await timed('proving and tuning product variants', () => backend.tune())
  const language = openWasmLanguageBackend(await loadKernels())
  const products = await timed('products on WebGPU', () => runSelfTest({ backend }, seed, ['products']))
  const models = await timed('language on WebAssembly', () => runSelfTest({ backend, language }, seed, ['language']))
  const answer = { products: products.products, language: models.language }
  const failed = await timed('judging both by the reference', () =>
    failedKernels(seed, ['products', 'language'], answer),
  )
  if (failed.length > 0) throw new Error(`Wrong kernels: ${failed.join(', ')}.`)
  await backend.close()
  return { adapter: backend.info.adapter, times }
}
