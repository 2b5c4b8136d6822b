// Generation over the vector model on the WASM backend: what a checker's one prefill sees is what generating gave, token for token.
import { describe, expect, test } from 'vitest'
import { type GenerateRequest, generate, openConversation, prefillDigests } from '#model/generate.ts'
import { GREEDY, type Sampling, sampleToken } from '#tensor/exact/sampler.ts'
import { PREFILL_ROWS } from '#tensor/memory-plan.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import { ODD_SHAPE, randomModel, randomTokens } from '#model/random-model.ts'
import { model, weightsFor } from '../support/vector-model.ts'

const device = await openWasmLanguageBackend(await loadKernels()).load(weightsFor({ activationBits: 16, keyBits: 8 }))
const WARM: Sampling = { ...GREEDY, temperature: 1500, topP: 950_000, seed: 7n }
const request = (change: Partial<GenerateRequest> = {}): GenerateRequest => ({
  prompt: model.tokens,
  maxTokens: 24,
  endTokens: new Set(),
  ...change,
})

describe.each([
  ['greedy', GREEDY],
  ['sampled', WARM],
])('%s', (_, sampling) => {
  test('behaviour: one prefill gives the digests and the tokens of the generation', async () => {
    const { tokens, positions, finishReason } = await generate(
      device,
      openConversation(device, 64),
      request({ sampling }),
    )
    expect({ finishReason, count: tokens.length }).toEqual({ finishReason: 'length', count: 24 })
    const fed = [...model.tokens, ...tokens.slice(0, -1)]
    const seen = new Set(model.tokens)
    const counts = new Map<number, number>()
    const chosen: number[] = []
    const digests = await prefillDigests(device, fed, (position, logits) => {
      if (position < model.tokens.length - 1) return
      const token = sampleToken(logits, sampling, { position: position + 1, choice: 0 }, seen, counts)
      chosen.push(token)
      seen.add(token)
      counts.set(token, (counts.get(token) ?? 0) + 1)
    })
    expect(chosen).toEqual(tokens)
    expect(digests).toEqual(positions)
  })

  test('behaviour: a conversation that shares a prefix gives the same tokens and digests', async () => {
    const fresh = await generate(device, openConversation(device, 64), request({ sampling }))
    const conversation = openConversation(device, 64)
    await generate(device, conversation, request({ prompt: [...model.tokens.slice(0, 5), 1, 2], maxTokens: 3 }))
    expect(await generate(device, conversation, request({ sampling }))).toEqual(fresh)
  })
})

describe('limits', () => {
  test('behaviour: stops at an end token, which is not part of the text', async () => {
    const { tokens } = await generate(device, openConversation(device, 64), request())
    const end = tokens[5] ?? 0
    const stopped = await generate(device, openConversation(device, 64), request({ endTokens: new Set([end]) }))
    expect(stopped.finishReason).toBe('stop')
    expect(stopped.tokens).toEqual(tokens.slice(0, tokens.indexOf(end)))
  })

  test('behaviour: a listener that says so stops the text', async () => {
    const { tokens, finishReason } = await generate(
      device,
      openConversation(device, 64),
      request({ onToken: () => true }),
    )
    expect({ count: tokens.length, finishReason }).toEqual({ count: 1, finishReason: 'stop-string' })
  })

  test('behaviour: aborts within one token', async () => {
    const stop = new AbortController()
    let count = 0
    const onToken = () => {
      if (++count === 3) stop.abort()
    }
    await expect(
      generate(device, openConversation(device, 64), request({ onToken, signal: stop.signal })),
    ).rejects.toMatchObject({ name: 'AbortError' })
    expect(count).toBe(3)
  })

  test('limit: a context is filled to its end', async () => {
    const { tokens, finishReason } = await generate(device, openConversation(device, 16), request())
    expect({ count: tokens.length, finishReason }).toEqual({
      count: 16 - model.tokens.length + 1,
      finishReason: 'context',
    })
  })

  test.each([
    ['an empty prompt', [], 'is empty'],
    ['a prompt past the context', Array.from({ length: 65 }, () => 1), '65 tokens'],
    ['a token outside the vocabulary', [1, 4096], '4096'],
    ['a negative token', [-1], '-1'],
  ])('error: %s', async (_, prompt, part) => {
    await expect(generate(device, openConversation(device, 64), request({ prompt }))).rejects.toThrow(part)
  })
})

test('option: logits from a position on, digests of all', async () => {
  const long = await openWasmLanguageBackend(await loadKernels()).load(randomModel({ seed: 'from', shape: ODD_SHAPE }))
  const tokens = randomTokens('from', PREFILL_ROWS + 9, ODD_SHAPE.vocabulary)
  const all: number[] = []
  const digests = await prefillDigests(long, tokens, (position) => all.push(position))
  expect(all).toEqual(tokens.map((_, position) => position))
  const late: number[] = []
  const from = async (first: number) => {
    late.length = 0
    return prefillDigests(long, tokens, (position) => late.push(position), undefined, first)
  }
  for (const first of [1, PREFILL_ROWS / 2, PREFILL_ROWS / 2 + 1, PREFILL_ROWS, tokens.length - 1, tokens.length]) {
    expect(await from(first)).toEqual(digests)
    expect(late).toEqual(all.slice(first))
  }
})
