// The WASM backend for language models, in Node: tokens per second of decoding and prefill, what they mean in multiply-adds, and memory.
import { availableParallelism } from 'node:os'
import { forward } from '#model/transformer.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import type { DeviceModel } from '#tensor/language-backend.ts'
import { STAGING_BYTES } from '#wasm/device-weights.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import { memoryPlan } from '#wasm/memory-plan.ts'
import { randomModel } from '#model/random-model.ts'
import type { Bench, BenchRecord } from './lib/bench.ts'
import { checkTimes } from './language/own.ts'
import { BENCH_SHAPE, weightsPerToken } from './lib/language-shape.ts'

const ROUNDS = 5
const DECODED = 64
const PREFILLED = 256
const CACHE_POSITIONS = 1024

/** Tokens of the texts that are generated and checked. */
const CHECKED = [64, 256, 1024]

/** Decode after prompts of two lengths, prefill, and checks, on one thread and on all; medians of rounds. Then the memory that it took. */
export const bench: Bench = {
  summary: `Decode, prefill and checks of a 25.7M-parameter Llama on the WASM backend; medians of ${ROUNDS} rounds of ${DECODED} and ${PREFILLED} tokens.`,
  async run() {
    const weights = randomModel({ seed: 'bench', shape: BENCH_SHAPE })
    const reference = await openCpuLanguageBackend().load(weights)
    const records: BenchRecord[] = []
    for (const threads of new Set([1, availableParallelism()])) {
      const backend = openWasmLanguageBackend(await loadKernels(threads))
      const model = await backend.load(weights)
      await assertEqual(model, reference)
      const { adapter } = backend.info
      records.push(...(await speeds(model, adapter)))
      const memoryBytes = model.memoryBytes
      records.push(...(await checks(model, adapter)))
      const { weightsBytes, cacheBytes, workBytes } = memoryPlan(weights, threads, CACHE_POSITIONS)
      records.push({
        name: 'memory taken',
        value: memoryBytes / 2 ** 20,
        unit: 'MiB',
        peer: 'weights, keys and values, activations',
        ratio: memoryBytes / (weightsBytes + cacheBytes + workBytes - STAGING_BYTES),
        adapter,
      })
      await model.close()
    }
    return records
  },
}

async function speeds(model: DeviceModel, adapter: string): Promise<BenchRecord[]> {
  const record = (name: string, perSecond: number): BenchRecord[] => [
    { name, value: perSecond, unit: 'tokens/s', adapter },
    {
      name: `${name}, linear layers`,
      value: (perSecond * weightsPerToken(BENCH_SHAPE)) / 1e9,
      unit: 'GMAC/s',
      adapter,
    },
  ]
  return [
    ...record('decode from 0', await decodeSpeed(model, 0)),
    ...record('decode from 960', await decodeSpeed(model, 960)),
    ...record('prefill', await prefillSpeed(model, PREFILLED)),
  ]
}

async function checks(model: DeviceModel, adapter: string): Promise<BenchRecord[]> {
  const records: BenchRecord[] = []
  for (const count of CHECKED) {
    const { checkMs, generateMs, ratio } = await checkTimes(model, tokensFrom(0, 16), count, ROUNDS)
    const peer = `generating: ${(generateMs / 1000).toFixed(3)} s`
    records.push({ name: `checking ${count} tokens`, value: checkMs / 1000, unit: 's', peer, ratio, adapter })
  }
  return records
}

/** Throws unless a prompt and a decoded token have the digests and logits of the reference. */
async function assertEqual(model: DeviceModel, reference: DeviceModel): Promise<void> {
  const outputs = [model, reference].map(async (device) => {
    const cache = device.openCache(16)
    const prompt = await forward(device, [{ cache, tokens: tokensFrom(0, 7) }], 'last')
    const next = await forward(device, [{ cache, tokens: [5] }], 'last')
    cache.close()
    return JSON.stringify([prompt, next].map(({ leaves, logits }) => [leaves, logits.map((row) => [...row])]))
  })
  const [ours, theirs] = await Promise.all(outputs)
  if (ours !== theirs) throw new Error('The WASM backend differs from the reference.')
}

async function decodeSpeed(model: DeviceModel, start: number): Promise<number> {
  const cache = model.openCache(CACHE_POSITIONS)
  for (let at = 0; at < start; at += PREFILLED)
    await forward(model, [{ cache, tokens: tokensFrom(at, Math.min(PREFILLED, start - at)) }], 'none')
  const speed = await medianSpeed(DECODED, async () => {
    cache.truncate(start)
    for (const token of tokensFrom(start, DECODED)) await forward(model, [{ cache, tokens: [token] }], 'last')
  })
  cache.close()
  return speed
}

async function prefillSpeed(model: DeviceModel, count: number): Promise<number> {
  const cache = model.openCache(CACHE_POSITIONS)
  const speed = await medianSpeed(count, async () => {
    cache.truncate(0)
    await forward(model, [{ cache, tokens: tokensFrom(0, count) }], 'last')
  })
  cache.close()
  return speed
}

/** Tokens per second, the median of the rounds after one that warms up. */
async function medianSpeed(tokens: number, work: () => Promise<void>): Promise<number> {
  await work()
  const elapsedMs: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    await work()
    elapsedMs.push(performance.now() - start)
  }
  const median = elapsedMs.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN
  return (tokens * 1000) / median
}

function tokensFrom(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => ((start + i) * 7919) % BENCH_SHAPE.vocabulary)
}
