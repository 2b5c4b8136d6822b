// `commonwatt model` as people call it: a GGUF file, a model of a Hub, what is shown of it, and what is refused.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { utf8 } from '#core/bytes.ts'
import { digestBytes } from '#core/digest.ts'
import { openCoordinator } from '#coordinator/coordinator.ts'
import { byteVocabulary, encodeLlamaGguf } from '#model/formats/gguf.fixture.ts'
import { type Ended, runCommandLine } from '../support/command-line.ts'
import { layEmptyStore } from '../support/empty-store.ts'
import { randomFloatTensors, smallConfig } from '../support/float-model.ts'
import { HUB_COMMIT, type HubServer, startHub } from '../support/hub-server.ts'

const TOKEN = 'hf_secretSecretSecret'
const bugs: unknown[] = []
const closers: (() => Promise<unknown>)[] = []
let home = ''
let url = ''
let hub: HubServer
let gguf: Uint8Array

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'models-'))
  closers.push(() => rm(home, { recursive: true, force: true }))
  const coordinator = await openCoordinator({
    dataDir: await layEmptyStore(join(home, 'data')),
    report: (error) => bugs.push(error),
  })
  closers.push(() => coordinator.close())
  url = coordinator.url
  const config = smallConfig({ hidden_size: 32 })
  const tensors = randomFloatTensors(config, 'model command')
  gguf = await encodeLlamaGguf({ config, tensors, type: 'Q8_0', tokenizer: byteVocabulary(10) })
  await writeFile(join(home, 'small.Q8_0.gguf'), gguf)
  hub = await startHub({ files: { 'small.gguf': gguf, 'README.md': utf8('x') }, large: ['small.gguf'], token: TOKEN })
  closers.push(() => hub.close())
}, 120_000)

afterAll(async () => {
  for (const close of closers.reverse()) await close()
  expect(bugs).toEqual([])
}, 60_000)

async function model(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return runCommandLine(['model', ...args, '--coordinator', url], home, { XDG_CACHE_HOME: home, ...env })
}

test('default: a GGUF file is added, listed, shown and removed', { timeout: 120_000 }, async () => {
  const added = JSON.parse((await model(['add', join(home, 'small.Q8_0.gguf'), '--json'])).stdout) as { id: string }
  expect(added).toMatchObject({ name: 'small.Q8_0', architecture: 'llama', tokenizer: 'huggingface' })
  expect((await model(['list'])).stdout).toContain(`${added.id}  small.Q8_0, 2 layers, context 512`)
  const shown = await model(['show', 'small.Q8_0'])
  for (const part of [
    added.id,
    '4 heads of 16 over 2',
    '512 tokens',
    'huggingface, 256 tokens',
    'token 10',
    'residual below 2^',
    'Int8        the weights of',
    'small.Q8_0.gguf',
    digestBytes(gguf),
  ])
    expect(shown.stdout).toContain(part)
  const page = JSON.parse((await model(['show', added.id.slice(0, 12), '--json'])).stdout) as object
  expect(page).toMatchObject({
    id: added.id,
    card: { sources: { 'small.Q8_0.gguf': digestBytes(gguf) } },
    shape: { heads: 4 },
  })
  expect((await model(['remove', 'small.Q8_0'])).stdout).toContain(`Removed small.Q8_0 (${added.id})`)
  expect((await model(['list'])).stdout).toContain('No model is registered')
})

test('option: a model of the Hub, with a token that is written nowhere', { timeout: 120_000 }, async () => {
  const without = await model(['add', 'hf:ORG/NAME'], { HF_ENDPOINT: hub.url })
  expect(without).toMatchObject({ code: 1, stdout: '' })
  expect(without.stderr).toContain('give a token')
  const added = await model(['add', 'hf:ORG/NAME'], { HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN, COMMONWATT_DEBUG: '1' })
  expect(added.stdout).toContain('  NAME, 2 layers')
  expect(added.stderr).toContain(join(home, 'commonwatt', 'hub', 'ORG--NAME', HUB_COMMIT, 'small.gguf'))
  expect(added.stdout + added.stderr).not.toContain(TOKEN)
  expect(added.code).toBe(0)
})

test('error: nothing there, no model, no reference', { timeout: 60_000 }, async () => {
  const missing = await model(['add', join(home, 'nothing')])
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no model at') as string })
  await writeFile(join(home, 'text'), 'just some text that is no model at all')
  expect(await model(['add', join(home, 'text')])).toMatchObject({ code: 1, stdout: '' })
  expect(await model(['add', 'hf:NAME'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('hf:ORG/NAME') as string,
  })
})
