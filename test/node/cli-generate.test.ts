// `commonwatt run generate` as a person and a program use it, against a grid of two nodes in this process.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { systemRandom } from '#core/random.ts'
import { openCoordinator } from '#coordinator/coordinator.ts'
import { openModels } from '#coordinator/open-models.ts'
import { registerModel } from '#cli/generation.ts'
import { encodeExactModel, parseExactModel } from '#model/exact-file.ts'
import { startNode } from '#node/contribution.ts'
import { processParts } from '#node/process.ts'
import { connect, verifyCertificate } from '#sdk/index.ts'
import { type Ended, runCommandLine } from '../support/command-line.ts'
import { layEmptyStore } from '../support/empty-store.ts'
import { tinyModelFile } from '../support/tiny-model.ts'

const TEMPLATE = '{% for message in messages %}{{ message.content }}{% endfor %}'
const bugs: unknown[] = []
const closers: (() => Promise<unknown>)[] = []
let folder = ''
let url = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-generate-'))
  closers.push(() => rm(folder, { recursive: true, force: true }))
  const coordinator = await openCoordinator({
    dataDir: await layEmptyStore(join(folder, 'data')),
    report: (error) => bugs.push(error),
  })
  closers.push(() => coordinator.close())
  url = coordinator.url
  for (let i = 0; i < 2; i++) {
    const signer = signerFromSecret(systemRandom.bytes(32))
    const consent = { gpuShare: 1, expiresMs: Date.now() + 3_600_000, site: null }
    const node = startNode(processParts({ coordinator: url, consent, signer }))
    closers.push(() => node.stop())
  }
  const model = await parseExactModel(bytesSource(await tinyModelFile('cli')))
  const card = { ...model.card, name: 'tiny', chatTemplate: TEMPLATE }
  await registerModel(await connect(url), bytesSource(encodeExactModel({ ...model, card })))
}, 120_000)

afterAll(async () => {
  for (const close of closers.reverse()) await close()
  expect(bugs).toEqual([])
}, 60_000)

const generate = (...args: string[]): Promise<Ended> =>
  runCommandLine(
    ['run', 'generate', '--model', 'tiny', '--coordinator', url, '--max-tokens', '40', ...args],
    join(folder, 'home'),
  )

type Whole = { text: string; tokens: number[]; finishReason: string; firstTokenMilliseconds: number | null }
type Line = { event: string; text: string; isVerified: boolean; tokens: number[] }

/** A run's one JSON value. */
async function jsonOf(...args: string[]): Promise<Whole> {
  const { code, stdout, stderr } = await generate('--json', ...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as Whole
}

describe('run generate', { timeout: 120_000 }, () => {
  test('default: the text on stdout, what was checked on stderr, the same each time', async () => {
    const ended = await generate('--prompt', 'Once', '--certificate', join(folder, 'text.json'))
    expect(ended.code).toBe(0)
    expect(ended.stderr).toMatch(
      /40 tokens after 4 \(length\), 2 replicas .* credits paid\nCertificate .* verified\n$/s,
    )
    const { text, firstTokenMilliseconds } = await jsonOf('--prompt', 'Once')
    expect(ended.stdout).toBe(`${text}\n`)
    expect(firstTokenMilliseconds).toBeNull()
    const bytes = new Uint8Array(await readFile(join(folder, 'text.json')))
    expect((await verifyCertificate(bytes)).verdict).toMatchObject({ ok: true })
  })

  test('option: --stream prints the same text as it comes, and when the first of it came', async () => {
    const streamed = await generate('--prompt', 'Upon', '--stream')
    expect(streamed.code).toBe(0)
    expect(streamed.stderr).toMatch(/40 tokens .*, the first after \d+\.\d\d s, \d+\.\d\d s, /)
    expect(streamed.stderr).not.toContain('earlier job')
    const whole = await generate('--prompt', 'Upon')
    expect(whole.stdout).toBe(streamed.stdout)
    expect(whole.stderr).toContain('1 unit was computed and certified for an earlier job')
    expect(whole.stderr).toContain(' 0 credits paid')
    // Nobody writes it now: there is nothing to see before the whole.
    const again = await generate('--prompt', 'Upon', '--stream')
    expect(again.stdout).toBe(streamed.stdout)
  })

  test('option: --json --stream is one JSON value a line, unverified text first and the verified whole last', async () => {
    const { code, stdout } = await generate('--prompt', 'Once', '--stream', '--json')
    expect(code).toBe(0)
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
    const result = lines.pop()
    expect(result).toMatchObject({ event: 'result', isVerified: true, tokens: { length: 40 } })
    expect(lines.every(({ event, isVerified }) => event === 'text' && !isVerified)).toBe(true)
    expect(lines.map(({ text }) => text).join('')).toBe(result?.text)
  })

  test('option: --stop, with and without a stream', async () => {
    const { text } = await jsonOf('--prompt', 'Once')
    const at = Array.from(text, (_, i) => i).find((i) => i > 2 && text.indexOf(text.slice(i, i + 2)) === i) ?? 0
    const stop = text.slice(at, at + 2)
    const before = text.slice(0, text.indexOf(stop))
    expect(await jsonOf('--prompt', 'Once', '--stop', stop)).toMatchObject({
      text: before,
      finishReason: 'stop-string',
    })
    const streamed = await generate('--prompt', 'Once', '--stop', stop, '--stop', 'never to be seen', '--stream')
    expect(streamed.stdout).toBe(`${before}\n`)
  })

  test('option: --messages, --temperature, --top-p, --top-k and --seed', async () => {
    await writeFile(join(folder, 'chat.json'), JSON.stringify([{ role: 'user', content: 'Once' }]))
    const messages = ['--messages', join(folder, 'chat.json')]
    const greedy = await jsonOf(...messages)
    expect(greedy.tokens).toEqual((await jsonOf('--prompt', 'Once')).tokens)
    const warm = [...messages, '--temperature', '1.5', '--top-p', '0.9', '--top-k', '50', '--seed', '7']
    const first = await jsonOf(...warm)
    expect(first.tokens).not.toEqual(greedy.tokens)
    expect((await jsonOf(...warm)).tokens).toEqual(first.tokens)
  })

  test.each([
    ['nothing to write', [], 2, '--prompt TEXT or --messages FILE'],
    ['a seed without a temperature', ['--prompt', 'a', '--seed', '1'], 2, '--temperature above 0'],
    ['an empty stop string', ['--prompt', 'a', '--stop', ''], 1, 'stop strings'],
    ['more tokens than fit', ['--prompt', 'a', '--max-tokens', '1000'], 1, 'context of 256'],
    ['a model that is not there', ['--prompt', 'a', '--model', 'huge'], 1, 'There is no model "huge"'],
    ['an empty prompt', ['--prompt', '', '--stream'], 1, 'The prompt is empty'],
  ])('error: %s', async (_, args, code, part) => {
    const ended = await generate(...args)
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: '' })
    expect(ended.stderr).toContain(part)
  })

  test('behaviour: the certificate of a text recomputes by one prefill', async () => {
    const client = await connect(url)
    const bytes = new Uint8Array(await readFile(join(folder, 'text.json')))
    expect((await client.verify(bytes, { recompute: true, models: openModels() })).verdict).toMatchObject({ ok: true })
  })
})
