// OpenAI's own client, unmodified, against a grid of two nodes: models, chats whole and streamed, and its errors.
import { rm } from 'node:fs/promises'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { systemRandom } from '#core/random.ts'
import { type Coordinator, openCoordinator } from '#coordinator/coordinator.ts'
import { accountOfKey } from '#coordinator/completions.ts'
import { openModels } from '#coordinator/open-models.ts'
import { registerModel } from '#cli/generation.ts'
import { encodeExactModel, parseExactModel } from '#model/exact-file.ts'
import { startNode } from '#node/contribution.ts'
import { processParts } from '#node/process.ts'
import { connect } from '#sdk/index.ts'
import { newDataDir } from '../support/empty-store.ts'
import { tinyModelFile } from '../support/tiny-model.ts'

const KEY = 'a key that nobody else would make up'.replaceAll(' ', '-')
const TEMPLATE = '{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}assistant: '
const bugs: unknown[] = []
const closers: (() => Promise<unknown>)[] = []

let coordinator: Coordinator
let openai: OpenAI

beforeAll(async () => {
  const dataDir = await newDataDir('openai')
  closers.push(() => rm(dataDir, { recursive: true, force: true }))
  coordinator = await openCoordinator({ dataDir, report: (error) => bugs.push(error) })
  closers.push(() => coordinator.close())
  for (let i = 0; i < 2; i++) {
    const signer = signerFromSecret(systemRandom.bytes(32))
    const consent = { gpuShare: 1, expiresMs: Date.now() + 3_600_000, site: null }
    const node = startNode(processParts({ coordinator: coordinator.url, consent, signer }))
    closers.push(() => node.stop())
  }
  const client = await connect(coordinator.url)
  const model = await parseExactModel(bytesSource(await tinyModelFile('openai')))
  const card = { ...model.card, name: 'tiny-chat', chatTemplate: TEMPLATE }
  await registerModel(client, bytesSource(encodeExactModel({ ...model, card })))
  await registerModel(client, bytesSource(encodeExactModel({ ...model, card: { ...model.card, name: 'no-chat' } })))
  openai = new OpenAI({ baseURL: `${coordinator.url}/v1`, apiKey: KEY, maxRetries: 0 })
}, 120_000)

afterAll(async () => {
  for (const close of closers.reverse()) await close()
  expect(bugs).toEqual([])
}, 60_000)

type Chunk = OpenAI.ChatCompletionChunk & {
  readonly commonwatt?: { readonly job: string; readonly isVerified: boolean; readonly certificate?: string }
}

const chat = (change: object = {}) => ({
  model: 'tiny-chat',
  messages: [{ role: 'user' as const, content: 'Say something.' }],
  max_tokens: 16,
  ...change,
})

describe('chat completions', { timeout: 120_000 }, () => {
  test('default: an answer with its usage, and a certificate that recomputes', async () => {
    const answer = await openai.chat.completions.create(chat())
    expect(answer).toMatchObject({
      object: 'chat.completion',
      model: 'tiny-chat',
      choices: [{ index: 0, message: { role: 'assistant' }, finish_reason: 'length' }],
      usage: { prompt_tokens: 32, completion_tokens: 16, total_tokens: 48 },
    })
    const { certificate } = (answer as unknown as { commonwatt: { certificate: string } }).commonwatt
    const bytes = new Uint8Array(await (await fetch(new URL(certificate, coordinator.url))).arrayBuffer())
    const client = await connect(coordinator.url)
    const { verdict } = await client.verify(bytes, { recompute: true, models: openModels() })
    expect(verdict).toMatchObject({ ok: true })
    const again = await openai.chat.completions.create(chat())
    expect(again.choices).toEqual(answer.choices)
  })

  test('behaviour: a stream comes before the certificate exists, and joins to the same answer', async () => {
    const question = chat({ temperature: 1.2, seed: 7, max_tokens: 120 })
    const stream = await openai.chat.completions.create({
      ...question,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks: Chunk[] = []
    let atFirstText: Promise<Response> | undefined
    for await (const chunk of stream as AsyncIterable<Chunk>) {
      chunks.push(chunk)
      const { job } = chunk.commonwatt ?? {}
      if ((chunk.choices[0]?.delta.content ?? '') !== '')
        atFirstText ??= fetch(new URL(`/api/v1/jobs/${job}/certificate`, coordinator.url))
    }
    expect((await atFirstText)?.status).toBe(409)
    const deltas = chunks.filter(({ choices }) => (choices[0]?.delta.content ?? '') !== '')
    expect(deltas.length).toBeGreaterThan(10)
    const whole = await openai.chat.completions.create(question)
    expect(deltas.map(({ choices }) => choices[0]?.delta.content).join('')).toBe(whole.choices[0]?.message.content)
    expect(deltas.every(({ commonwatt }) => commonwatt?.isVerified === false)).toBe(true)
    const last = chunks.findLast(({ choices }) => choices.length > 0)
    expect(last).toMatchObject({ choices: [{ delta: {}, finish_reason: 'length' }], commonwatt: { isVerified: true } })
    expect((await fetch(new URL(last?.commonwatt?.certificate ?? '', coordinator.url))).status).toBe(200)
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage })
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set([`chatcmpl-${last?.commonwatt?.job}`]))
  })

  test('behaviour: a stream that is left cancels its job and refunds it', async () => {
    const account = accountOfKey(coordinator.network, KEY).publicKey
    const accountNow = async () =>
      (await (await fetch(new URL(`/api/v1/accounts/${account}`, coordinator.url))).json()) as Record<string, string>
    const { balance } = await accountNow()
    const stream = await openai.chat.completions.create({ ...chat({ max_tokens: 200 }), stream: true })
    let job = ''
    for await (const chunk of stream as AsyncIterable<Chunk>) {
      job = chunk.commonwatt?.job ?? job
      if ((chunk.choices[0]?.delta.content ?? '') !== '') break
    }
    const events = await (await fetch(new URL(`/api/v1/jobs/${job}/events`, coordinator.url))).text()
    expect(events).toContain('coordinator.Cancelled')
    expect(await accountNow()).toMatchObject({ balance, escrowed: '0' })
  })

  test('option: a stop string ends the text before it', async () => {
    const free = await openai.chat.completions.create(chat())
    const text = free.choices[0]?.message.content ?? ''
    const stop = text.slice(4, 6)
    const before = text.slice(0, text.indexOf(stop))
    const stopped = await openai.chat.completions.create(chat({ stop: [stop] }))
    expect(stopped.choices[0]).toMatchObject({ message: { content: before }, finish_reason: 'stop' })
    // Nothing was written after it.
    expect(stopped.usage?.completion_tokens).toBeLessThan(free.usage?.completion_tokens ?? 0)
    const stream = await openai.chat.completions.create({ ...chat({ stop }), stream: true })
    let streamed = ''
    for await (const chunk of stream) streamed += chunk.choices[0]?.delta.content ?? ''
    expect(streamed).toBe(before)
  })

  test('option: content in parts, penalties, no temperature', async () => {
    const parts = [{ type: 'text' as const, text: 'Say something.' }]
    const plain = await openai.chat.completions.create(chat())
    const joined = await openai.chat.completions.create(chat({ messages: [{ role: 'user', content: parts }] }))
    expect(joined.choices).toEqual(plain.choices)
    const penalised = await openai.chat.completions.create(chat({ presence_penalty: 2, frequency_penalty: 2 }))
    expect(penalised.choices).not.toEqual(plain.choices)
  })
})

test('behaviour: models are listed', async () => {
  const names = []
  for await (const model of openai.models.list()) names.push(model.id)
  expect(names.toSorted()).toEqual(['no-chat', 'tiny-chat'])
  expect(await openai.models.retrieve('tiny-chat')).toMatchObject({ object: 'model', owned_by: 'commonwatt' })
})

describe('errors', () => {
  test.each([
    ['an unknown model', { model: 'gpt-17' }, 404, 'model_not_found', null],
    [
      'a chat past the context',
      { messages: [{ role: 'user', content: 'a'.repeat(300) }] },
      400,
      'context_length_exceeded',
      null,
    ],
    ['more tokens than the context has', { max_tokens: 300 }, 400, 'context_length_exceeded', null],
    ['no messages', { messages: [] }, 400, null, 'messages'],
    ['a temperature past 2', { temperature: 3 }, 400, null, 'temperature'],
    ['several choices', { n: 2 }, 400, null, 'n'],
    ['log probabilities', { logprobs: true }, 400, null, 'logprobs'],
    ['more stop strings than there may be', { stop: ['a', 'b', 'c', 'd', 'e'] }, 400, null, 'stop'],
    ['an empty stop string', { stop: '' }, 400, null, 'stop'],
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }, 400, null, 'tools'],
    ['a model without a template', { model: 'no-chat' }, 400, null, null],
  ])('error: %s', async (_, change, status, code, param) => {
    await expect(openai.chat.completions.create(chat(change))).rejects.toMatchObject({ status, code, param })
    // A stream is refused before it begins.
    const streamed = openai.chat.completions.create({ ...chat(change), stream: true })
    await expect(streamed).rejects.toMatchObject({ status, code, param })
  })

  test('error: no key, or one that is too short', async () => {
    const short = new OpenAI({ baseURL: `${coordinator.url}/v1`, apiKey: 'short', maxRetries: 0 })
    await expect(short.chat.completions.create(chat())).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
  })

  test('error: a route that is not served', async () => {
    const wrong = await fetch(new URL('/v1/images/generations', coordinator.url), { method: 'POST' })
    expect(wrong.status).toBe(404)
    expect(await wrong.json()).toMatchObject({ error: { type: 'invalid_request_error', code: 'unknown_url' } })
  })
})
