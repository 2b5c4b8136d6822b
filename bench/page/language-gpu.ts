// In the page: our WebGPU backend against transformers.js on the same weights, adapter and page, and what a token asks of the device.
import { openWebGpuLanguageBackend } from '#gpu/language/language-backend.ts'
import { generate, openConversation, prefillDigests } from '#model/generate.ts'
import { forward } from '#model/transformer.ts'
import type { DeviceModel } from '#tensor/language-backend.ts'
import { PREFILL_ROWS } from '#tensor/memory-plan.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-page.ts'
import { logProbabilityOf } from '../language/agreement.ts'
import { installGpuMeter } from '../language/gpu-meter.ts'
import { SMALL_LLAMA, madeUpTensors, madeUpTokens } from '../language/made-up-llama.ts'
import { type MemoryUse, memoryFloor } from '../language/memory-floor.ts'
import { llamaOnnx, onnxConfigs } from '../language/onnx.ts'
import { type CheckTimes, POSITIONS, SEED, assertSameLeaves, checkTimes, smallWeights } from '../language/own.ts'
import { median } from '../lib/median.ts'
import { openTransformers } from './peers/transformers.ts'

/** What a decoded token asked of the device. */
export type TokenCost = {
  readonly position: number
  readonly dispatches: number
  readonly submits: number
  readonly readBacks: number
}

/** Median milliseconds a decoded token, and what the device held. */
export type GpuTimings = {
  readonly adapter: string
  readonly layers: number
  readonly oursMs: number
  readonly peerMs: number
  readonly prefillMs: number
  readonly peerPrefillMs: number
  readonly costs: readonly TokenCost[]
  /** What was held at most by then: a text generated, and then one checked, whose logits are all wanted. */
  readonly memory: { readonly generating: MemoryUse; readonly checking: MemoryUse }
  readonly checks: readonly CheckTimes[]
}

/** How much is fed. The peer is slow on emulated adapters: a few tokens must do. */
export type GpuCourse = {
  readonly prompt: number
  readonly decoded: number
  readonly rounds: number
  readonly costsAt: readonly number[]
  readonly checked: readonly number[]
  readonly widestGap: number
}

/** Checks, counts, then times. Throws when a digest or token is wrong. */
export async function run(course: GpuCourse): Promise<GpuTimings> {
  const use = installGpuMeter()
  const drawn = (name: string, count: number) => madeUpTokens(`${SEED}/${name}`, count, SMALL_LLAMA.vocabulary)
  const weights = await smallWeights()
  const backend = await openWebGpuLanguageBackend()
  const model = await backend.load(weights)
  const onCpu = await openWasmLanguageBackend(await loadKernels()).load(weights)
  await assertSameLeaves(model, onCpu, drawn('same', 40))

  const costs = await tokenCosts(model, drawn('costs', Math.max(...course.costsAt)), course.costsAt, use)
  const held = (logitRows: number): MemoryUse => ({
    peakBytes: use().peakBytes,
    floorBytes: memoryFloor(weights, { positions: POSITIONS, rows: PREFILL_ROWS, logitRows }),
  })
  const cache = model.openCache(POSITIONS)
  await forward(model, [{ cache, tokens: drawn('memory', PREFILL_ROWS) }], 'last')
  const generating = held(1)
  cache.close()
  await prefillDigests(model, drawn('memory', PREFILL_ROWS), () => {})
  const memory = { generating, checking: held(PREFILL_ROWS) }

  const times = await againstTransformers(model, onCpu, drawn('prompt', course.prompt), course)
  const checks = []
  for (const count of course.checked) checks.push(await checkTimes(model, drawn('start', 16), count, 1))
  await backend.close()
  return { adapter: backend.info.adapter, layers: SMALL_LLAMA.layers, ...times, costs, memory, checks }
}

/** One decoded token behind each of `positions`. */
async function tokenCosts(
  model: DeviceModel,
  tokens: readonly number[],
  positions: readonly number[],
  use: ReturnType<typeof installGpuMeter>,
): Promise<TokenCost[]> {
  const cache = model.openCache(tokens.length + 1)
  const costs: TokenCost[] = []
  for (const position of positions) {
    while (cache.length < position) {
      const fed = tokens.slice(cache.length, Math.min(cache.length + PREFILL_ROWS, position))
      await forward(model, [{ cache, tokens: fed }], 'none')
    }
    const start = use()
    await forward(model, [{ cache, tokens: [1] }], 'last')
    const end = use()
    cache.truncate(position)
    costs.push({
      position,
      dispatches: end.dispatches - start.dispatches,
      submits: end.submits - start.submits,
      readBacks: end.readBacks - start.readBacks,
    })
  }
  cache.close()
  return costs
}

async function againstTransformers(
  model: DeviceModel,
  onCpu: DeviceModel,
  prompt: readonly number[],
  { decoded, rounds, widestGap }: GpuCourse,
): Promise<Pick<GpuTimings, 'oursMs' | 'peerMs' | 'prefillMs' | 'peerPrefillMs'>> {
  const peer = await openTransformers(await llamaOnnx(SMALL_LLAMA, madeUpTensors(SEED)), onnxConfigs(SMALL_LLAMA))
  const tokenMs: Record<'ours' | 'theirs', number[]> = { ours: [], theirs: [] }
  const firstMs: Record<'ours' | 'theirs', number[]> = { ours: [], theirs: [] }
  for (let round = -1; round < rounds; round++) {
    const ours = await timedText(model, prompt, decoded)
    let startMs = performance.now()
    const theirs = await peer.generate(prompt, decoded)
    if (round < 0) {
      await assertChoices(onCpu, prompt, ours.tokens, 0)
      await assertChoices(onCpu, prompt, theirs.tokens, widestGap)
      continue
    }
    firstMs.ours.push(ours.firstMs)
    tokenMs.ours.push(...ours.tokenMs)
    for (const [i, atMs] of theirs.atMs.entries()) {
      if (i === 0) firstMs.theirs.push(atMs - startMs)
      else tokenMs.theirs.push(atMs - startMs)
      startMs = atMs
    }
  }
  await peer.close()
  return {
    oursMs: median(tokenMs.ours),
    peerMs: median(tokenMs.theirs),
    prefillMs: median(firstMs.ours),
    peerPrefillMs: median(firstMs.theirs),
  }
}

/** A greedy text with the time of its first token and of each one after it. */
async function timedText(model: DeviceModel, prompt: readonly number[], count: number) {
  const conversation = openConversation(model, prompt.length + count)
  let lastMs = performance.now()
  const tokenMs: number[] = []
  const { tokens } = await generate(model, conversation, {
    prompt,
    maxTokens: count,
    endTokens: new Set(),
    onToken() {
      const nowMs = performance.now()
      tokenMs.push(nowMs - lastMs)
      lastMs = nowMs
    },
  })
  conversation.cache.close()
  return { tokens, firstMs: tokenMs[0] ?? Number.NaN, tokenMs: tokenMs.slice(1) }
}

/** Throws unless each of `tokens` is what the exact model would choose, or nearly: within `gap` of its choice in log-probability. */
async function assertChoices(
  model: DeviceModel,
  prompt: readonly number[],
  tokens: readonly number[],
  gap: number,
): Promise<void> {
  const cache = model.openCache(prompt.length + tokens.length)
  const { logits } = await forward(model, [{ cache, tokens: [...prompt, ...tokens.slice(0, -1)] }], 'all')
  cache.close()
  for (const [i, token] of tokens.entries()) {
    const row = logits[prompt.length - 1 + i] ?? new Int32Array(0)
    const best = row.indexOf(row.reduce((a, b) => Math.max(a, b)))
    const behind = logProbabilityOf(row, best) - logProbabilityOf(row, token)
    if (behind > gap) throw new Error(`Token ${i + 1} of a text is ${token}, ${behind.toFixed(3)} behind ${best}.`)
  }
}
