// Without a browser, on whatever GPU Dawn finds: decode against the device's copy bandwidth, prefill against its int8 products.
import { MATMUL_INT8 } from '#gpu/kernels/matmul-int8.ts'
import { openWebGpuLanguageBackend } from '#gpu/language/language-backend.ts'
import { type Session, openSession } from '#gpu/session.ts'
import { choiceOf, measureVariant } from '#gpu/tuning.ts'
import { convertLlama } from '#model/convert/llama.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'
import type { DeviceModel } from '#tensor/language-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import { speedsInTurns } from '../language/contender.ts'
import { LARGE_LLAMA, SMALL_LLAMA, madeUpTensors, madeUpTokens } from '../language/made-up-llama.ts'
import { weightBytes } from '../language/memory-floor.ts'
import { SEED, assertSameLeaves, ourContender } from '../language/own.ts'

/** What the device does, and what the model asks of it. */
export type DeviceTimings = {
  readonly adapter: string
  readonly decode: number
  readonly prefill: number
  /** Bytes of weights that a decoded token reads, and bytes a second that a copy reads and writes. */
  readonly tokenBytes: number
  readonly copyBytesPerSecond: number
  /** Multiply-adds of a token in matrices, each by a weight of its own; and multiply-adds a second of the fastest int8 product. */
  readonly tokenMacs: number
  readonly int8MacsPerSecond: number
}

/** How much is fed. `isLarge`: a billion parameters, where the GPU is one. */
export type DeviceCourse = {
  readonly isLarge: boolean
  readonly prompt: number
  readonly decoded: number
  readonly rounds: number
}

/** Sizes of the measurements of the device itself, on emulated adapters and on GPUs. */
const SOFTWARE = { copyBytes: 2 ** 25, side: 256 }
const HARDWARE = { copyBytes: 2 ** 28, side: 4096 }

const COPIES = 8

/** Checks against WebAssembly, then times. */
export async function run({ isLarge, prompt, decoded, rounds }: DeviceCourse): Promise<DeviceTimings> {
  const session = await openSession(navigator.gpu)
  const { adapter, isSoftware } = session.info
  const sizes = isSoftware ? SOFTWARE : HARDWARE
  const copyBytesPerSecond = await copySpeed(session.device, sizes.copyBytes)
  const int8MacsPerSecond = await int8Speed(session, sizes.side)
  session.device.destroy()

  const config = isLarge && !isSoftware ? LARGE_LLAMA : SMALL_LLAMA
  const drawn = (name: string, count: number) => madeUpTokens(`${SEED}/${name}`, count, config.vocabulary)
  const weights = await convertLlama(config, madeUpTensors(SEED))
  const backend = await openWebGpuLanguageBackend()
  const model = await backend.load(weights)
  await assertSameLeaves(model, await onWasm(weights), drawn('same', 20))
  const turns = { prompt: drawn('prompt', prompt), decoded: drawn('decoded', decoded), rounds }
  const { ours } = await speedsInTurns([ourContender('ours', model)], turns)
  await backend.close()
  return {
    adapter,
    decode: ours?.decode ?? Number.NaN,
    prefill: ours?.prefill ?? Number.NaN,
    tokenBytes: weightBytes(weights),
    copyBytesPerSecond,
    tokenMacs: macsOf(weights),
    int8MacsPerSecond,
  }
}

async function onWasm(weights: ModelWeights): Promise<DeviceModel> {
  return openWasmLanguageBackend(await loadKernels()).load(weights)
}

/** Weights of all matrices, a tied embedding once: multiply-adds of a decoded token but attention's. */
function macsOf({ head, layers }: ModelWeights): number {
  const matrices = layers.flatMap(({ query, key, value, output, gate, up, down }) => [
    query.weights,
    key.weights,
    value.weights,
    output,
    gate,
    up,
    down,
  ])
  return [head, ...matrices].reduce((sum, { rows, cols }) => sum + rows * cols, 0)
}

/** Bytes read and written a second by copies between buffers. */
async function copySpeed(device: GPUDevice, sizeBytes: number): Promise<number> {
  const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
  const [from, to] = [device.createBuffer({ size: sizeBytes, usage }), device.createBuffer({ size: sizeBytes, usage })]
  const copy = async () => {
    const encoder = device.createCommandEncoder()
    for (let i = 0; i < COPIES; i++) encoder.copyBufferToBuffer(from, 0, to, 0, sizeBytes)
    device.queue.submit([encoder.finish()])
    await device.queue.onSubmittedWorkDone()
  }
  await copy()
  const startMs = performance.now()
  await copy()
  const seconds = (performance.now() - startMs) / 1000
  from.destroy()
  to.destroy()
  return (2 * COPIES * sizeBytes) / seconds
}

/** Multiply-adds a second of the fastest int8 product that the device gets right. */
async function int8Speed(session: Session, side: number): Promise<number> {
  let best = 0
  for (const { kernel } of MATMUL_INT8.tiled) {
    const choice = await choiceOf(session, MATMUL_INT8, 'int8', kernel.name)
    if (choice === undefined) continue
    const tookMs = await measureVariant(session, choice.tiled, 'int8', side)
    best = Math.max(best, (1000 * side ** 3) / tookMs)
  }
  return best
}
