// Which backend a device runs language models on: both are tried on the same steps, the faster is taken and remembered for the adapter.
// A model that it cannot hold goes to the other.
import { AppError, toErrorRecord } from '#core/errors.ts'
import type { LanguageBackend } from '#tensor/language-backend.ts'
import { trialMs } from './language-trial.ts'

/** A backend that might be taken. */
export type LanguageCandidate = {
  /** What it is called in a note, e.g. "the GPU". */
  readonly name: string
  open(): Promise<LanguageBackend>
}

/** A language backend, in a sentence why it is this one, and what a person should know of kernels that are not used; empty when all is well. */
export type ChosenLanguage = { readonly backend: LanguageBackend; readonly note: string; readonly warning: string }

/** How a choice is made. */
export type ChoiceOptions = {
  /** Keeps the choice under `key`, which names the adapter. */
  readonly cache: { get(key: string): Promise<string | undefined>; set(key: string, value: string): Promise<void> }
  readonly key: string
  readonly now: () => number
  /** Milliseconds of a backend's trial; {@link trialMs} when omitted. */
  readonly trial?: (backend: LanguageBackend, now: () => number) => Promise<number>
}

/** Raised when the trial or the kernels change so much that what was measured before no longer counts. */
const TRIAL_GENERATION = 1

type Tried = { readonly candidate: LanguageCandidate; readonly backend: LanguageBackend; readonly ms: number }

/** Opens the fastest of `candidates`; one alone is not tried. Throws what the last of them fails with when none can be opened. */
export async function chooseLanguage(
  candidates: readonly LanguageCandidate[],
  { cache, key, now, trial = trialMs }: ChoiceOptions,
): Promise<ChosenLanguage> {
  const [only, second] = candidates
  if (only !== undefined && second === undefined) return { backend: await only.open(), note: '', warning: '' }
  const place = `language/${TRIAL_GENERATION}/${key}`
  const kept = parseKept(await cache.get(place))
  const known = candidates.find(({ name }) => name === kept?.name)
  const remembered = known === undefined ? undefined : await known.open().catch(() => undefined)
  if (known !== undefined && remembered !== undefined)
    return { backend: withOthers(remembered, known, candidates), note: kept?.note ?? '', warning: '' }
  const { tried, problems } = await tryAll(candidates, trial, now)
  const [best, ...others] = tried.toSorted((a, b) => a.ms - b.ms)
  if (best === undefined) throw new NoLanguageError(problems)
  for (const { backend } of others) await backend.close()
  const times = tried.map(({ candidate, ms }) => `${candidate.name} took ${Math.round(ms)} ms`)
  const note = `Language models run on ${best.candidate.name}: for the same steps ${[...times, ...problems].join(', ')}.`
  await cache.set(place, JSON.stringify({ name: best.candidate.name, note }))
  return { backend: withOthers(best.backend, best.candidate, candidates), note, warning: '' }
}

async function tryAll(
  candidates: readonly LanguageCandidate[],
  trial: (backend: LanguageBackend, now: () => number) => Promise<number>,
  now: () => number,
): Promise<{ tried: Tried[]; problems: string[] }> {
  const tried: Tried[] = []
  const problems: string[] = []
  for (const candidate of candidates) {
    let backend: LanguageBackend | undefined
    try {
      backend = await candidate.open()
      tried.push({ candidate, backend, ms: await trial(backend, now) })
    } catch (error) {
      await backend?.close().catch(() => undefined)
      problems.push(`${candidate.name} failed (${toErrorRecord(error).message})`)
    }
  }
  return { tried, problems }
}

/** `backend`, and for a model that it refuses for lack of capacity another candidate, opened then. */
function withOthers(
  backend: LanguageBackend,
  chosen: LanguageCandidate,
  candidates: readonly LanguageCandidate[],
): LanguageBackend {
  const others = candidates.filter((candidate) => candidate !== chosen)
  const opened = new Map<LanguageCandidate, Promise<LanguageBackend>>()
  return {
    info: backend.info,
    async load(weights, options) {
      try {
        return await backend.load(weights, options)
      } catch (error) {
        if (!(error instanceof AppError) || error.kind !== 'capacity') throw error
        for (const other of others) {
          const opening = opened.get(other) ?? other.open()
          opened.set(other, opening)
          const model = await opening.then((open) => open.load(weights, options)).catch(() => undefined)
          if (model !== undefined) return model
        }
        throw error
      }
    },
    async close() {
      await backend.close()
      for (const other of opened.values()) await other.then((open) => open.close()).catch(() => undefined)
    },
  }
}

function parseKept(text: string | undefined): { name: string; note: string } | undefined {
  if (text === undefined) return undefined
  try {
    const { name, note } = JSON.parse(text) as { name?: unknown; note?: unknown }
    return typeof name === 'string' && typeof note === 'string' ? { name, note } : undefined
  } catch {
    return undefined
  }
}

/** No backend for language models works on this device. */
export class NoLanguageError extends AppError {
  override readonly name = 'node.NoLanguage'
  constructor(problems: readonly string[]) {
    super('capacity', `This device runs no language models: ${problems.join(', ')}.`)
  }
}
