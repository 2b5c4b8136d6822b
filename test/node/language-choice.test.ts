// The choice of a language backend: by a trial, remembered, and with another way for models that do not fit.
import { describe, expect, test } from 'vitest'
import { AppError } from '#core/errors.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import type { LanguageBackend } from '#tensor/language-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import { ODD_SHAPE, randomModel } from '#model/random-model.ts'
import { type LanguageCandidate, chooseLanguage } from '#node/language-choice.ts'
import { TRIAL_SHAPE, trialMs } from '#node/language-trial.ts'

class TooLargeError extends AppError {
  override readonly name = 'test.TooLarge'
  constructor() {
    super('capacity', 'It does not fit.')
  }
}

/** Candidates that take what `times` says, or cannot be opened; counts what is opened and closed. */
function candidatesOf(times: Record<string, number | Error>) {
  const opened: string[] = []
  const closed: string[] = []
  const candidates = Object.entries(times).map(([name, time]): LanguageCandidate => ({
    name,
    async open() {
      if (time instanceof Error) throw time
      opened.push(name)
      const backend = openCpuLanguageBackend()
      return { ...backend, info: { ...backend.info, adapter: name }, close: async () => void closed.push(name) }
    },
  }))
  const trial = async ({ info }: LanguageBackend) => Number(times[info.adapter])
  return { candidates, trial, opened, closed }
}

function memoryCache() {
  const kept = new Map<string, string>()
  return {
    kept,
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: string) => void kept.set(key, value),
  }
}

const now = () => performance.now()

describe('chooseLanguage', () => {
  test('default: the faster one is taken, the other closed, and the note has both times', async () => {
    const { candidates, trial, closed } = candidatesOf({ a: 80, b: 20 })
    const { backend, note } = await chooseLanguage(candidates, { cache: memoryCache(), key: 'x', now, trial })
    expect(backend.info.adapter).toBe('b')
    expect(closed).toEqual(['a'])
    expect(note).toBe('Language models run on b: for the same steps a took 80 ms, b took 20 ms.')
  })

  test('behaviour: the choice is remembered for the adapter and for no other', async () => {
    const cache = memoryCache()
    const first = candidatesOf({ a: 80, b: 20 })
    const { note } = await chooseLanguage(first.candidates, { cache, key: 'x', now, trial: first.trial })
    const again = candidatesOf({ a: 1, b: 2 })
    const options = { cache, now, trial: again.trial }
    const remembered = await chooseLanguage(again.candidates, { ...options, key: 'x' })
    expect([remembered.backend.info.adapter, remembered.note, again.opened]).toEqual(['b', note, ['b']])
    expect((await chooseLanguage(again.candidates, { ...options, key: 'y' })).backend.info.adapter).toBe('a')
  })

  test('behaviour: what was remembered and cannot be opened, or is no choice, is tried again', async () => {
    const cache = memoryCache()
    const first = candidatesOf({ a: 80, b: 20 })
    await chooseLanguage(first.candidates, { cache, key: 'x', now, trial: first.trial })
    const broken = candidatesOf({ a: 80, b: new Error('gone') })
    const options = { cache, key: 'x', now, trial: broken.trial }
    expect((await chooseLanguage(broken.candidates, options)).note).toContain('b failed (gone)')
    const [place = ''] = cache.kept.keys()
    for (const text of ['{', '7', '{"name":"c","note":"?"}', 'null']) {
      cache.kept.set(place, text)
      const { candidates, trial } = candidatesOf({ a: 3, b: 2 })
      expect((await chooseLanguage(candidates, { ...options, trial })).backend.info.adapter).toBe('b')
    }
  })

  test('behaviour: one alone is not tried', async () => {
    const { candidates } = candidatesOf({ a: 1 })
    const trial = () => Promise.reject(new Error('tried'))
    expect((await chooseLanguage(candidates, { cache: memoryCache(), key: 'x', now, trial })).note).toBe('')
  })

  test('error: none works', async () => {
    const { candidates, trial } = candidatesOf({ a: new Error('no'), b: new Error('neither') })
    const chosen = chooseLanguage(candidates, { cache: memoryCache(), key: 'x', now, trial })
    await expect(chosen).rejects.toMatchObject({
      kind: 'capacity',
      message: expect.stringContaining('neither') as string,
    })
  })

  test('behaviour: a model for which one lacks capacity is loaded by the other; other errors are its own', async () => {
    const { candidates, trial, opened, closed } = candidatesOf({ a: 1, b: 2 })
    const refusing = (error: Error): LanguageCandidate => ({
      name: 'a',
      open: async () => ({
        ...openCpuLanguageBackend(),
        load: async () => {
          throw error
        },
      }),
    })
    const load = async (error: Error) => {
      const all = [refusing(error), ...candidates.slice(1)]
      const { backend } = await chooseLanguage(all, {
        cache: memoryCache(),
        key: 'x',
        now,
        trial: async (b) => ((await trial(b)) > 1 ? 2 : 1),
      })
      const model = await backend.load(randomModel({ seed: 'choice', shape: ODD_SHAPE }))
      await backend.close()
      return model
    }
    expect((await load(new TooLargeError())).shape).toEqual(ODD_SHAPE)
    expect([opened.length, closed.length]).toEqual([2, 2])
    await expect(load(new Error('broken'))).rejects.toThrow('broken')
  })
})

test('behaviour: the trial runs on real backends and tells their time', async () => {
  const shape = { ...TRIAL_SHAPE, width: 32, hidden: 48, heads: 2, kvHeads: 2, headDim: 16, vocabulary: 128 }
  for (const backend of [openCpuLanguageBackend(), openWasmLanguageBackend(await loadKernels())])
    expect(await trialMs(backend, now, shape)).toBeGreaterThan(0)
})
