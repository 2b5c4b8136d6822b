// What the cost of checking is measured on: a unit of each kind with its inputs, on a model of random weights and on random matrices.
import { type Random, seededRandom } from '#core/random.ts'
import { encodeExactModel } from '#model/exact-file.ts'
import { ModelCache } from '#model/model-cache.ts'
import { randomModel } from '#model/random-model.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import type { Devices, Kind } from '#work/kind.ts'
import { kindOf } from '#work/kinds.ts'
import { batchBytes, embedParams } from '#work/kinds/embed/task.ts'
import { costOf, generateParams, tokenBytes } from '#work/kinds/generate/task.ts'
import type { Unit } from '#work/unit.ts'
import { type HeldContent, randomMatrix } from '../../test/support/certified-job.ts'
import { byteCard, holdBlob } from '../../test/support/tiny-model.ts'
import { BENCH_SHAPE } from '../lib/language-shape.ts'

/** A unit to be computed and checked. `tagOperations` are those of one possession tag that is computed alone, on average. */
export type CheckedCase = {
  readonly name: string
  readonly kind: Kind
  readonly unit: Unit
  readonly contents: readonly HeldContent[]
  readonly tagOperations: bigint
  /** Most that checking may cost, as a share of the work. */
  readonly limit?: number
}

/** Rows, columns and inner dimension of products. */
export const SIDE = 1024

const TEXTS = 32
const TEXT_TOKENS = 32

/** What kinds compute on in a Node process: WebAssembly on one thread for models, the TypeScript reference for products. */
export async function openDevices(): Promise<Devices> {
  const models = new ModelCache(async () => openWasmLanguageBackend(await loadKernels()))
  return { backend: await openCpuBackend(), models }
}

/** The file of a Llama of 25.7M random weights whose texts never end by themselves. */
export async function benchModelFile(): Promise<Uint8Array<ArrayBuffer>> {
  const weights = randomModel({ seed: 'bench', shape: BENCH_SHAPE })
  return encodeExactModel({ card: byteCard('bench'), weights })
}

/** A generation of `maxTokens` after a random prompt. */
export function generateCase(model: HeldContent, seed: string, promptLength: number, maxTokens: number): CheckedCase {
  const prompt = holdBlob(tokenBytes(tokensOf(seededRandom(`${seed}/prompt`), promptLength)))
  const contents = [model, prompt]
  const { tokenOps, pairOps } = costOf(BENCH_SHAPE)
  return {
    name: `generate ${promptLength} + ${maxTokens}`,
    ...unitOf('generate', 2, generateParams(BENCH_SHAPE, maxTokens), contents),
    tagOperations: BigInt(tokenOps * promptLength + (pairOps * promptLength * (promptLength + 1)) / 2),
  }
}

/** One unit of every kind. */
export function checkedCases(model: HeldContent): CheckedCase[] {
  const random = seededRandom('bench/checking')
  const texts = Array.from({ length: TEXTS }, () => tokensOf(random, TEXT_TOKENS))
  const batch = embedParams(BENCH_SHAPE, texts)
  const half = TEXT_TOKENS / 2
  const square = (dtype: 'i8' | 'f32') => [0, 1].map(() => randomMatrix(random, dtype, SIDE, SIDE))
  const tagOperations = BigInt(SIDE * SIDE) // half of the inner dimension on average, a product and a sum each
  return [
    { ...generateCase(model, 'bench', 16, 256), limit: 0.07 },
    generateCase(model, 'bench', 256, 256),
    {
      name: `embed ${TEXTS} texts of ${TEXT_TOKENS}`,
      ...unitOf('embed', 1, batch, [model, holdBlob(batchBytes(texts))]),
      tagOperations: BigInt(batch.tokenOps * half + (batch.pairOps * half * (half + 1)) / 2),
    },
    { name: `matmul int8 ${SIDE}^3`, ...unitOf('matmul', 1, {}, square('i8')), tagOperations, limit: 0.03 },
    { name: `matmul f32 ${SIDE}^3`, ...unitOf('matmul', 1, {}, square('f32')), tagOperations },
  ]
}

function unitOf(name: string, version: number, params: Unit['params'], contents: readonly HeldContent[]) {
  const kind = kindOf(name, version)
  const [unit] = kind.split({ params, inputs: contents.map(({ ref }) => ref) })
  if (unit === undefined) throw new RangeError(`The job of ${name} has no unit.`)
  return { kind, unit, contents }
}

function tokensOf(random: Random, count: number): number[] {
  const bytes = new DataView(random.bytes(2 * count).buffer)
  return Array.from({ length: count }, (_, at) => bytes.getUint16(2 * at) % BENCH_SHAPE.vocabulary)
}
