// F32, F16 and BF16 weights over several files.
import { describe, expect, test } from 'vitest'
import { bytesSource } from '#core/byte-source.ts'
import { bytesOf } from '#core/bytes.ts'
import { floatTensors } from './float-tensors.ts'
import { halfToFloat } from './floats.ts'
import { type SafetensorsType, encodeSafetensors, openSafetensors } from './safetensors.ts'

function file(
  name: string,
  dtype: SafetensorsType,
  shape: number[],
  data: Uint32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>,
) {
  return openSafetensors(bytesSource(encodeSafetensors([{ name, dtype, shape, bytes: bytesOf(data) }], {})))
}

const floats = (values: number[]) => new Uint32Array(Float32Array.from(values).buffer)

describe('float tensors', () => {
  test('default: every type gives the same values', async () => {
    const f32 = await file('a', 'F32', [4], floats([1, -2, 0.5, 0]))
    const f16 = await file('b', 'F16', [4], Uint16Array.of(0x3c00, 0xc000, 0x3800, 0))
    const bf16 = await file('c', 'BF16', [4], Uint16Array.of(0x3f80, 0xc000, 0x3f00, 0))
    const tensors = floatTensors([f32, f16, bf16])
    for (const name of ['a', 'b', 'c']) expect([...(await tensors.read(name, [4]))]).toEqual([1, -2, 0.5, 0])
    expect(await tensors.readOptional('d', [4])).toBeNull()
    await expect(tensors.read('d', [4])).rejects.toMatchObject({ name: 'model.MissingTensor' })
  })

  test('vector: halves', () => {
    expect(halfToFloat(0x0001)).toBe(2 ** -24)
    expect(halfToFloat(0x7bff)).toBe(65_504)
    expect(halfToFloat(0xfc00)).toBe(-Infinity)
    expect(halfToFloat(0x7c01)).toBeNaN()
  })

  test('error: values that are no weights, a wrong shape, a wrong type, a tensor twice', async () => {
    const bad = floatTensors([await file('a', 'F32', [2], floats([1, Number.NaN]))])
    await expect(bad.read('a', [2])).rejects.toThrow('NaN at index 1')
    const infinite = floatTensors([await file('a', 'F16', [2], Uint16Array.of(0x3c00, 0x7c00))])
    await expect(infinite.read('a', [2])).rejects.toThrow('Infinity at index 1')
    await expect(bad.read('a', [1, 2])).rejects.toThrow('shape (2) where config.json needs (1, 2)')
    const integers = floatTensors([await file('a', 'I32', [2], floats([1, 2]))])
    await expect(integers.read('a', [2])).rejects.toThrow('type I32')
    const twice = await file('a', 'F32', [1], floats([1]))
    expect(() => floatTensors([twice, twice])).toThrow('two files')
  })
})
