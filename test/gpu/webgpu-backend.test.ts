// The compliance suite on the WebGPU backend as tuned, its products with each variant forced, and what only a GPU can do wrong.
// What the adapter cannot run is skipped aloud.
import { BUFFER_BUDGET_BYTES } from '#gpu/buffers.ts'
import { openDevice } from '#gpu/device.ts'
import { canRun } from '#gpu/kernels/kernel.ts'
import { MATMUL_F32 } from '#gpu/kernels/matmul-f32.ts'
import { MATMUL_INT8 } from '#gpu/kernels/matmul-int8.ts'
import type { MatmulVariant } from '#gpu/kernels/matmul.ts'
import { openWebGpuBackend } from '#gpu/webgpu-backend.ts'
import { matmulInt8 } from '#tensor/cpu/matmul-int8.ts'
import { describe, expect, test } from 'vitest'
import { describeBackend, describeProducts, int8Inputs } from '../compliance/backend.ts'

const { device, ...traits } = await openDevice(navigator.gpu)
device.destroy()

describeBackend('webgpu, as tuned', openWebGpuBackend)

/** Each source once on software adapters, where compiling is slow; each specialisation of it as well on GPUs. */
function variantsToTest(variants: readonly MatmulVariant[]): MatmulVariant[] {
  const seen = new Set<string>()
  return variants.filter(({ kernel }) => {
    const source = kernel.sources.join('')
    const isNew = !seen.has(source)
    seen.add(source)
    return isNew || !traits.info.isSoftware
  })
}

const int8Variants = variantsToTest(MATMUL_INT8.tiled)
const f32Variants = variantsToTest(MATMUL_F32.tiled)
for (let i = 0; i < Math.max(int8Variants.length, f32Variants.length); i++) {
  const int8 = int8Variants[i % int8Variants.length]
  const f32 = f32Variants[i % f32Variants.length]
  if (int8 === undefined || f32 === undefined) continue
  const variants = { int8: int8.kernel.name, f32: f32.kernel.name }
  const isRunnable = canRun(int8.kernel, traits) && canRun(f32.kernel, traits)
  describe.skipIf(!isRunnable)(`variants on ${traits.info.adapter}`, () => {
    describeProducts(`${variants.int8}, ${variants.f32}`, () => openWebGpuBackend({ variants }))
  })
}

/** The platform's GPU, which tells `onDevice` about each device before its opener sees it. */
function watchedGpu(onDevice: (device: GPUDevice, index: number) => void): GPU {
  let opened = 0
  const requestAdapter = async (options?: GPURequestAdapterOptions) => {
    const adapter = await navigator.gpu.requestAdapter(options)
    if (adapter === null) return null
    const requestDevice = async (descriptor?: GPUDeviceDescriptor) => {
      const device = await adapter.requestDevice(descriptor)
      onDevice(device, opened++)
      return device
    }
    return { features: adapter.features, limits: adapter.limits, info: adapter.info, requestDevice }
  }
  return { requestAdapter, wgslLanguageFeatures: navigator.gpu.wgslLanguageFeatures } as unknown as GPU
}

describe('webgpu', () => {
  const variants = { int8: 'matmul-int8-registers-plain' }

  test('behaviour: a device lost between operations is opened again', async () => {
    const devices: GPUDevice[] = []
    const backend = await openWebGpuBackend({ variants, gpu: watchedGpu((device) => devices.push(device)) })
    const { a, b, shape } = int8Inputs({ m: 33, k: 65, n: 17 }, 1)
    await backend.matmulInt8(a, b, shape)
    devices[0]?.destroy()
    await devices[0]?.lost
    expect(await backend.matmulInt8(a, b, shape)).toEqual(matmulInt8(a, b, shape))
    expect(devices).toHaveLength(2)
    await backend.close()
  })

  test('behaviour: a device lost during an operation is opened again, and the result is right', async () => {
    const devices: GPUDevice[] = []
    const backend = await openWebGpuBackend({ variants, gpu: watchedGpu((device) => devices.push(device)) })
    const { a, b, shape } = int8Inputs({ m: 300, k: 512, n: 300 }, 2)
    await backend.matmulInt8(a, b, shape)
    const [first] = devices
    // The second submit of the next product takes the device with it.
    let submits = 0
    if (first !== undefined) {
      const submit = first.queue.submit.bind(first.queue)
      first.queue.submit = (buffers) => {
        submit(buffers)
        if (++submits === 2) first.destroy()
      }
    }
    expect(await backend.matmulInt8(a, b, shape)).toEqual(matmulInt8(a, b, shape))
    expect(submits).toBeGreaterThanOrEqual(2)
    expect(devices).toHaveLength(2)
    await backend.close()
  })

  test('error: DeviceLost when the new device is lost as well', async () => {
    const devices: GPUDevice[] = []
    const gpu = watchedGpu((device, index) => {
      devices.push(device)
      if (index > 0) device.destroy()
    })
    const backend = await openWebGpuBackend({ variants, gpu })
    const { a, b, shape } = int8Inputs({ m: 9, k: 9, n: 9 }, 3)
    devices[0]?.destroy()
    await devices[0]?.lost
    await expect(backend.matmulInt8(a, b, shape)).rejects.toMatchObject({ kind: 'unavailable' })
    await backend.close()
  })

  test('error: NoGpu without an adapter', async () => {
    const gpu = { requestAdapter: async () => null, wgslLanguageFeatures: new Set() } as unknown as GPU
    await expect(openWebGpuBackend({ gpu })).rejects.toMatchObject({ name: 'gpu.NoGpu', kind: 'unavailable' })
  })

  test('error: NoVariant for a variant that does not exist', async () => {
    const backend = await openWebGpuBackend({ variants: { int8: 'none' } })
    const one = new Int8Array(1)
    await expect(backend.matmulInt8(one, one, { m: 1, k: 1, n: 1 })).rejects.toMatchObject({ name: 'gpu.NoVariant' })
    await backend.close()
  })

  test('option: cache remembers the variant and is asked first', async () => {
    const stored = new Map<string, string>()
    const cache = {
      get: async (key: string) => stored.get(key),
      set: async (key: string, value: string) => void stored.set(key, value),
    }
    const first = await openWebGpuBackend({ cache, variants: { f32: 'matmul-f32-registers-32' } })
    const { int8 } = await first.tune()
    expect([...stored.values()].map((text) => JSON.parse(text))).toEqual([{ name: int8, replaced: [] }])
    await first.close()
    const [key] = stored.keys()
    stored.set(key ?? '', JSON.stringify({ name: 'matmul-int8-registers-plain', replaced: [] }))
    const second = await openWebGpuBackend({ cache, variants: { f32: 'matmul-f32-registers-32' } })
    expect((await second.tune()).int8).toBe('matmul-int8-registers-plain')
    await second.close()
  })

  test('behaviour: buffers are reused and stay within the budget', async () => {
    const backend = await openWebGpuBackend({ variants })
    const { a, b, shape } = int8Inputs({ m: 130, k: 70, n: 90 }, 4)
    await backend.matmulInt8(a, b, shape)
    const before = backend.bufferStats()
    await backend.matmulInt8(a, b, shape)
    expect(backend.bufferStats()).toEqual(before)
    expect(before.peakBytes).toBeLessThan(BUFFER_BUDGET_BYTES)
    await backend.close()
  })
})
