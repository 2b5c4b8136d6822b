// The WebGPU backend for language models against the vectors, with packed dot products where the adapter has them and without, and
// against the reference where sizes leave remainders, values reach their bounds and contexts outgrow what a workgroup keeps.
import { describe, expect, test } from 'vitest'
import { PACKED_DOT } from '#gpu/kernels/kernel.ts'
import { memoryPlan } from '#gpu/language/memory-plan.ts'
import { openWebGpuLanguageBackend } from '#gpu/language/language-backend.ts'
import { forward } from '#model/transformer.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import { plannedBytes } from '#tensor/memory-plan.ts'
import type { DeviceModel, StepOutput } from '#tensor/language-backend.ts'
import { languageBackendCompliance } from '../compliance/language-backend.ts'
import { ODD_SHAPE, type RandomModelOptions, randomModel, randomTokens } from '#model/random-model.ts'

const isPacked = navigator.gpu.wgslLanguageFeatures.has(PACKED_DOT)
const plain = await openWebGpuLanguageBackend({ dot: 'plain', sharing: 'workgroup' })
const shared = await openWebGpuLanguageBackend({ sharing: 'workgroup' })
const alone = await openWebGpuLanguageBackend({ sharing: 'quad' })
const { adapter } = plain.info

describe(`plain dot products on ${adapter}`, () => languageBackendCompliance(async () => plain))

describe.skipIf(!isPacked)(`packed dot products on ${adapter}`, () => languageBackendCompliance(async () => shared))

describe(`quads on ${adapter}`, () => languageBackendCompliance(async () => alone))

/** The platform's GPU, which tells `onDevice` about each device before its opener sees it. */
function watchedGpu(onDevice: (device: GPUDevice) => void): GPU {
  const requestAdapter = async (options?: GPURequestAdapterOptions) => {
    const adapter = await navigator.gpu.requestAdapter(options)
    if (adapter === null) return null
    const requestDevice = async (descriptor?: GPUDeviceDescriptor) => {
      const device = await adapter.requestDevice(descriptor)
      onDevice(device)
      return device
    }
    return { features: adapter.features, limits: adapter.limits, info: adapter.info, requestDevice }
  }
  return { requestAdapter, wgslLanguageFeatures: navigator.gpu.wgslLanguageFeatures } as unknown as GPU
}

/** Feeds `steps` one after the other into one cache, asking for all logits. */
async function outputs(model: DeviceModel, steps: readonly (readonly number[])[]): Promise<StepOutput[]> {
  const cache = model.openCache(steps.flat().length)
  const all: StepOutput[] = []
  for (const tokens of steps) all.push(await forward(model, [{ cache, tokens }], 'all'))
  return all
}

/** Compares both ways of sharing with the reference; returns the values cut. */
async function expectReference(options: RandomModelOptions, steps: readonly (readonly number[])[]): Promise<number> {
  const weights = randomModel(options)
  const expected = await outputs(await openCpuLanguageBackend().load(weights), steps)
  for (const backend of [shared, alone]) {
    const model = await backend.load(weights)
    expect(await outputs(model, steps)).toEqual(expected)
    await model.close()
  }
  return expected.reduce((sum, { saturated }) => sum + saturated, 0)
}

describe('against the reference', () => {
  const steps = [randomTokens('prompt', 37, ODD_SHAPE.vocabulary), [5], [6, 7], [1, 2, 3, 4], [8, 9, 10, 11, 12]]
  const wide = { ...ODD_SHAPE, keyBits: 16, headDim: 256, heads: 2, layers: 1 } as const

  test('behaviour: sizes that fit no tile, with biases', async () => {
    expect(await expectReference({ seed: 'odd', shape: ODD_SHAPE }, steps)).toBe(0)
  })

  test('limit: a model takes what was planned, within 15%; a budget of a byte less refuses it', async () => {
    const weights = randomModel({ seed: 'plan', shape: { ...ODD_SHAPE, width: 256, hidden: 512, vocabulary: 2048 } })
    const plan = memoryPlan(weights, { layout: 'rows', form: 'planes' })
    const model = await shared.load(weights)
    const cache = model.openCache(256)
    await forward(model, [{ cache, tokens: randomTokens('plan', 256, 256) }], 'last')
    expect(model.memory.peakBytes).toBeGreaterThan(0.95 * plannedBytes(plan))
    expect(model.memory.peakBytes).toBeLessThan(1.15 * plannedBytes(plan))
    await model.close()
    expect(model.memory.heldBytes).toBe(0)
    const small = await openWebGpuLanguageBackend({ sharing: 'workgroup', memoryBytes: plannedBytes(plan) - 1 })
    await expect(small.load(weights)).rejects.toMatchObject({ name: 'tensor.ModelTooLarge', kind: 'capacity' })
    await small.close()
  })

  test('limit: 16 rows are hashed together, 17 one boundary at a time; 64 rows of logits come at once, 65 in two bands', async () => {
    const shape = { ...ODD_SHAPE, vocabulary: 4099 } // 64 rows of logits are more than a read-back whose staging is kept
    const prompts = [16, 17, 64, 65].map((count) => randomTokens(`rows ${count}`, count, shape.vocabulary))
    expect(await expectReference({ seed: 'rows', shape }, prompts)).toBe(0)
  })

  test('behaviour: queries and keys are normalised', async () => {
    expect(await expectReference({ seed: 'normed', shape: ODD_SHAPE, hasNorms: true }, steps)).toBe(0)
  })

  test('behaviour: a batch of sequences over several pages gives what each gives alone, prefilled or decoded', async () => {
    const shape = { ...ODD_SHAPE, layers: 1, heads: 1, headDim: 4, width: 8, hidden: 8 }
    const weights = randomModel({ seed: 'pages', shape })
    const sequences = [270, 515].map((count) => randomTokens(`pages ${count}`, count, shape.vocabulary))
    const reference = await openCpuLanguageBackend().load(weights)
    const expected = await Promise.all(sequences.map(async (tokens) => (await outputs(reference, [tokens]))[0]?.leaves))
    for (const backend of [shared, alone]) {
      const model = await backend.load(weights)
      const batch = sequences.map((tokens) => ({ cache: model.openCache(600), tokens: tokens.slice(0, 254) }))
      const leaves = await forward(model, batch, 'none').then((output) => [
        output.leaves.slice(0, 254),
        output.leaves.slice(254),
      ])
      for (let at = 254; at < 258; at++) {
        const rows = batch.map(({ cache }, i) => ({ cache, tokens: [sequences[i]?.[at] ?? 0] }))
        const output = await forward(model, rows, 'none')
        for (const [i, own] of leaves.entries()) own.push(...output.leaves.slice(i, i + 1))
      }
      const rest = batch.map(({ cache }, i) => ({ cache, tokens: sequences[i]?.slice(258) ?? [] }))
      const last = await forward(model, rest, 'none')
      leaves[0]?.push(...last.leaves.slice(0, rest[0]?.tokens.length))
      leaves[1]?.push(...last.leaves.slice(rest[0]?.tokens.length))
      expect(leaves).toEqual(expected)
      await model.close()
    }
  })

  test.each([6, 12])('behaviour: values cut at their bounds are counted alike, weights x2^%i', async (gain) => {
    expect(await expectReference({ seed: 'loud', shape: ODD_SHAPE, gain }, steps)).toBeGreaterThan(100)
  })

  test('behaviour: the same in 8 bits', async () => {
    const shape = { ...ODD_SHAPE, activationBits: 8, headDim: 20, heads: 4, kvHeads: 2 } as const
    expect(await expectReference({ seed: 'eight', shape, gain: 8 }, steps)).toBeGreaterThan(100)
  })

  test('limit: heads of 256 values accepted, 260 refused', async () => {
    expect(await expectReference({ seed: 'wide', shape: wide, gain: 7 }, steps)).toBeGreaterThan(100)
    const refused = shared.load(randomModel({ seed: 'wide', shape: { ...wide, headDim: 260 } }))
    await expect(refused).rejects.toMatchObject({ name: 'gpu.HeadDim', kind: 'capacity' })
  })

  test('limit: 2048 scores are kept, those beyond computed again', async () => {
    const shape = { ...ODD_SHAPE, layers: 1, heads: 1, headDim: 4, width: 8, hidden: 8 }
    const prompt = randomTokens('long', 2046, shape.vocabulary)
    expect(await expectReference({ seed: 'long', shape }, [prompt, [1], [2], [3], [4, 5, 6, 7, 8]])).toBe(0)
  })

  test('behaviour: sequences of 8,192 positions, single rows at their end in splits and in quads', async () => {
    const shape = { ...ODD_SHAPE, layers: 1, heads: 1, headDim: 4, width: 8, hidden: 8, maxPositions: 8192 }
    const weights = randomModel({ seed: 'longest', shape })
    const prompt = randomTokens('longest', 8188, shape.vocabulary)
    const fed = async (model: DeviceModel) => {
      const cache = model.openCache(8192)
      const all = [await forward(model, [{ cache, tokens: prompt }], 'last')]
      for (const token of [1, 2, 3, 4]) all.push(await forward(model, [{ cache, tokens: [token] }], 'last'))
      await model.close()
      return all
    }
    const expected = await fed(await openCpuLanguageBackend().load(weights))
    for (const backend of [shared, alone]) expect(await fed(await backend.load(weights))).toEqual(expected)
  })

  test('behaviour: the last logits of a batch are those of its sequences', async () => {
    const weights = randomModel({ seed: 'batch', shape: ODD_SHAPE })
    const model = await shared.load(weights)
    const sequences = [[1, 2, 3], [4], [5, 6], [7, 8, 9, 10, 11, 12]]
    const batch = sequences.map((tokens) => ({ cache: model.openCache(8), tokens }))
    const { logits } = await forward(model, batch, 'last')
    const reference = await openCpuLanguageBackend().load(weights)
    for (const [i, tokens] of sequences.entries()) {
      const alone = await forward(reference, [{ cache: reference.openCache(8), tokens }], 'last')
      expect(logits[i]).toEqual(alone.logits[0])
    }
    await model.close()
  })

  test('behaviour: caches are opened, closed and opened again while others keep their positions', async () => {
    const weights = randomModel({ seed: 'caches', shape: ODD_SHAPE })
    const model = await shared.load(weights)
    const kept = model.openCache(16)
    const first = await forward(model, [{ cache: kept, tokens: [1, 2, 3] }], 'none')
    const gone = model.openCache(700)
    await forward(model, [{ cache: gone, tokens: [4, 5] }], 'none')
    gone.close()
    for (const capacity of [300, 400, 900]) {
      const cache = model.openCache(capacity)
      await forward(model, [{ cache, tokens: [6, 7] }], 'none')
    }
    const second = await forward(model, [{ cache: kept, tokens: [8] }], 'last')
    const [a, b] = await outputs(await openCpuLanguageBackend().load(weights), [[1, 2, 3], [8]])
    expect([first.leaves, second.leaves, second.logits]).toEqual([a?.leaves, b?.leaves, b?.logits])
    await model.close()
  })

  test('behaviour: a lost device is opened again; what its caches held has to be fed again', async () => {
    const devices: GPUDevice[] = []
    const backend = await openWebGpuLanguageBackend({ gpu: watchedGpu((device) => devices.push(device)) })
    const weights = randomModel({ seed: 'lost', shape: ODD_SHAPE })
    const model = await backend.load(weights)
    const cache = model.openCache(16)
    await forward(model, [{ cache, tokens: [1, 2, 3] }], 'none')
    devices[0]?.destroy()
    await devices[0]?.lost
    const next = forward(model, [{ cache, tokens: [8] }], 'last')
    await expect(next).rejects.toMatchObject({ name: 'gpu.CacheLost', kind: 'unavailable' })
    cache.truncate(0)
    const again = await forward(model, [{ cache, tokens: [1, 2, 3, 8] }], 'last')
    const [expected] = await outputs(await openCpuLanguageBackend().load(weights), [[1, 2, 3, 8]])
    expect(again.leaves).toEqual(expected?.leaves)
    expect(devices).toHaveLength(2)
    await backend.close()
  })

  test('error: LanguageDeviceLost when the device is lost during a step', async () => {
    const devices: GPUDevice[] = []
    const backend = await openWebGpuLanguageBackend({ gpu: watchedGpu((device) => devices.push(device)) })
    const model = await backend.load(randomModel({ seed: 'lost', shape: ODD_SHAPE }))
    const [device] = devices
    if (device === undefined) throw new Error('No device was opened.')
    const submit = device.queue.submit.bind(device.queue)
    device.queue.submit = (buffers) => {
      submit(buffers)
      device.destroy()
    }
    const step = forward(model, [{ cache: model.openCache(16), tokens: [1, 2, 3] }], 'last')
    await expect(step).rejects.toMatchObject({ name: 'gpu.LanguageDeviceLost', kind: 'unavailable' })
    expect((await forward(model, [{ cache: model.openCache(16), tokens: [1] }], 'last')).logits).toHaveLength(1)
    await backend.close()
  })

  test('error: ContextLength past the cache and past the model', async () => {
    const model = await shared.load(randomModel({ seed: 'short', shape: ODD_SHAPE }))
    const cache = model.openCache(2)
    expect(() => model.begin([{ cache, tokens: [1, 2, 3] }])).toThrow(/3 positions/)
    expect(() => model.openCache(ODD_SHAPE.maxPositions + 1)).toThrow(/4097 positions/)
    await model.close()
  })
})
