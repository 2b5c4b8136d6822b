// Language kernels that are used because they were right: the variants of a device are tried in order on random models against the
// reference, the first right one is taken and remembered for the adapter, its driver and the kernels' version.
import { toErrorRecord, AppError } from '#core/errors.ts'
import { runLanguageTest } from '#model/self-test.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import type { LanguageBackend } from '#tensor/language-backend.ts'
import type { KernelCache } from './kernel-cache.ts'

/** One way to compute on a device. */
export type LanguageVariant = {
  /** In plain words, e.g. "packed products of bytes". Unique among the variants of a device. */
  readonly name: string
  readonly open: () => Promise<LanguageBackend>
}

/** A backend that gives the reference's results, and in a sentence each why those before it are not used. */
export type ProvenLanguage = { readonly backend: LanguageBackend; readonly replaced: readonly string[] }

/** How variants are proven. */
export type ProofOptions = {
  readonly cache: KernelCache
  /** Names adapter, driver and kernels. */
  readonly key: string
  /** Of the random models, unknown to whoever wrote the driver. */
  readonly seed: string
}

/** Longest problem that is shown: a compiler's message has the whole source behind it. */
const MAX_PROBLEM_LENGTH = 160

/** Raised when the proof itself changes so much that earlier outcomes no longer count. */
const PROOF_GENERATION = 1

/** Opens the first of `variants` that is right. Throws {@link NoRightVariantError}. */
export async function openProven(
  variants: readonly LanguageVariant[],
  { cache, key, seed }: ProofOptions,
): Promise<ProvenLanguage> {
  const place = `proven-language/${PROOF_GENERATION}/${key}`
  const remembered = await openRemembered(variants, await cache.get(place))
  if (remembered !== undefined) return remembered
  const expected = await runLanguageTest(openCpuLanguageBackend(), seed)
  const replaced: string[] = []
  let isCertain = true
  for (const variant of variants) {
    const outcome = await tryVariant(variant, seed, expected)
    if ('backend' in outcome) {
      if (isCertain) await cache.set(place, JSON.stringify({ name: variant.name, replaced }))
      return { backend: outcome.backend, replaced }
    }
    isCertain &&= outcome.isCertain
    replaced.push(outcome.problem)
  }
  throw new NoRightVariantError(replaced)
}

type Failure = { readonly problem: string; readonly isCertain: boolean }

async function tryVariant(
  { name, open }: LanguageVariant,
  seed: string,
  expected: string,
): Promise<{ readonly backend: LanguageBackend } | Failure> {
  let backend: LanguageBackend | undefined
  try {
    backend = await open()
    if ((await runLanguageTest(backend, seed)) === expected) return { backend }
    await backend.close()
    return { problem: `${name} gave wrong results`, isCertain: true }
  } catch (error) {
    await backend?.close().catch(() => undefined)
    const { message, kind } = toErrorRecord(error)
    const [line = ''] = message.split('\n')
    // A device that was lost says nothing about its kernels.
    return { problem: `${name} failed (${line.slice(0, MAX_PROBLEM_LENGTH)})`, isCertain: kind !== 'unavailable' }
  }
}

async function openRemembered(
  variants: readonly LanguageVariant[],
  text: string | undefined,
): Promise<ProvenLanguage | undefined> {
  const kept = parseKept(text)
  const known = variants.find(({ name }) => name === kept?.name)
  const backend = await known?.open().catch(() => undefined)
  return kept === undefined || backend === undefined ? undefined : { backend, replaced: kept.replaced }
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

/** No variant of a device's language kernels can be used. */
export class NoRightVariantError extends AppError {
  override readonly name = 'node.NoRightVariant'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super('capacity', `No language kernels are right on this device: ${problems.join('; ')}.`)
    this.problems = problems
  }
}
