// Devices whose drivers are wrong, in a real browser: the next variant is used, the person is told, and the outcome is remembered.
import { beforeAll, describe, expect, test } from 'vitest'
import { webGpuLanguageVariants } from '#gpu/language/variants.ts'
import { type WebGpuBackend, openWebGpuBackend } from '#gpu/webgpu-backend.ts'
import { forgetful } from '#node/kernel-cache.ts'
import { chooseProvenLanguage } from '#node/language-candidates.ts'
import { openProven } from '#node/proven-language.ts'
import { areProductsRight, runProducts } from '#tensor/self-test.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-page.ts'
import { faultyGpu, withWrongPackedProducts, withWrongSums, withoutSubgroups } from '../support/faulty-gpu.ts'

const SEED = 'fa'.repeat(32)
const { gpu } = navigator

function memoryCache() {
  const kept = new Map<string, string>()
  const get = async (key: string) => kept.get(key)
  return { kept, get, set: async (key: string, value: string) => void kept.set(key, value) }
}

describe('products on a driver that gets packed products wrong', () => {
  const cache = memoryCache()
  let backend: WebGpuBackend
  beforeAll(async () => {
    backend = await openWebGpuBackend({ gpu: faultyGpu(gpu, withWrongPackedProducts), cache })
  })

  test('behaviour: no packed variant is used, each is named, and all products are right', async () => {
    const { int8, f32, replaced } = await backend.tune()
    expect(`${int8} ${f32}`).not.toContain('packed')
    const wanted = ['matmul-int8-registers-packed', 'matmul-int8-thin-wide-packed', 'matmul-int8-thin-tall-packed']
    expect(replaced).toEqual(expect.arrayContaining(wanted))
    expect(replaced.every((name) => name.endsWith('-packed'))).toBe(true)
    expect(areProductsRight(SEED, await runProducts(backend, SEED))).toBe(true)
    await backend.close()
  })

  test('behaviour: what was replaced is remembered with the choice', async () => {
    const again = await openWebGpuBackend({ gpu: faultyGpu(gpu, withWrongPackedProducts), cache })
    expect((await again.tune()).replaced).toContain('matmul-int8-registers-packed')
    await again.close()
  })

  test('behaviour: a driver that is right replaces nothing', async () => {
    const right = await openWebGpuBackend({ gpu })
    expect((await right.tune()).replaced).toEqual([])
    await right.close()
  })
})

describe('language kernels', () => {
  test('behaviour: where threads in fours do not compile, workgroup memory is used, and that is remembered', async () => {
    const cache = memoryCache()
    const { key, variants } = await webGpuLanguageVariants(faultyGpu(gpu, withoutSubgroups))
    const names = variants.map(({ name }) => name)
    expect(names).toEqual([
      'the GPU with threads in fours',
      'the GPU with workgroup memory and packed products of bytes',
      'the GPU with workgroup memory and plain products of bytes',
    ])
    const first = await openProven(variants, { cache, key, seed: SEED })
    expect(first.replaced).toEqual([expect.stringMatching(/^the GPU with threads in fours failed \(.*compile/)])
    await first.backend.close()
    const opened: string[] = []
    const counted = variants.map((variant) => ({
      name: variant.name,
      open: () => (opened.push(variant.name), variant.open()),
    }))
    const again = await openProven(counted, { cache, key, seed: SEED })
    expect([opened, again.replaced]).toEqual([[names[1]], first.replaced])
    await again.backend.close()
  })

  test('behaviour: where packed products are wrong too, plain ones are used', async () => {
    const wrong = faultyGpu(gpu, (code) => withoutSubgroups(withWrongPackedProducts(code)))
    const { key, variants } = await webGpuLanguageVariants(wrong)
    const { backend, replaced } = await openProven(variants, { cache: memoryCache(), key, seed: SEED })
    expect(replaced).toEqual([
      expect.stringContaining('threads in fours failed'),
      'the GPU with workgroup memory and packed products of bytes gave wrong results',
    ])
    await backend.close()
  })

  test('behaviour: where no variant is right, WebAssembly is used and the person is told', async () => {
    const kernels = await loadKernels()
    const wasm = { name: 'WebAssembly', open: async () => openWasmLanguageBackend(kernels) }
    const look = async () => ({ key: kernels.digest, variants: [wasm] })
    const broken = { name: 'the GPU', look: () => webGpuLanguageVariants(faultyGpu(gpu, withWrongSums)) }
    const options = { key: 'x', driver: 'x', now: () => performance.now(), seed: SEED }
    const cache = forgetful(memoryCache())
    const chosen = await chooseProvenLanguage([broken, { name: 'WebAssembly', look }], { ...options, cache })
    expect(chosen.backend.info.backend).toBe('wasm')
    expect(chosen.warning).toMatch(
      /^Language models avoid faulty kernels on this device: .*plain products of bytes gave wrong results/,
    )
    await chosen.backend.close()
  })
})
