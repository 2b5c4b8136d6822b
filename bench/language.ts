// Language models against libraries of others, on the same made-up weights in the same page: llama.cpp on WebAssembly, transformers.js on WebGPU.
import type { MemoryUse } from './language/memory-floor.ts'
import type { Bench, BenchOptions, BenchRecord } from './lib/bench.ts'
import { runInPage } from './lib/page.ts'
import type { GpuCourse, GpuTimings } from './page/language-gpu.ts'
import type { WasmCourse, WasmTimings } from './page/language-wasm.ts'

/**
 * Least share of equal choices, and widest gap of a differing one in nats: random weights have close calls, and under Q8_0 llama.cpp quantises
 * activations to 8 bits.
 */
const BOUNDS: WasmCourse['bounds'] = {
  Q8_0: { leastAgreement: 0.9, widestGap: 0.2 },
  F32: { leastAgreement: 0.97, widestGap: 0.05 },
}

/** What checking 256 tokens may take of generating them on WebAssembly, and what memory may be of what is needed. */
const CHECK_LIMIT = 1 / 3
const MEMORY_LIMIT = 1.15

const WASM_COURSE: WasmCourse = {
  prompt: 256,
  decoded: 32,
  rounds: 5,
  compared: 128,
  checked: [64, 256, 1024],
  bounds: BOUNDS,
}

/** The peer's prefill is wrong from some length between 17 and 64 tokens on, on SwiftShader. */
const GPU_COURSE: GpuCourse = {
  prompt: 8,
  decoded: 4,
  rounds: 2,
  costsAt: [16, 700],
  checked: [64, 256],
  widestGap: BOUNDS.F32.widestGap,
}

/** Speeds against peers, checking against generating, what a token asks of a GPU, and memory. */
export const bench: Bench = {
  summary:
    'A Llama of 25.7M made-up weights: decode and prefill against llama.cpp (WASM, one thread) and transformers.js (WebGPU); checking, dispatches, memory.',
  async run(options) {
    return [...wasmRecords(await runInPage<WasmTimings>('language-wasm', WASM_COURSE)), ...(await gpuRecords(options))]
  },
}

function wasmRecords({ adapter, agreements, checks, memory, speeds }: WasmTimings): BenchRecord[] {
  const ours = speeds.commonwatt
  if (ours === undefined) throw new Error('Our own speed is missing.')
  const peers = Object.entries(agreements)
  return [
    ...peers.map(([name, { agreeing, error, gaps, positions }]) => ({
      name: `same next token as ${name}`,
      value: agreeing,
      unit: `of ${positions}`,
      peer: `widest gap ${Math.max(0, ...gaps).toFixed(3)}, error ${error.toFixed(4)}`,
      adapter,
    })),
    ...(['decode', 'prefill'] as const).flatMap((what) =>
      peers.map(([name]) => ({
        name: what,
        value: ours[what],
        unit: 'tokens/s',
        peer: `${name}: ${(speeds[name]?.[what] ?? Number.NaN).toFixed(1)}`,
        ratio: ours[what] / (speeds[name]?.[what] ?? Number.NaN),
        adapter,
      })),
    ),
    ...checkRecords(adapter, checks),
    memoryRecord('memory held at most', adapter, memory),
  ]
}

async function gpuRecords(options: BenchOptions): Promise<BenchRecord[]> {
  const course = options.has('full') ? { ...GPU_COURSE, checked: WASM_COURSE.checked } : GPU_COURSE
  const timings = await runInPage<GpuTimings>('language-gpu', course)
  const { adapter, checks, costs, layers, memory, oursMs, peerMs, peerPrefillMs, prefillMs } = timings
  return [
    speedRecord('decode', 1000 / oursMs, 1000 / peerMs, adapter),
    speedRecord(
      `prefill of ${course.prompt}`,
      (1000 * course.prompt) / prefillMs,
      (1000 * course.prompt) / peerPrefillMs,
      adapter,
    ),
    ...costs.map(({ dispatches, position, readBacks, submits }) => ({
      name: `dispatches of a token behind ${position}`,
      value: dispatches,
      unit: `${(dispatches / layers).toFixed(2)} a layer`,
      peer: `submits ${submits}, read-backs ${readBacks}`,
      adapter,
    })),
    ...checkRecords(adapter, checks),
    memoryRecord('memory held at most, generating', adapter, memory.generating),
    memoryRecord('memory held at most, checking', adapter, memory.checking),
  ]
}

function speedRecord(name: string, ours: number, theirs: number, adapter: string): BenchRecord {
  return {
    name,
    value: ours,
    unit: 'tokens/s',
    peer: `transformers.js: ${theirs.toFixed(2)}`,
    ratio: ours / theirs,
    adapter,
  }
}

function checkRecords(adapter: string, checks: WasmTimings['checks']): BenchRecord[] {
  return checks.map(({ checkMs, count, generateMs, ratio }) => ({
    name: `checking ${count} tokens by one prefill`,
    value: checkMs / 1000,
    unit: 's',
    peer: `generating: ${(generateMs / 1000).toFixed(2)} s; at 256 at most ${CHECK_LIMIT.toFixed(2)} times`,
    ratio,
    adapter,
  }))
}

function memoryRecord(name: string, adapter: string, { floorBytes, peakBytes }: MemoryUse): BenchRecord {
  return {
    name,
    value: peakBytes / 2 ** 20,
    unit: 'MiB',
    peer: `weights, cache, activations: ${(floorBytes / 2 ** 20).toFixed(1)}; at most ${MEMORY_LIMIT} times`,
    ratio: peakBytes / floorBytes,
    adapter,
  }
}
