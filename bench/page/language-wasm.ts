// In the page: our WASM backend against llama.cpp's WebAssembly on the same weights. Next tokens are compared before anything is timed.
import { wrap } from 'comlink'
import { encodeLlamaGguf } from '#model/formats/gguf.fixture.ts'
import { forward } from '#model/transformer.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-page.ts'
import { type Agreement, compareChoices } from '../language/agreement.ts'
import { type Contender, type Speed, speedsInTurns } from '../language/contender.ts'
import { SMALL_LLAMA, madeUpTensors, madeUpTokens, madeUpVocabulary } from '../language/made-up-llama.ts'
import { type MemoryUse, memoryFloor } from '../language/memory-floor.ts'
import { installWasmMeter } from '../language/wasm-meter.ts'
import { type CheckTimes, POSITIONS, SEED, allLogits, checkTimes, smallWeights } from '../language/own.ts'
import type { OwnWorker } from './peers/own-worker.ts'
import { bestByPosition, openLlamaCpp } from './peers/wllama.ts'

/** Speeds and agreement by contender, and checking against generating by tokens generated. */
export type WasmTimings = {
  readonly adapter: string
  readonly speeds: Readonly<Record<string, Speed>>
  readonly agreements: Readonly<Record<string, Agreement>>
  readonly checks: readonly CheckTimes[]
  readonly memory: MemoryUse
}

/** How much is fed. */
export type WasmCourse = {
  readonly prompt: number
  readonly decoded: number
  readonly rounds: number
  readonly compared: number
  readonly checked: readonly number[]
  /** How far llama.cpp may be from us, by its weights. */
  readonly bounds: Readonly<Record<'Q8_0' | 'F32', Bounds>>
}

/** Least share of equal choices, and widest gap of a differing one in nats. */
export type Bounds = { readonly leastAgreement: number; readonly widestGap: number }

/** Candidates of the peer in which our choice is looked for. */
const CANDIDATES = 40

/** Compares, then times. Throws when a peer disagrees by more than the bounds. */
export async function run(course: WasmCourse): Promise<WasmTimings> {
  const drawn = (name: string, count: number) => madeUpTokens(`${SEED}/${name}`, count, SMALL_LLAMA.vocabulary)
  const taken = installWasmMeter()
  const weights = await smallWeights()
  const backend = openWasmLanguageBackend(await loadKernels())
  const model = await backend.load(weights)
  const contenders = [await ourWorker()]
  const agreements: Record<string, Agreement> = {}
  const compared = drawn('compared', course.compared)
  const ours = await allLogits(model, compared)
  for (const type of ['Q8_0', 'F32'] as const) {
    const tokenizer = madeUpVocabulary(SMALL_LLAMA.vocabulary)
    const gguf = await encodeLlamaGguf({ config: SMALL_LLAMA, tensors: madeUpTensors(SEED), type, tokenizer })
    const peer = await openLlamaCpp(gguf, { positions: POSITIONS })
    const name = `llama.cpp ${type}`
    agreements[name] = assertAgreement(
      name,
      compareChoices(ours, await bestByPosition(peer, compared, CANDIDATES)),
      course.bounds[type],
    )
    contenders.push({ name, feed: (tokens) => peer.feed(tokens), clear: () => peer.clear() })
  }
  const { rounds } = course
  const turns = { prompt: drawn('prompt', course.prompt), decoded: drawn('decoded', course.decoded), rounds }
  const speeds = await speedsInTurns(contenders, turns)
  // Before the checks: they want logits of 256 positions at once.
  const cache = model.openCache(POSITIONS)
  await forward(model, [{ cache, tokens: turns.prompt }], 'last')
  cache.close()
  const memory = {
    peakBytes: taken(),
    floorBytes: memoryFloor(weights, { positions: POSITIONS, rows: course.prompt, logitRows: course.compared }),
  }
  const checks = []
  for (const count of course.checked) checks.push(await checkTimes(model, drawn('start', 16), count, rounds))
  return { adapter: backend.info.adapter, speeds, agreements, checks, memory }
}

/** A second copy of the model, where llama.cpp has its own: in a worker. */
async function ourWorker(): Promise<Contender> {
  const worker = wrap<OwnWorker>(new Worker(new URL('peers/own-worker.ts', import.meta.url), { type: 'module' }))
  return {
    name: await worker.open(),
    async feed(tokens) {
      await worker.feed(tokens)
    },
    async clear() {
      await worker.clear()
    },
  }
}

function assertAgreement(name: string, agreement: Agreement, { leastAgreement, widestGap }: Bounds): Agreement {
  const { agreeing, gaps, positions } = agreement
  const widest = Math.max(0, ...gaps)
  if (agreeing < leastAgreement * positions || widest > widestGap)
    throw new Error(`${name} agrees on ${agreeing} of ${positions} tokens, with a gap of ${widest.toFixed(3)}.`)
  return agreement
}
