import type { Backend } from './backend.ts'
import { describe, expect, test } from 'vitest'
import { openCpuBackend } from './cpu-backend.ts'
import { MAX_FLOATS_LENGTH, areProductsRight, runProducts } from './self-test.ts'

const SEED = '5e'.repeat(32)

async function answerOf(change: Partial<Backend> = {}, seed = SEED) {
  return runProducts({ ...(await openCpuBackend()), ...change }, seed)
}

describe('self-test of products', () => {
  test('default: the reference backend passes, for eight seeds', async () => {
    for (let i = 0; i < 8; i++) {
      const seed = i.toString(16).padStart(2, '0').repeat(32)
      const answer = await answerOf({}, seed)
      expect(areProductsRight(seed, answer)).toBe(true)
      expect(answer.floats.length).toBeLessThanOrEqual(MAX_FLOATS_LENGTH)
    }
  })

  test('vector: a fixed seed has a fixed digest', async () => {
    expect((await answerOf()).digest).toBe('fb62263c06c115bcd9be92d3030a64fb0bdcd3cd52d36b42e11cd2422e661ade')
  })

  test('behaviour: another seed has other sizes and another digest', async () => {
    const shapesOf = async (seed: string) => {
      const shapes: unknown[] = []
      const backend = await openCpuBackend()
      const matmulInt8: Backend['matmulInt8'] = (...call) => {
        shapes.push(call[2])
        return backend.matmulInt8(...call)
      }
      const { digest } = await answerOf({ matmulInt8 }, seed)
      return { shapes, digest }
    }
    const [first, other] = [await shapesOf(SEED), await shapesOf('5f'.repeat(32))]
    expect(other.shapes).not.toEqual(first.shapes)
    expect(other.digest).not.toBe(first.digest)
  })

  test('behaviour: one wrong element of one integer product is noticed', async () => {
    const backend = await openCpuBackend()
    let calls = 0
    const matmulInt8: Backend['matmulInt8'] = async (...call) => {
      const out = await backend.matmulInt8(...call)
      if (++calls === 5) out[0] = (out[0] ?? 0) + 1
      return out
    }
    expect(areProductsRight(SEED, await answerOf({ matmulInt8 }))).toBe(false)
  })

  test('behaviour: a float product outside the bounds is noticed, one rounded otherwise is not', async () => {
    const backend = await openCpuBackend()
    const scaled = (factor: number): Partial<Backend> => ({
      matmulF32: async (...call) => (await backend.matmulF32(...call)).map((value) => value * factor),
    })
    expect(areProductsRight(SEED, await answerOf(scaled(1 + 2 ** -23)))).toBe(true)
    expect(areProductsRight(SEED, await answerOf(scaled(0)))).toBe(false)
    expect(areProductsRight(SEED, await answerOf(scaled(Number.NaN)))).toBe(false)
  })

  test('error: floats that are missing, too many, or no hex', async () => {
    const answer = await answerOf()
    for (const floats of ['', answer.floats.slice(8), `${answer.floats}00000000`, `zz${answer.floats.slice(2)}`])
      expect(areProductsRight(SEED, { ...answer, floats })).toBe(false)
  })

  test('error: a seed that is not 32 bytes of hex', async () => {
    await expect(answerOf({}, '00')).rejects.toThrow('64 lower-case hex digits')
  })
})
