// Converting, writing and reading back: the same bytes each time, and files that lie are refused before anything is read for them.
import { describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { randomInt, seededRandom } from '#core/random.ts'
import { type FloatTensors, convertLlama } from './convert/llama.ts'
import { type ExactModel, encodeExactModel, parseExactModel } from './exact-file.ts'
import type { LlamaConfig } from './formats/config.ts'
import { encodeSafetensors, openSafetensors } from './formats/safetensors.ts'

const CONFIG: LlamaConfig = {
  architecture: 'qwen2',
  vocabulary: 20,
  width: 16,
  hidden: 24,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  headDim: 8,
  epsilon: 1e-5,
  theta: 10_000,
  maxPositions: 300,
  isTied: true,
}

function randomTensors(seed: string): FloatTensors {
  const read = async (name: string, shape: readonly number[]) => {
    const random = seededRandom(`${seed}/${name}`)
    const length = shape.reduce((product, dim) => product * dim, 1)
    return Float32Array.from({ length }, () => (randomInt(random, 2001) - 1000) / 4096)
  }
  return { read, readOptional: read }
}

async function sample(config = CONFIG): Promise<ExactModel> {
  return {
    card: {
      name: 'sample',
      architecture: 'qwen2',
      tokenizer: 'bytes',
      tokenizerJson: '',
      chatTemplate: '',
      beginToken: null,
      endTokens: [0],
      sources: {},
      rope: {},
      calibration: null,
    },
    weights: await convertLlama(config, randomTensors('1')),
  }
}

describe('exact model file', () => {
  test('behaviour: converting twice gives the same bytes, and reading gives the model back', async () => {
    const bytes = encodeExactModel(await sample())
    expect(encodeExactModel(await sample())).toEqual(bytes)
    const model = await parseExactModel(bytesSource(bytes))
    expect(model).toEqual(await sample())
    expect(model.weights.head).toBe(model.weights.embedding)
    expect(encodeExactModel(model)).toEqual(bytes)
  })

  test('behaviour: norms over heads and a calibration come back', async () => {
    const { card, weights } = await sample({ ...CONFIG, architecture: 'qwen3' })
    const calibration = {
      text: 'a',
      positions: 3,
      residualBits: 4,
      saturated: 0,
      milliBits: 5,
      weightErrors: { head: 6 },
    }
    const model = { card: { ...card, rope: { type: 'default', theta: '10000' }, calibration }, weights }
    expect(await parseExactModel(bytesSource(encodeExactModel(model)))).toEqual(model)
    expect(weights.layers[0]?.query.norm).not.toBeNull()
    expect(weights.layers[0]?.value.norm).toBeNull()
  })

  test('error: every truncation is refused', async () => {
    const bytes = encodeExactModel(await sample())
    for (let length = 0; length < bytes.length; length += 97)
      await expect(parseExactModel(bytesSource(bytes.subarray(0, length)))).rejects.toMatchObject({ kind: 'input' })
  })

  test('error: a header whose sizes are not those of the tensors', async () => {
    const file = await openSafetensors(bytesSource(encodeExactModel(await sample())))
    const tensors = await Promise.all(
      [...file.tensors.values()].map(async ({ name, dtype, shape }) => ({
        name,
        dtype,
        shape,
        bytes: await file.read(name),
      })),
    )
    const lie = (from: string, to: string) =>
      bytesSource(encodeSafetensors(tensors, { commonwatt: (file.metadata.commonwatt ?? '').replace(from, to) }))
    await expect(parseExactModel(lie('"vocabulary": 20', '"vocabulary": 21'))).rejects.toThrow('embedding.q')
    await expect(parseExactModel(lie('exact-model/v2', 'exact-model/v1'))).rejects.toThrow('commonwatt/exact-model/v2')
    await expect(parseExactModel(lie('"layers": 2', '"layers": 3'))).rejects.toThrow('2 layers of 3')
    await expect(parseExactModel(lie('"width": 16', '"width": 99999999'))).rejects.toThrow('malformed')
  })
})

describe('safetensors', () => {
  const file = (header: unknown, data = new Uint8Array(8)) => {
    const text = new TextEncoder().encode(JSON.stringify(header))
    const bytes = new Uint8Array(8 + text.length + data.length)
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
    bytes.set(text, 8)
    bytes.set(data, 8 + text.length)
    return openSafetensors(bytesSource(bytes))
  }
  const entry = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  })

  test('default', async () => {
    const { tensors } = await file({ a: entry(0, 4), b: entry(4, 8) })
    expect([...tensors.keys()]).toEqual(['a', 'b'])
  })

  test.each([
    ['an overlap', { a: entry(0, 8), b: entry(4, 8) }],
    ['a hole', { a: entry(0, 4) }],
    ['past the end', { a: entry(0, 12) }],
    ['a shape that is not its bytes', { a: entry(0, 8, [3]) }],
    ['a shape that overflows', { a: entry(0, 8, [2 ** 40, 2 ** 40]) }],
    ['a negative dimension', { a: entry(0, 8, [-2]) }],
    ['an unknown type', { a: { dtype: 'F8', shape: [8], data_offsets: [0, 8] } }],
    ['metadata that is not text', { __metadata__: { a: 1 }, a: entry(0, 8) }],
    ['a list', []],
  ])('error: %s', async (_, header) => {
    await expect(file(header)).rejects.toMatchObject({ name: 'model.Safetensors' })
  })

  test('limit: a header length that lies', async () => {
    const bytes = new Uint8Array(16)
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 60n, true)
    await expect(openSafetensors(bytesSource(bytes))).rejects.toThrow('1152921504606846976')
  })
})
