// Compiles training/kernels and lays out their memory. They are built at each start: nothing else in the project uses them.
import { fileURLToPath } from 'node:url'
import { mkdir, readFile } from 'node:fs/promises'
import asc from 'assemblyscript/asc'

/** Where the trainer keeps what it makes; ignored by git. */
export const OUTPUT = new URL('../dist/training/', import.meta.url)

const SOURCES = ['adamw', 'attention', 'gate', 'gemm', 'loss', 'memory', 'norm', 'rope']

const PAGE_BYTES = 65_536

/** Exports of training/kernels, in single precision; addresses are byte offsets, counts and strides are in floats. */
export type TrainingKernels = {
  readonly memory: WebAssembly.Memory
  heapBase(): number
  gemm(
    a: number,
    aRow: number,
    aStep: number,
    b: number,
    bStep: number,
    bCol: number,
    c: number,
    cRow: number,
    m: number,
    n: number,
    k: number,
    accumulate: boolean,
  ): void
  embed(tokens: number, embedding: number, out: number, rows: number, width: number): void
  embedBackward(tokens: number, dx: number, dEmbedding: number, rows: number, width: number): void
  rmsNorm(x: number, gain: number, y: number, inverse: number, rows: number, width: number, epsilon: number): void
  rmsNormBackward(
    x: number,
    gain: number,
    inverse: number,
    dy: number,
    dx: number,
    dGain: number,
    rows: number,
    width: number,
  ): void
  ropeTables(cos: number, sin: number, positions: number, headDim: number, theta: number): void
  rotate(
    x: number,
    cos: number,
    sin: number,
    rows: number,
    heads: number,
    headDim: number,
    window: number,
    direction: number,
  ): void
  attend(
    q: number,
    qRow: number,
    k: number,
    v: number,
    kvRow: number,
    p: number,
    first: number,
    out: number,
    rows: number,
    headDim: number,
  ): void
  attendBackward(
    q: number,
    qRow: number,
    k: number,
    v: number,
    kvRow: number,
    p: number,
    first: number,
    dOut: number,
    dq: number,
    dk: number,
    dv: number,
    rows: number,
    headDim: number,
  ): void
  siluGate(gate: number, up: number, out: number, count: number): void
  siluGateBackward(gate: number, up: number, dOut: number, dGate: number, dUp: number, count: number): void
  crossEntropy(
    logits: number,
    targets: number,
    weights: number,
    best: number,
    rows: number,
    vocabulary: number,
    total: number,
  ): number
  add(x: number, y: number, count: number): void
  sumOfSquares(x: number, count: number): number
  adamw(
    w: number,
    g: number,
    m: number,
    v: number,
    count: number,
    rate: number,
    beta1: number,
    beta2: number,
    decay: number,
    gradientScale: number,
    correction1: number,
    correction2: number,
  ): void
}

/** Builds the kernels and instantiates them. */
export async function loadTrainingKernels(): Promise<TrainingKernels> {
  await mkdir(OUTPUT, { recursive: true })
  const { error } = await asc.main(
    [
      ...SOURCES.map((name) => `training/kernels/${name}.ts`),
      '--baseDir',
      fileURLToPath(new URL('..', import.meta.url)),
      '--outFile',
      'dist/training/kernels.wasm',
      '-O3',
      '--noAssert',
      '--runtime',
      'stub',
      '--enable',
      'simd',
      '--enable',
      'relaxed-simd',
      '--disableWarning',
      '112', // v128 between the module's own functions
    ],
    { stderr: process.stderr },
  )
  if (error) throw new Error('The training kernels do not compile.', { cause: error })
  const module = await WebAssembly.compile(await readFile(new URL('kernels.wasm', OUTPUT)))
  const abort = () => {
    throw new RangeError('A training kernel aborted.')
  }
  const { exports } = await WebAssembly.instantiate(module, { env: { abort } })
  return exports as unknown as TrainingKernels
}

/** Memory handed out front to back, in floats. Everything is taken before the first view is made, because growth detaches views. */
export class Arena {
  readonly #kernels: TrainingKernels
  #top: number

  constructor(kernels: TrainingKernels) {
    this.#kernels = kernels
    this.#top = Math.ceil(kernels.heapBase() / 16) * 16
  }

  /** Address of `count` new floats, zero at first. */
  take(count: number): number {
    const { memory } = this.#kernels
    const start = this.#top
    this.#top += Math.ceil(count / 4) * 16
    const missing = this.#top - memory.buffer.byteLength
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES))
    return start
  }

  /** `count` floats at `at`, without a copy. */
  f32(at: number, count: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#kernels.memory.buffer, at, count)
  }

  /** `count` integers at `at`, without a copy. */
  i32(at: number, count: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#kernels.memory.buffer, at, count)
  }
}
