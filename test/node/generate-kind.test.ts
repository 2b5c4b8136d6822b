// The kind `generate` by itself: one form for one generation, the same result on both backends, checking by a prefill, and what is refused.
import { describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { concat, utf8 } from '#core/bytes.ts'
import { partCount } from '#core/content.ts'
import { digestOf } from '#core/digest.ts'
import { seededRandom } from '#core/random.ts'
import type { Generated } from '#model/generate.ts'
import { ModelCache, referenceModels } from '#model/model-cache.ts'
import { textOf } from '#model/text-stream.ts'
import { byteTokenizer } from '#model/tokenizer.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import type { JobTask } from '#work/kind.ts'
import { kindOf } from '#work/kinds.ts'
import { parseResult, resultParts } from '#work/kinds/generate/result.ts'
import { MAX_POSITIONS, generateParams, generationOf, tokenBytes } from '#work/kinds/generate/task.ts'
import { type Unit, unitId } from '#work/unit.ts'
import { MAX_MODEL_BYTES } from '#work/model-input.ts'
import { type HeldContent, inputsOf } from '../support/certified-job.ts'
import { TINY_CONFIG, holdBlob, tinyModelFile } from '../support/tiny-model.ts'

const kind = kindOf('generate', 2)
const model = holdBlob(await tinyModelFile('kind'))
const shape = { ...TINY_CONFIG, fractionBits: 16, activationBits: 16, keyBits: 8 } as const
const wasm = new ModelCache(async () => openWasmLanguageBackend(await loadKernels()))
const backend = await openCpuBackend()
const noModels = () => new ModelCache(() => Promise.reject(new Error('a model was used')))
const WARM = { temperature: 900, topP: 950_000, topK: 40, repetition: 1100, presence: 200, frequency: -100, seed: 7n }

function taskOf(prompt: HeldContent, change: Record<string, number | string> = {}, maxTokens = 20): JobTask {
  return {
    params: { ...generateParams(shape, maxTokens), ...change },
    inputs: [model.ref, prompt.ref],
  }
}

function unitOf(task: JobTask) {
  const [unit] = kind.split(task)
  if (unit === undefined) throw new Error('no unit')
  return unit
}

const names = (unit: Unit) => ({ unit: unitId(unit), model: model.ref.id })

const prompt = holdBlob(tokenBytes([...utf8('Once upon a time')]))

describe.each([
  ['greedy', {}],
  ['sampled', WARM],
])('%s', (_, sampling) => {
  const task: JobTask = { params: generateParams(shape, 20, sampling), inputs: [model.ref, prompt.ref] }
  const unit = unitOf(task)
  const inputs = inputsOf(kind, unit, [model, prompt])

  test('default: WASM and the reference give the same parts, of the layout that was said before', async () => {
    const parts = await kind.run(unit, inputs, { backend, models: wasm })
    expect(parts).toHaveLength(partCount(kind.resultLayout(unit)))
    expect(await kind.recompute(unit, inputs, 0, referenceModels())).toEqual(parts[0])
    expect(await kind.check?.(unit, inputs, parts, wasm)).toBeNull()
    const { tokens, positions, finishReason } = parseResult(generationOf(unit), concat(...parts))
    expect({ tokens: tokens.length, positions: positions.length, finishReason }).toEqual({
      tokens: 20,
      positions: 35,
      finishReason: 'length',
    })
  })

  test('behaviour: every changed byte is found by the check', async () => {
    const [part] = await kind.run(unit, inputs, { backend, models: wasm })
    if (part === undefined) throw new Error('no part')
    for (let at = 0; at < part.length; at += at < 100 ? 1 : 61) {
      const changed = part.with(at, (part[at] ?? 0) ^ 1)
      expect(await kind.check?.(unit, inputs, [changed], wasm)).toBe(0)
    }
  })

  test('behaviour: an audit is that check, and takes the operations of the unit', async () => {
    const parts = await kind.run(unit, inputs, { backend, models: wasm })
    expect(kind.auditPlan(unit)).toEqual({ method: 'prefill', operations: kind.operations(unit) })
    expect(await kind.audit(unit, inputs, parts, seededRandom('audit'), wasm)).toBeNull()
    const changed = parts.map((part) => part.with(40, (part[40] ?? 0) ^ 1))
    expect(await kind.audit(unit, inputs, changed, seededRandom('audit'), wasm)).toBe(0)
  })

  test('behaviour: tags of possession are bound to the key and the same on every backend', async () => {
    const keys = Array.from({ length: 6 }, (_, i) => digestOf('test-key', i))
    const tags = (models: ModelCache, from = inputsOf(kind, unit, [model, prompt])) =>
      Promise.all(keys.map(async (key) => kind.possession(unit, from, key, models)))
    const own = await tags(wasm)
    expect(new Set(own).size).toBe(6)
    expect(await tags(referenceModels())).toEqual(own)
    // Whoever has generated knows them and computes nothing more.
    const generated = inputsOf(kind, unit, [model, prompt])
    await kind.run(unit, generated, { backend, models: wasm })
    expect(await tags(noModels(), generated)).toEqual(own)
  })
})

test('behaviour: an end token ends the text and the check demands it there', async () => {
  const greedy = unitOf(taskOf(prompt))
  const free = await kind.run(greedy, inputsOf(kind, greedy, [model, prompt]), { backend, models: wasm })
  const { tokens } = parseResult(generationOf(greedy), concat(...free))
  const end = tokens[6] ?? 0
  const ending = holdBlob(await tinyModelFile('kind', [end]))
  const unit = unitOf({ ...taskOf(prompt), inputs: [ending.ref, prompt.ref] })
  const inputs = inputsOf(kind, unit, [ending, prompt])
  const parts = await kind.run(unit, inputs, { backend, models: wasm })
  const text = parseResult(generationOf(unit), concat(...parts))
  expect(text.finishReason).toBe('stop')
  expect(text.tokens).toEqual(tokens.slice(0, tokens.indexOf(end)))
  expect(text.positions).toHaveLength(16 + text.tokens.length)
  expect(await kind.check?.(unit, inputs, parts, wasm)).toBeNull()
})

describe('stop strings', async () => {
  const greedy = unitOf(taskOf(prompt))
  const free = parseResult(
    generationOf(greedy),
    concat(...(await kind.run(greedy, inputsOf(kind, greedy, [model, prompt]), { backend, models: wasm }))),
  )
  const text = textOf(byteTokenizer(), free.tokens)
  // Two characters from the middle: byte tokens that make no character add nothing to look for.
  const stop = Array.from(text).slice(4, 6).join('')
  const unit = unitOf({ ...taskOf(prompt), params: generateParams(shape, 20, {}, [stop]) })
  const inputs = inputsOf(kind, unit, [model, prompt])

  test('option: the text ends with the token that completes one, and the check demands it there', async () => {
    const parts = await kind.run(unit, inputs, { backend, models: wasm })
    const generated = parseResult(generationOf(unit), concat(...parts))
    expect(generated.finishReason).toBe('stop-string')
    expect(generated.tokens).toEqual(free.tokens.slice(0, generated.tokens.length))
    expect(generated.tokens.length).toBeLessThan(20)
    expect(generated.positions).toEqual(free.positions.slice(0, 15 + generated.tokens.length))
    expect(textOf(byteTokenizer(), generated.tokens, [stop])).toBe(text.slice(0, text.indexOf(stop)))
    expect(await kind.check?.(unit, inputs, parts, wasm)).toBeNull()
    expect(await kind.recompute(unit, inputs, 0, referenceModels())).toEqual(parts[0])
  })

  test('behaviour: a text that ignores one, or ends before it, is found by the check', async () => {
    const ignoring = resultParts(generationOf(unit), free, names(unit))
    expect(await kind.check?.(unit, inputs, ignoring, wasm)).toBe(0)
    const early = {
      tokens: free.tokens.slice(0, 2),
      finishReason: 'stop-string',
      positions: free.positions.slice(0, 17),
    }
    expect(
      await kind.check?.(unit, inputs, resultParts(generationOf(unit), early as Generated, names(unit)), wasm),
    ).toBe(0)
    const claiming = { ...early, finishReason: 'stop-string' } as Generated
    expect(await kind.check?.(greedy, inputs, resultParts(generationOf(greedy), claiming, names(greedy)), wasm)).toBe(0)
  })

  test('behaviour: none there, and the text is as without', async () => {
    const other = unitOf({ ...taskOf(prompt), params: generateParams(shape, 20, {}, ['no such text']) })
    const parts = await kind.run(other, inputsOf(kind, other, [model, prompt]), { backend, models: wasm })
    expect(parseResult(generationOf(other), concat(...parts))).toMatchObject({
      tokens: free.tokens,
      finishReason: 'length',
    })
  })
})

test('behaviour: progress is the tokens one by one, as the result says them', async () => {
  const unit = unitOf(taskOf(prompt))
  const inputs = inputsOf(kind, unit, [model, prompt])
  const pieces: Uint8Array[] = []
  const parts = await kind.run(unit, inputs, { backend, models: wasm }, { onProgress: (bytes) => pieces.push(bytes) })
  expect(pieces).toHaveLength(20)
  expect(concat(...pieces)).toEqual(kind.progress?.of(unit, parts))
  expect(kind.progress?.maxBytes(unit)).toBe(80)
})

describe('refused', () => {
  test.each([
    ['stop strings out of order', { stop1: 'b', stop2: 'a' }, 'stop strings'],
    ['a stop string twice', { stop1: 'a', stop2: 'a' }, 'stop strings'],
    ['a stop string that leaves out the first', { stop2: 'a' }, 'stop strings'],
    ['an empty stop string', { stop1: '' }, 'empty'],
    ['a stop string of 257 characters', { stop1: 'x'.repeat(257) }, 'stop1'],
    ['a fifth stop string', { stop5: 'a' }, 'stop5'],
    ['a seed without a temperature', { seed: '1' }, 'temperature'],
    ['a temperature without a seed', { temperature: 500 }, 'seed'],
    ['a cut of choices without a temperature', { topK: 3 }, 'topK'],
    ['a seed past 64 bits', { temperature: 1, seed: (1n << 64n).toString() }, 'seed'],
    ['no tokens', { maxTokens: 0 }, 'maxTokens'],
    ['more positions than there are', { maxTokens: MAX_POSITIONS - 14 }, '65536 positions'],
    ['a fraction', { temperature: 0.5 }, 'temperature'],
    ['an unknown parameter', { beams: 4 }, 'beams'],
  ])('error: %s', (_, change: Record<string, number | string>, part) => {
    expect(() => kind.assertJob(taskOf(prompt, change))).toThrow(part)
  })

  test('limit: 65,536 positions accepted, one more refused', () => {
    expect(() => kind.assertJob(taskOf(prompt, { maxTokens: MAX_POSITIONS - 15 }))).not.toThrow()
    expect(() => kind.assertJob(taskOf(prompt, { maxTokens: MAX_POSITIONS - 14 }))).toThrow('65536 positions')
  })

  test('limit: a model of 4 GiB accepted, one byte more refused', () => {
    const of = (sizeBytes: number): JobTask => {
      const task = taskOf(prompt)
      return { ...task, inputs: [{ ...model.ref, layout: { form: 'blob', sizeBytes } }, prompt.ref] }
    }
    expect(() => kind.assertJob(of(MAX_MODEL_BYTES))).not.toThrow()
    expect(() => kind.assertJob(of(MAX_MODEL_BYTES + 1))).toThrow(String(MAX_MODEL_BYTES + 1))
  })

  test.each([
    ['an empty prompt', holdBlob(new Uint8Array(0)), 'empty'],
    ['a prompt of half a token', holdBlob(new Uint8Array(6)), '6 bytes'],
  ])('error: %s', (_, held, part) => {
    expect(() => kind.assertJob(taskOf(held))).toThrow(part)
  })

  const refusal = async (task: JobTask, held: readonly HeldContent[]) => {
    const open = (input: number) => bytesSource(concat(...(held[input]?.parts ?? [])))
    const early = await kind.assertInputs?.(task, open).then(
      () => 'nothing',
      (error: Error) => error.message,
    )
    const unit = unitOf(task)
    const late = await kind.run(unit, inputsOf(kind, unit, held), { backend, models: wasm }).then(
      () => 'nothing',
      (error: Error) => error.message,
    )
    return { early, late }
  }

  test.each([
    ['a prompt past the context', holdBlob(tokenBytes(Array.from({ length: 250 }, () => 1))), {}, 'context of 256'],
    ['a token outside the vocabulary', holdBlob(tokenBytes([1, 256])), {}, 'token 256'],
    ['another cost than the model has', prompt, { tokenOps: 1 }, 'claims 1 and'],
  ])('error: %s, before admission and by a node', async (_, held, change: Record<string, number>, part) => {
    const { early, late } = await refusal(taskOf(held, change), [model, held])
    expect(early).toContain(part)
    expect(late).toContain(part)
  })

  test('limit: a context is filled to its last position', async () => {
    const held = holdBlob(tokenBytes(Array.from({ length: 237 }, () => 1)))
    const unit = unitOf(taskOf(held))
    const inputs = inputsOf(kind, unit, [model, held])
    const parts = await kind.run(unit, inputs, { backend, models: wasm })
    expect(await kind.check?.(unit, inputs, parts, wasm)).toBeNull()
  })

  test('error: a model that is none', async () => {
    const none = holdBlob(utf8('no model at all'))
    const { early, late } = await refusal({ ...taskOf(prompt), inputs: [none.ref, prompt.ref] }, [none, prompt])
    expect(early).toContain('safetensors')
    expect(late).toContain('safetensors')
    // A model that failed is tried anew, and does not stand in the way of another.
    expect(wasm.loaded).not.toContain(none.ref.id)
  })
})

describe('model cache', () => {
  test('behaviour: keeps what fits, drops the longest unused, and never one in use', async () => {
    const files = await Promise.all(['a', 'b', 'c'].map((seed) => tinyModelFile(seed)))
    const held = files.map((file) => holdBlob(file))
    const size = files[0]?.length ?? 0
    const cache = new ModelCache(async () => openWasmLanguageBackend(await loadKernels()), 2 * size + size / 2)
    const use = (i: number, work = async () => {}) =>
      cache.use(held[i]?.ref.id ?? digestOf('test', i), bytesSource(files[i] ?? new Uint8Array(0)), work)
    await use(0)
    await use(1)
    await use(0)
    await use(2)
    expect(cache.loaded).toEqual([held[0]?.ref.id, held[2]?.ref.id])
    await use(0, async () => {
      await use(1)
      await use(2)
      expect(cache.loaded).toContain(held[0]?.ref.id)
    })
    await cache.close()
    expect(cache.loaded).toEqual([])
  })
})
