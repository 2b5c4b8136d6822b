// Models from a Hub on this machine: what is fetched, what is not fetched twice, and every way in which it can fail.
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { utf8 } from '#core/bytes.ts'
import { seededRandom } from '#core/random.ts'
import { downloadModel } from '#cli/hub/download.ts'
import { parseHubReference } from '#cli/hub/model-reference.ts'
import { HUB_COMMIT, type HubBehaviour, type HubServer, startHub } from '../support/hub-server.ts'

const TOKEN = 'hf_secretSecretSecret'
const SIZE = 3_000_000
const weights = seededRandom('weights').bytes(SIZE)
const FILES = {
  'README.md': utf8('# Model'),
  'config.json': utf8('{"a":1}'),
  'tokenizer.json': utf8('{}'),
  'model.safetensors': weights,
  'pytorch_model.bin': new Uint8Array(10),
}
const LARGE = ['model.safetensors', 'pytorch_model.bin']

let folder: string
let hub: HubServer | undefined
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'hub-'))))
afterEach(async () => {
  await hub?.close()
  await rm(folder, { recursive: true, force: true })
})

async function start(behaviour: Partial<HubBehaviour> = {}): Promise<HubServer> {
  return (hub = await startHub({ files: FILES, large: LARGE, ...behaviour }))
}

type Options = {
  readonly token?: string
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

function download(
  { url }: { url: string },
  text = 'hf:ORG/NAME',
  { token, signal, onProgress }: Options = {},
): Promise<string> {
  return downloadModel(parseHubReference(text), {
    endpoint: url,
    token,
    signal: signal ?? new AbortController().signal,
    retryMs: 1,
    folder,
    ...(onProgress === undefined ? {} : { onProgress }),
  })
}

const failure = (kind: string, part: string) => ({ kind, message: expect.stringContaining(part) as string })
const here = () => join(folder, 'ORG--NAME', HUB_COMMIT)
const isWhole = async () => (await readFile(join(here(), 'model.safetensors'))).equals(weights)
const filesAsked = ({ requests }: HubServer) => requests.filter(({ path }) => path.includes('/resolve/'))

describe('downloading', () => {
  test('default: what a conversion reads comes here, and nothing else', async () => {
    const shown: number[] = []
    const path = await download(await start(), 'hf:ORG/NAME', { onProgress: (done) => shown.push(done) })
    expect(path).toBe(here())
    expect((await readdir(path)).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json'])
    expect(await isWhole()).toBe(true)
    expect(shown).toEqual(shown.toSorted((a, b) => a - b))
    expect(shown.at(-1)).toBe(SIZE + 7 + 2)
  })

  test('behaviour: what is here is not fetched again', async () => {
    const server = await start()
    await download(server)
    const before = filesAsked(server).length
    await download(server)
    expect(filesAsked(server)).toHaveLength(before)
  })

  test('behaviour: a connection that breaks is taken up where it broke, however often there is progress', async () => {
    const server = await start({
      breaks: { 'model.safetensors': [1_000_000, 500_000, 400_000, 300_000, 200_000, 100_000] },
    })
    await download(server)
    expect(await isWhole()).toBe(true)
    const ranges = server.requests.filter(({ isStorage }) => isStorage).map(({ range }) => range)
    expect(ranges).toHaveLength(7)
    expect(ranges[0]).toBeUndefined()
    const starts = ranges.slice(1).map((range) => Number(/^bytes=(\d+)-2999999$/.exec(range ?? '')?.[1]))
    expect(starts).toEqual(starts.toSorted((a, b) => a - b))
    expect(Math.min(...starts)).toBeGreaterThan(0)
  })

  test('behaviour: an interrupted download goes on the next time', async () => {
    const server = await start()
    const controller = new AbortController()
    const onProgress = (done: number) => {
      if (done > 100_000) controller.abort()
    }
    await expect(download(server, 'hf:ORG/NAME', { signal: controller.signal, onProgress })).rejects.toThrow('abort')
    const partial = await readFile(join(here(), 'model.safetensors.part'))
    expect(partial.length).toBeGreaterThan(100_000 - 9)
    expect(partial.length).toBeLessThan(SIZE)
    await download(server)
    expect(server.requests.at(-1)?.range).toBe(`bytes=${partial.length}-${SIZE - 1}`)
    expect(await isWhole()).toBe(true)
  })

  test('behaviour: a busy Hub is asked again', async () => {
    await download(await start({ statuses: [503, 429, 500] }))
    expect(await readdir(here())).toContain('config.json')
  })

  test('option: a token goes to the Hub and not to where its large files are', async () => {
    const server = await start({ token: TOKEN })
    await download(server, 'hf:ORG/NAME', { token: TOKEN })
    const stored = server.requests.filter(({ isStorage }) => isStorage)
    expect(stored.map(({ token }) => token)).toEqual([undefined])
    const asked = server.requests.filter(({ isStorage }) => !isStorage)
    expect(asked.every(({ token }) => token === `Bearer ${TOKEN}`)).toBe(true)
  })

  test('option: a revision', async () => {
    const server = await start()
    await download(server, 'hf:ORG/NAME@v1.0')
    expect(server.requests[0]?.path).toContain('/revision/v1.0')
    await expect(download(server, 'hf:ORG/NAME@gone')).rejects.toMatchObject(failure('input', 'no ORG/NAME at gone'))
  })

  test('option: shards by their index, over several pages of the listing', async () => {
    const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']
    const index = utf8(JSON.stringify({ weight_map: { a: names[1], b: names[0], c: names[1] } }))
    const [first = '', second = ''] = names
    const files = {
      'config.json': FILES['config.json'],
      [first]: weights,
      [second]: utf8('second'),
      'model-00003-of-00003.safetensors': utf8('another'),
      'model.safetensors.index.json': index,
    }
    const path = await download(await start({ files, large: names, page: 2 }))
    expect((await readdir(path)).sort()).toEqual([...names, 'config.json', 'model.safetensors.index.json'].sort())
  })

  test('option: the only GGUF file where there are no safetensors, or the one that is named', async () => {
    const files = { 'README.md': utf8('x'), 'a-Q8_0.gguf': weights }
    const server = await start({ files, large: ['a-Q8_0.gguf'] })
    expect(await download(server)).toBe(join(here(), 'a-Q8_0.gguf'))
    await server.close()
    const more = await start({ files: { ...files, 'b.gguf': utf8('b'), 'deep/c.gguf': utf8('c') }, large: [] })
    await expect(download(more)).rejects.toMatchObject(failure('input', 'hf:ORG/NAME/a-Q8_0.gguf: a-Q8_0.gguf, b.gguf'))
    expect(await download(more, 'hf:ORG/NAME/b.gguf')).toBe(join(here(), 'b.gguf'))
    expect(await download(more, 'hf:ORG/NAME/deep/c.gguf')).toBe(join(here(), 'c.gguf'))
    await expect(download(more, 'hf:ORG/NAME/d.gguf')).rejects.toMatchObject(failure('input', 'no file d.gguf'))
  })
})

describe('what is refused', () => {
  test.each([
    ['a wrong digest in large-file storage', { damaged: ['model.safetensors'] }, 'hostile', 'thrown away'],
    ['a wrong digest in git', { damaged: ['config.json'] }, 'hostile', 'thrown away'],
    ['more bytes than are listed', { sizes: { 'model.safetensors': 1000 } }, 'hostile', 'more of model.safetensors'],
    ['fewer bytes than are listed', { sizes: { 'config.json': 1000 } }, 'unavailable', 'config.json'],
    ['a gated model', { isGated: true }, 'input', 'accept its conditions'],
    ['a Hub that stays busy', { statuses: Array.from({ length: 20 }, () => 503) }, 'unavailable', 'config.json'],
    ['no weights', { files: { 'config.json': utf8('{}') } }, 'input', 'neither safetensors nor GGUF'],
    ['an index that is none', { files: { 'model.safetensors.index.json': utf8('[') }, large: [] }, 'input', 'not JSON'],
    [
      'a shard that is not there',
      { files: { 'model.safetensors.index.json': utf8('{"weight_map":{"a":"../../x"}}') }, large: [] },
      'input',
      'no file ../../x',
    ],
    ['a size that is none', { sizes: { 'config.json': -1 } }, 'unavailable', 'without a size'],
  ])('error: %s', async (_, behaviour, kind, part) => {
    await expect(download(await start(behaviour))).rejects.toMatchObject(failure(kind, part))
    expect((await readdir(here()).catch(() => [])).filter((name) => name === 'model.safetensors')).toEqual([])
  })

  test('error: no token where one is needed, a wrong one, and one that cannot be one', async () => {
    const server = await start({ token: TOKEN })
    await expect(download(server)).rejects.toMatchObject(failure('input', 'give a token'))
    await expect(download(server, 'hf:ORG/NAME', { token: 'hf_other' })).rejects.toMatchObject(
      failure('input', 'does not let this token'),
    )
    const bad = download(server, 'hf:ORG/NAME', { token: 'secret' })
    await expect(bad).rejects.toMatchObject(failure('input', 'begin with "hf_"'))
    await expect(bad).rejects.not.toThrow('secret')
  })

  test('error: a Hub that does not resume', async () => {
    const server = await start({ breaks: { 'model.safetensors': [1000] }, ignoresRanges: true })
    await expect(download(server)).rejects.toMatchObject(failure('input', 'from where it broke off'))
  })

  test('error: no Hub at all', async () => {
    await expect(download({ url: 'http://127.0.0.1:9' })).rejects.toMatchObject(
      failure('unavailable', 'cannot be reached'),
    )
  })

  test('behaviour: a beginning that is longer than the file is thrown away', async () => {
    const server = await start()
    await download(server)
    await rm(join(here(), 'model.safetensors'))
    await writeFile(join(here(), 'model.safetensors.part'), new Uint8Array(SIZE + 1))
    await download(server)
    expect(await isWhole()).toBe(true)
  })

  test.each([
    'hf:',
    'hf:NAME',
    'hf:../NAME',
    'hf:ORG/NAME/x.bin',
    'hf:ORG/NAME@',
    'hf:ORG/NAME@a b',
    'hf:ORG/NA ME',
    'hf:ORG/../x.gguf',
  ])('error: %s is no reference', (text) => {
    expect(() => parseHubReference(text)).toThrow('is no model of the Hub')
  })

  test('default: references', () => {
    expect(parseHubReference('hf:ORG/NAME')).toEqual({ repository: 'ORG/NAME', revision: 'main', file: null })
    expect(parseHubReference('hf:a-b/c.d_e/f/g-Q4_0.gguf@refs/pr/1')).toEqual({
      repository: 'a-b/c.d_e',
      revision: 'refs/pr/1',
      file: 'f/g-Q4_0.gguf',
    })
  })
})
