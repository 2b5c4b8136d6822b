// The kind `embed` by itself: the same vectors on both backends whatever shares a step, checks, what is refused, and that near texts are near.
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { concat, utf8 } from '#core/bytes.ts'
import { contentBytes, partCount } from '#core/content.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import { seededRandom } from '#core/random.ts'
import { EMPTY_ROOT, leafDigest } from '#core/merkle.ts'
import { embedTexts } from '#model/embed.ts'
import { ModelCache, referenceModels } from '#model/model-cache.ts'
import { openTextModel } from '#model/text-model.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { VECTOR_ONE } from '#tensor/exact/mean-pool.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import type { PartSource } from '#verify/content-file.ts'
import {
  type FaultProof,
  decodeFaultProof,
  encodeFaultProof,
  makeFaultProof,
  verifyFaultProof,
} from '#verify/fault-proof.ts'
import type { JobTask } from '#work/kind.ts'
import { kindOf } from '#work/kinds.ts'
import { parseVectors } from '#work/kinds/embed/result.ts'
import {
  MAX_TEXTS,
  MAX_TOKENS,
  MAX_VECTOR_BYTES,
  batchBytes,
  embedParams,
  embedParamsOf,
} from '#work/kinds/embed/task.ts'
import { MAX_MODEL_BYTES } from '#work/model-input.ts'
import { type HeldContent, createTestNetwork, evidenceOf, inputsOf, signLease } from '../support/certified-job.ts'
import { TINY_CONFIG, holdBlob, tinyModelFile } from '../support/tiny-model.ts'

const kind = kindOf('embed', 1)
const file = await tinyModelFile('embed')
const model = holdBlob(file)
const shape = { ...TINY_CONFIG, fractionBits: 16, activationBits: 16, keyBits: 8, hasHeadNorms: false } as const
const wasm = new ModelCache(async () => openWasmLanguageBackend(await loadKernels()))
const backend = await openCpuBackend()
const SENTENCES = ['Once upon a time', 'a', 'The quick brown fox jumps over the lazy dog', 'Once upon a dime']
const texts = SENTENCES.map((text) => Array.from(utf8(text)))
const batch = holdBlob(batchBytes(texts))

function taskOf(given: readonly (readonly number[])[], change: Record<string, number | string> = {}): JobTask {
  const inputs = [model.ref, holdBlob(batchBytes(given)).ref]
  return { params: { ...embedParams(shape, given), ...change }, inputs }
}

function unitOf(task: JobTask) {
  const [unit] = kind.split(task)
  if (unit === undefined) throw new Error('no unit')
  return unit
}

function cosine(a: Int16Array, b: Int16Array): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0) / VECTOR_ONE ** 2
}

const unit = unitOf(taskOf(texts))
const inputs = inputsOf(kind, unit, [model, batch])

test('default: WASM and the reference give the same parts, of the layout that was said before', async () => {
  const parts = await kind.run(unit, inputs, { backend, models: wasm })
  expect(parts).toHaveLength(partCount(kind.resultLayout(unit)))
  expect(await kind.recompute(unit, inputs, 0, referenceModels())).toEqual(parts[0])
  expect(await kind.check?.(unit, inputs, parts, wasm)).toBeNull()
  const { vectors, positions } = parseVectors(embedParamsOf(unit), concat(...parts))
  expect(vectors.map(({ length }) => length)).toEqual(texts.map(() => shape.width))
  expect(positions).toHaveLength(texts.flat().length)
  for (const vector of vectors) expect(Math.abs(cosine(vector, vector) - 1)).toBeLessThan(1e-3)
  expect(kind.describe(unit)).toBe('Turned 4 texts of 76 tokens into vectors')
})

test('behaviour: a text alone has the vector and the digests that it has among others, short, long and many', async () => {
  const long = Array.from({ length: 256 }, (_, i) => (i * 7) % 256)
  const many = [long, ...texts, long.slice(0, 200), ...texts, ...texts, ...texts, long.toReversed(), [7]]
  await wasm.use(model.ref.id, bytesSource(file), async ({ device, finalNorm }) => {
    const together = await embedTexts(device, finalNorm, many)
    expect(together).toHaveLength(many.length)
    for (const [i, text] of many.entries()) expect([together[i]]).toEqual(await embedTexts(device, finalNorm, [text]))
  })
})

test('behaviour: every changed byte is found by the check', async () => {
  const [part] = await kind.run(unit, inputs, { backend, models: wasm })
  if (part === undefined) throw new Error('no part')
  for (let at = 0; at < part.length; at += 131) {
    const changed = part.with(at, (part[at] ?? 0) ^ 1)
    expect(await kind.check?.(unit, inputs, [changed], wasm)).toBe(0)
  }
  expect(await kind.check?.(unit, inputs, [part.subarray(1)], wasm)).toBe(0)
})

test('behaviour: an audit computes one text again, drawn by the auditor', async () => {
  const parts = await kind.run(unit, inputs, { backend, models: wasm })
  const audit = (result: readonly Uint8Array[], seed: number) =>
    kind.audit(unit, inputs, result, seededRandom(`audit ${seed}`), wasm)
  expect(kind.auditPlan(unit)).toEqual({ method: 'part', operations: kind.operations(unit) / BigInt(texts.length) })
  for (let seed = 0; seed < 8; seed++) expect(await audit(parts, seed)).toBeNull()
  // The last byte is of the last text's positions.
  const changed = parts.map((part) => part.with(part.length - 1, (part.at(-1) ?? 0) ^ 1))
  const found = await Promise.all(Array.from({ length: 16 }, (_, seed) => audit(changed, seed)))
  expect(found).toContain(0)
})

test('behaviour: tags of possession are bound to the key and the same on every backend', async () => {
  const keys = Array.from({ length: 6 }, (_, i) => digestOf('test-key', i))
  const tags = (models: ModelCache, from = inputsOf(kind, unit, [model, batch])) =>
    Promise.all(keys.map(async (key) => kind.possession(unit, from, key, models)))
  const own = await tags(wasm)
  expect(new Set(own).size).toBe(6)
  expect(await tags(referenceModels())).toEqual(own)
  // Whoever has embedded the batch knows them and computes nothing more.
  const embedded = inputsOf(kind, unit, [model, batch])
  await kind.run(unit, embedded, { backend, models: wasm })
  expect(await tags(new ModelCache(() => Promise.reject(new Error('a model was used'))), embedded)).toEqual(own)
})

test('behaviour: an abort ends the batch', async () => {
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(kind.run(unit, inputs, { backend, models: wasm }, { signal })).rejects.toThrow('enough')
})

test('behaviour: a changed vector is proven with the model at hand, and a right one is not', async () => {
  const network = createTestNetwork('embed fault')
  const [signer] = network.nodes
  if (signer === undefined) throw new Error('no node')
  const right = await kind.run(unit, inputs, { backend, models: wasm })
  const wrong = right.map((part) => part.with(3, (part[3] ?? 0) ^ 1))
  const lease = await signLease(network, unit, digestOf('test-job', 1), signer)
  const [evidence] = await evidenceOf(network, unit, inputs, [{ signer, lease, parts: wrong }])
  if (evidence === undefined) throw new Error('no evidence')
  const [expected = '' as Digest] = right.map((part) => leafDigest(part))
  const leaves = wrong.map((part) => leafDigest(part))
  const inputLeaves = [model.leaves, batch.leaves]
  const proof = makeFaultProof({ kind, unit, evidence, leaves, part: 0, expected, inputs, inputLeaves })
  const authority = { network: network.context.network, coordinator: network.coordinator.publicKey }
  const contents: PartSource = {
    leaves: async ({ id }) => (id === model.ref.id ? model.leaves : []),
    part: async (_, index) => model.parts[index] ?? new Uint8Array(0),
  }
  expect(encodeFaultProof(proof).length).toBeLessThan(16_384)
  const verify = (given: FaultProof) => verifyFaultProof(given, authority, { models: wasm, contents })
  expect(await verify(decodeFaultProof(encodeFaultProof(proof)))).toMatchObject({ ok: true })
  const otherRoot = { ...proof, files: proof.files.map(({ input }) => ({ input, root: EMPTY_ROOT })) }
  expect(await verify(otherRoot)).toMatchObject({ ok: false, check: 'input' })
  expect(await verify({ ...proof, files: [] })).toMatchObject({ ok: false, check: 'input' })
  expect(await verify({ ...proof, expected: leaves[0] ?? expected })).toMatchObject({ ok: false, check: 'recompute' })
})

test('behaviour: on the trained model, texts of one sort are nearer than texts of another', async () => {
  const bytes = new Uint8Array(await readFile(new URL('../../models/commonwatt-tiny.safetensors', import.meta.url)))
  const textModel = await openTextModel(bytesSource(bytes))
  const sums = ['Q: 12+34=? A:', 'Q: 57+21=? A:', 'Q: 80+15=? A:']
  const sorting = ['Q: sort 3 9 1 7 A:', 'Q: sort 8 2 6 4 A:', 'Q: sort 5 1 9 2 A:']
  const all = [...sums, ...sorting].map((text) => textModel.promptTokens(text))
  const embedded = await wasm.use(holdBlob(bytes).ref.id, bytesSource(bytes), ({ device, finalNorm }) =>
    embedTexts(device, finalNorm, all),
  )
  const near = (i: number, j: number) =>
    cosine(embedded[i]?.vector ?? new Int16Array(0), embedded[j]?.vector ?? new Int16Array(0))
  const within = [near(0, 1), near(0, 2), near(1, 2), near(3, 4), near(3, 5), near(4, 5)]
  const across = [0, 1, 2].flatMap((i) => [3, 4, 5].map((j) => near(i, j)))
  expect(Math.min(...within)).toBeGreaterThan(Math.max(...across))
})

describe('refused', () => {
  test.each([
    ['an unknown parameter', { depth: 4 }, 'depth'],
    ['a fraction', { tokens: 0.5 }, 'tokens'],
    ['no texts', { texts: 0 }, 'texts'],
    ['another number of texts than the batch has room for', { texts: 5 }, 'not 5 texts'],
  ])('error: %s', (_, change: Record<string, number | string>, part) => {
    expect(() => kind.assertJob(taskOf(texts, change))).toThrow(part)
  })

  const sized = (count: number, length: number, width: number, modelBytes = file.length): JobTask => {
    const pairs = (count * length * (length + 1)) / 2
    return {
      params: { ...embedParams({ ...shape, width }, [[1]]), texts: count, tokens: count * length, pairs },
      inputs: [
        { ...model.ref, layout: { form: 'blob', sizeBytes: modelBytes } },
        { ...batch.ref, layout: { form: 'blob', sizeBytes: 4 * (1 + count + count * length) } },
      ],
    }
  }

  test.each([
    [`${MAX_TEXTS} texts`, sized(MAX_TEXTS, 1, 32), sized(MAX_TEXTS + 1, 1, 32)],
    [`${MAX_TOKENS} tokens`, sized(1, MAX_TOKENS, 32), sized(1, MAX_TOKENS + 1, 32)],
    [`${MAX_VECTOR_BYTES} bytes of vectors`, sized(1024, 1, 2 ** 15), sized(1025, 1, 2 ** 15)],
    ['a model of 4 GiB', sized(1, 1, 32, MAX_MODEL_BYTES), sized(1, 1, 32, MAX_MODEL_BYTES + 1)],
  ])('limit: %s accepted, one more refused', (_, fits, exceeds) => {
    expect(() => kind.assertJob(fits)).not.toThrow()
    expect(() => kind.assertJob(exceeds)).toThrow('cannot be embedded')
  })

  const refusal = async (task: JobTask, held: readonly HeldContent[]) => {
    const open = (input: number) => bytesSource(concat(...(held[input]?.parts ?? [])))
    const messageOf = (work: Promise<unknown> | undefined) =>
      (work ?? Promise.resolve()).then(
        () => 'nothing',
        (error: Error) => error.message,
      )
    const refused = unitOf(task)
    return {
      early: await messageOf(kind.assertInputs?.(task, open)),
      late: await messageOf(kind.run(refused, inputsOf(kind, refused, held), { backend, models: wasm })),
    }
  }
  const long = Array.from({ length: 257 }, () => 1)
  const swapped = (words: readonly number[]) => holdBlob(new Uint8Array(Uint32Array.from(words).buffer))

  test.each([
    ['a text past the context', taskOf([long]), undefined, 'context has 256'],
    ['a token outside the vocabulary', taskOf([[1, 256]]), undefined, 'token 256'],
    ['an empty text', taskOf([[1], []]), undefined, 'text 1 is empty'],
    ['another cost than the model has', taskOf(texts, { tokenOps: 1 }), undefined, 'claims a tokenOps of 1'],
    ['another width than the model has', taskOf(texts, { width: 64 }), undefined, 'claims a width of 64'],
    ['another number of pairs', taskOf(texts, { pairs: 5 }), undefined, '5 pairs'],
    ['lengths that do not add up', taskOf([[1], [2]]), swapped([2, 1, 2, 1, 2]), 'holds 3 tokens, not 2'],
    ['a count that is not the one claimed', taskOf([[1], [2]]), swapped([3, 1, 1, 1, 2]), 'holds 3 texts'],
  ])('error: %s, before admission and by a node', async (_, task, instead, part) => {
    const changed = instead === undefined ? task : { ...task, inputs: [model.ref, instead.ref] }
    const held = instead ?? holdOf(task)
    const { early, late } = await refusal(changed, [model, held])
    expect(early).toContain(part)
    expect(late).toContain(part)
  })

  /** The batch of a task made by {@link taskOf}. */
  function holdOf({ inputs: [, ref] }: JobTask): HeldContent {
    const all = [[long], [[1, 256]], [[1], []], texts].map((given) => holdBlob(batchBytes(given)))
    const held = all.find((candidate) => candidate.ref.id === ref?.id)
    if (held === undefined) throw new Error('no such batch')
    return held
  }

  test('error: a result of another size', () => {
    const size = contentBytes(kind.resultLayout(unit))
    expect(() => parseVectors(embedParamsOf(unit), new Uint8Array(size - 1))).toThrow(String(size))
  })
})
