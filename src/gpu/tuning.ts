// Choosing the variant of a product for an adapter: whichever gives right results and is fastest in a short measurement, which is remembered.
// Software adapters and GPUs want different ones, and no result depends on the choice.
import { AppError } from '#core/errors.ts'
import type { MatmulShape } from '#tensor/backend.ts'
import { matmulF32 } from '#tensor/cpu/matmul-f32.ts'
import { matmulInt8 } from '#tensor/cpu/matmul-int8.ts'
import { productSums } from '#tensor/cpu/product-sums.ts'
import { canBothBeCorrect } from '#tensor/tolerance.ts'
import { canRun } from './kernels/kernel.ts'
import type { MatmulChoice, MatmulFamily, MatmulVariant } from './kernels/matmul.ts'
import { type Product, runMatmul } from './matmul.ts'
import { Pace } from './pace.ts'
import { shadersDigest } from './shaders-digest.ts'
import type { Session } from './session.ts'

/** Remembers what was measured, across sessions. */
export interface TuningCache {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string): Promise<void>
}

/** Element type of the operands. */
export type MatmulElement = 'int8' | 'f32'

/** Sides of the products measured, until one takes long enough to tell the variants apart. */
const ROUNDS = [256, 1024, 2048] as const

/** A measurement this long tells the variants apart. */
const TELLING_MS = 2

/** Variants this much slower than the best are not measured again. */
const HOPELESS_FACTOR = 2

const REPEATS = 3

/** Dispatches of a trial product may take this long: nobody is looking yet. */
const TRIAL_PACE_MS = 50

/** More than one workgroup of every tiled variant in each direction, and nothing a multiple of anything. */
const TILED_TRIALS: readonly MatmulShape[] = [
  { m: 131, k: 37, n: 135 },
  { m: 3, k: 1021, n: 5 },
]

/** Results of one row and of one column. */
const THIN_TRIALS: readonly MatmulShape[] = [
  { m: 1, k: 521, n: 67 },
  { m: 67, k: 521, n: 1 },
]

/** What was chosen, and the names of variants before it that the adapter should run and gets wrong or refuses. */
export type Chosen = { readonly choice: MatmulChoice; readonly replaced: readonly string[] }

/** The best of `family` on the session's adapter. Throws {@link NoVariantError} when none can be used. */
export async function chooseVariants(
  session: Session,
  family: MatmulFamily,
  element: MatmulElement,
  cache: TuningCache | undefined,
): Promise<Chosen> {
  const key = `tuning/${shadersDigest()}/matmul-${element}/${session.adapterKey}`
  const remembered = parseKept(await cache?.get(key))
  const known = remembered === undefined ? undefined : await choiceOf(session, family, element, remembered.name)
  if (known !== undefined) return { choice: known, replaced: remembered?.replaced ?? [] }
  const usable: MatmulChoice[] = []
  const replaced: string[] = []
  const thin = await thinOf(session, family, element, replaced)
  for (const { kernel, isStaged } of family.tiled) {
    if ((isStaged && session.info.isSoftware && usable.length > 0) || !canRun(kernel, session)) continue
    const tiled = await tiledOf(session, family, element, kernel.name)
    if (tiled === undefined) replaced.push(kernel.name)
    else usable.push({ tiled, thin })
  }
  const choice = await fastest(session, usable, element)
  if (choice === undefined) throw new NoVariantError(element, session.info.adapter)
  await cache?.set(key, JSON.stringify({ name: choice.tiled.kernel.name, replaced }))
  return { choice, replaced }
}

/**
 * The choice with the tiled variant `name`, if the adapter runs it and gets small products right: drivers have been seen to get integer
 * products wrong. Thin variants that it gets wrong are left out.
 */
export async function choiceOf(
  session: Session,
  family: MatmulFamily,
  element: MatmulElement,
  name: string,
): Promise<MatmulChoice | undefined> {
  const tiled = await tiledOf(session, family, element, name)
  return tiled === undefined ? undefined : { tiled, thin: await thinOf(session, family, element, []) }
}

async function tiledOf(session: Session, family: MatmulFamily, element: MatmulElement, name: string) {
  const tiled = family.tiled.find(({ kernel }) => kernel.name === name)
  if (tiled === undefined || !canRun(tiled.kernel, session)) return undefined
  return (await isVariantRight(session, tiled, element, TILED_TRIALS)) ? tiled : undefined
}

/** The first right thin variant of each tile; the names of those before it go to `replaced`. */
async function thinOf(
  session: Session,
  family: MatmulFamily,
  element: MatmulElement,
  replaced: string[],
): Promise<MatmulVariant[]> {
  const right: MatmulVariant[] = []
  for (const variant of family.thin) {
    if (!canRun(variant.kernel, session) || right.some(({ tileCols }) => tileCols === variant.tileCols)) continue
    if (await isVariantRight(session, variant, element, THIN_TRIALS)) right.push(variant)
    else replaced.push(variant.kernel.name)
  }
  return right
}

/** Whether a variant alone gives right products of random and of extreme values. */
async function isVariantRight(
  session: Session,
  variant: MatmulVariant,
  element: MatmulElement,
  shapes: readonly MatmulShape[],
): Promise<boolean> {
  const alone = { tiled: variant, thin: [] }
  try {
    for (const shape of shapes)
      for (const isExtreme of [false, true]) {
        const product = trialProduct(element, shape, isExtreme)
        await runMatmul(session, alone, product, new Pace(() => TRIAL_PACE_MS), undefined)
        if (!isRight(product)) return false
      }
  } catch (error) {
    // A variant that a driver's compiler refuses is one that cannot be used; a lost device is another matter.
    if (session.lostReason() !== undefined || !(error instanceof AppError)) throw error
    return false
  }
  return true
}

function parseKept(text: string | undefined): { name: string; replaced: string[] } | undefined {
  try {
    const { name, replaced } = JSON.parse(text ?? 'null') as { name?: unknown; replaced?: unknown }
    const isList = Array.isArray(replaced) && replaced.every((each) => typeof each === 'string')
    return typeof name === 'string' && isList ? { name, replaced } : undefined
  } catch {
    return undefined
  }
}

async function fastest(
  session: Session,
  choices: readonly MatmulChoice[],
  element: MatmulElement,
): Promise<MatmulChoice | undefined> {
  let candidates = choices.map((choice) => ({ choice, tookMs: 0 }))
  for (const side of ROUNDS) {
    if (candidates.length < 2) break
    for (const candidate of candidates)
      candidate.tookMs = await measureVariant(session, candidate.choice.tiled, element, side)
    candidates.sort((a, b) => a.tookMs - b.tookMs)
    const bestMs = candidates[0]?.tookMs ?? 0
    candidates = candidates.filter(({ tookMs }) => tookMs <= bestMs * HOPELESS_FACTOR)
    if (bestMs >= TELLING_MS) break
  }
  return candidates[0]?.choice
}

/** Milliseconds of a product of `side`^3 by a tiled variant, the best of a few. `side` is a multiple of 4. */
export async function measureVariant(
  session: Session,
  variant: MatmulVariant,
  element: MatmulElement,
  side: number,
): Promise<number> {
  const kernel = await session.pipelines.get(variant.kernel)
  const inner = element === 'int8' ? side / 4 : side
  return session.pool.using(async (acquire) => {
    const [a, b, c] = [
      await acquire('storage', side * inner * 4),
      await acquire('storage', side * inner * 4),
      await acquire('storage', side * side * 4),
    ]
    const values = new Float32Array(side * inner).map((_, i) => (i % 17) - 8)
    session.device.queue.writeBuffer(a, 0, values)
    session.device.queue.writeBuffer(b, 0, values)
    const tensors = session.commands.bind(kernel, [a, b, c])
    const params = { rows: side, cols: side, inner, rowStart: 0, colStart: 0, accumulate: 0 }
    let bestMs = Number.POSITIVE_INFINITY
    for (let i = 0; i < REPEATS; i++) {
      const tookMs = await session.commands.measure((dispatch) =>
        dispatch(kernel, tensors, params, [Math.ceil(side / variant.tileCols), Math.ceil(side / variant.tileRows)]),
      )
      bestMs = Math.min(bestMs, tookMs)
    }
    return bestMs
  })
}

/** Random values, or the least and the greatest int8 in random order. */
function trialProduct(element: MatmulElement, shape: MatmulShape, isExtreme: boolean): Product {
  const fill = () => Math.floor(Math.random() * 256) - 128
  const out = { shape, int8: new Int32Array(shape.m * shape.n), f32: new Float32Array(shape.m * shape.n) }
  const values = (length: number) => new Int8Array(length).map(isExtreme ? () => (fill() < 0 ? -128 : 127) : fill)
  const a = values(shape.m * shape.k)
  const b = values(shape.k * shape.n)
  if (element === 'int8') return { shape, a, b, out: out.int8 }
  return { shape, a: new Float32Array(a), b: new Float32Array(b), out: out.f32 }
}

function isRight({ a, b, shape, out }: Product): boolean {
  if (a instanceof Int8Array && b instanceof Int8Array) {
    const expected = matmulInt8(a, b, shape)
    return out.every((value, i) => value === expected[i])
  }
  if (!(a instanceof Float32Array) || !(b instanceof Float32Array)) return false
  const expected = matmulF32(a, b, shape)
  const sumAt = productSums(a, b, shape)
  return out.every((value, i) => canBothBeCorrect('matmul-f32', sumAt(i), value, expected[i] ?? 0))
}

/** No variant of a product can be used. */
export class NoVariantError extends AppError {
  override readonly name = 'gpu.NoVariant'
  constructor(element: MatmulElement, adapter: string) {
    super('unavailable', `No variant of the ${element} product gives right results on ${adapter}.`)
  }
}
