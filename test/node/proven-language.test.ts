// Which language kernels are used: the first that are right, remembered until a fault; and which kinds are offered when none are.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AppError } from '#core/errors.ts'
import { forgetful } from '#node/kernel-cache.ts'
import { kernelCacheFile } from '#node/kernel-cache-file.ts'
import { openDevices } from '#node/open-devices.ts'
import { Pacer } from '#node/pacer.ts'
import { type LanguageVariant, NoRightVariantError, openProven } from '#node/proven-language.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import type { LanguageBackend } from '#tensor/language-backend.ts'

const SEED = '9d'.repeat(32)

class LostError extends AppError {
  override readonly name = 'test.Lost'
  constructor() {
    super('unavailable', 'The device was lost.\nWith much behind it.')
  }
}

/** The reference with a scale off by one in the embedding of every model. */
function wrongBackend(): LanguageBackend {
  const backend = openCpuLanguageBackend()
  return {
    ...backend,
    load: (weights, options) => {
      const m = weights.embedding.m.map((value, i) => (i === 0 ? value : value - 2 ** 20))
      return backend.load({ ...weights, embedding: { ...weights.embedding, m } }, options)
    },
  }
}

/** Variants by name, and which of them were opened. */
function variantsOf(backends: Record<string, () => LanguageBackend>) {
  const opened: string[] = []
  const variants = Object.entries(backends).map(([name, make]): LanguageVariant => ({
    name,
    open: async () => {
      opened.push(name)
      return make()
    },
  }))
  return { variants, opened }
}

function memoryCache() {
  const kept = new Map<string, string>()
  return {
    kept,
    get: async (key: string) => kept.get(key),
    set: async (key: string, value: string) => void kept.set(key, value),
  }
}

const lost = () => {
  throw new LostError()
}

describe('openProven', () => {
  test('default: the first right one, with a sentence on each before it', async () => {
    const { variants } = variantsOf({ a: wrongBackend, b: openCpuLanguageBackend, c: openCpuLanguageBackend })
    const { replaced } = await openProven(variants, { cache: memoryCache(), key: 'x', seed: SEED })
    expect(replaced).toEqual(['a gave wrong results'])
  })

  test('behaviour: remembered for its key, tried again for another driver, and after a fault', async () => {
    const cache = memoryCache()
    const { variants, opened } = variantsOf({ a: wrongBackend, b: openCpuLanguageBackend })
    const options = { cache, key: 'driver 1', seed: SEED }
    await openProven(variants, options)
    expect((await openProven(variants, options)).replaced).toEqual(['a gave wrong results'])
    expect(opened).toEqual(['a', 'b', 'b'])
    await openProven(variants, { ...options, key: 'driver 2' })
    await openProven(variants, { ...options, cache: forgetful(cache) })
    expect(opened).toEqual(['a', 'b', 'b', 'a', 'b', 'a', 'b'])
  })

  test('behaviour: what a fault disproved is replaced by what is right now', async () => {
    const cache = memoryCache()
    const options = { key: 'x', seed: SEED }
    await openProven(variantsOf({ a: openCpuLanguageBackend, b: openCpuLanguageBackend }).variants, {
      ...options,
      cache,
    })
    const { variants, opened } = variantsOf({ a: wrongBackend, b: openCpuLanguageBackend })
    await openProven(variants, { ...options, cache: forgetful(cache) })
    await openProven(variants, { ...options, cache })
    expect(opened).toEqual(['a', 'b', 'b'])
  })

  test('behaviour: a variant that was lost is passed over this time, and tried again the next', async () => {
    const cache = memoryCache()
    const { variants, opened } = variantsOf({ a: lost, b: openCpuLanguageBackend })
    const { replaced } = await openProven(variants, { cache, key: 'x', seed: SEED })
    expect(replaced).toEqual(['a failed (The device was lost.)'])
    await openProven(variants, { cache, key: 'x', seed: SEED })
    expect(opened).toEqual(['a', 'b', 'a', 'b'])
  })

  test('behaviour: what is kept and is no outcome is tried again', async () => {
    const cache = memoryCache()
    const { variants, opened } = variantsOf({ a: openCpuLanguageBackend })
    await openProven(variants, { cache, key: 'x', seed: SEED })
    const [place = ''] = cache.kept.keys()
    for (const text of ['{', '7', 'null', '{"name":"z","replaced":[]}', '{"name":"a","replaced":[7]}']) {
      cache.kept.set(place, text)
      await openProven(variants, { cache, key: 'x', seed: SEED })
      expect(JSON.parse(cache.kept.get(place) ?? '')).toEqual({ name: 'a', replaced: [] })
    }
    expect(opened).toHaveLength(6)
  })

  test('error: NoRightVariant names what was tried', async () => {
    const { variants } = variantsOf({ a: wrongBackend, b: lost })
    const failed = openProven(variants, { cache: memoryCache(), key: 'x', seed: SEED })
    await expect(failed).rejects.toThrow(NoRightVariantError)
    await expect(failed).rejects.toMatchObject({
      kind: 'capacity',
      message: expect.stringContaining('a gave wrong results'),
    })
  })
})

describe('openDevices', () => {
  const pacer = new Pacer({
    pace: () => ({ share: 1, burstMs: Infinity }),
    check: () => {},
    ready: async () => {},
    now: () => performance.now(),
    pause: async () => {},
  })
  const openBackend = async () => ({ backend: await openCpuBackend(), note: '' })

  test('behaviour: without right language kernels only products are offered, and the person is told', async () => {
    const { variants } = variantsOf({ 'the only way': wrongBackend })
    const openLanguage = () =>
      openProven(variants, { cache: memoryCache(), key: 'x', seed: SEED }).then(({ backend }) => ({
        backend,
        note: '',
        warning: '',
      }))
    const devices = await openDevices({ openBackend, openLanguage }, 'cpu', pacer, false)
    expect(devices.kernels).toEqual(['products'])
    expect(devices.note).toContain('It takes no language models.')
    expect(devices.note).toContain('the only way gave wrong results')
    await devices.close()
  })

  test('behaviour: with them all is offered, and a warning is handed on', async () => {
    const openLanguage = async () => ({ backend: openCpuLanguageBackend(), note: 'n', warning: 'Some are avoided.' })
    const devices = await openDevices({ openBackend, openLanguage }, 'cpu', pacer, false)
    expect([devices.kernels, devices.note]).toEqual([['products', 'language'], 'Some are avoided.'])
    expect(devices.usedLanguage()).toBeNull()
    await devices.close()
  })
})

describe('kernelCacheFile', () => {
  async function folder() {
    const path = await mkdtemp(join(tmpdir(), 'commonwatt-kernels-'))
    onTestFinished(() => rm(path, { recursive: true }))
    return path
  }

  test('default: values are there for another process, several beside one another', async () => {
    const path = await folder()
    await kernelCacheFile(path).set('a', '1')
    await kernelCacheFile(path).set('b', '2')
    const other = kernelCacheFile(path)
    expect([await other.get('a'), await other.get('b'), await other.get('c')]).toEqual(['1', '2', undefined])
    expect(JSON.parse(await readFile(join(path, 'kernel-tests.json'), 'utf8'))).toEqual({ a: '1', b: '2' })
  })

  test('behaviour: a damaged file, a folder that is not there, and none at all are no errors', async () => {
    const path = await folder()
    for (const text of ['{', '7', 'null', '{"a":7}']) {
      await writeFile(join(path, 'kernel-tests.json'), text)
      expect(await kernelCacheFile(path).get('a')).toBeUndefined()
    }
    const nowhere = kernelCacheFile(join(path, 'not', 'there'))
    await nowhere.set('a', '1')
    expect(await nowhere.get('a')).toBeUndefined()
    const none = kernelCacheFile(undefined)
    await none.set('a', '1')
    expect(await none.get('a')).toBe('1')
  })
})
