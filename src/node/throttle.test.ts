import { describe, expect, test } from 'vitest'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import type { Backend, MatmulShape } from '#tensor/backend.ts'
import { BURST_MS } from './guest/decision.ts'
import { Pacer } from './pacer.ts'
import { throttled } from './throttle.ts'

/** A backend on a clock of its own: a row of C takes a millisecond. */
async function simulated(share: number) {
  let nowMs = 0
  let pausedMs = 0
  const shapes: MatmulShape[] = []
  const reference = await openCpuBackend()
  const inner: Backend = {
    ...reference,
    matmulInt8: (a, b, shape, options) => {
      shapes.push(shape)
      nowMs += shape.m
      return reference.matmulInt8(a, b, shape, options)
    },
  }
  let isAllowed = true
  const pacer = new Pacer({
    pace: () => ({ share, burstMs: share < 1 ? BURST_MS : Infinity }),
    ready: async () => {},
    check: () => {
      if (!isAllowed) throw new Error('not allowed')
    },
    now: () => nowMs,
    pause: async (delayMs) => {
      pausedMs += delayMs
      nowMs += delayMs
    },
  })
  const backend = throttled(inner, pacer)
  return { backend, reference, shapes, paused: () => pausedMs, forbid: () => (isAllowed = false) }
}

function operands({ m, k, n }: MatmulShape) {
  const fill = (length: number) => new Int8Array(length).map((_, i) => (i * 31) % 251)
  return { a: fill(m * k), b: fill(k * n) }
}

describe('throttled', () => {
  test('default: strips with pauses hold the share, and the product is the same', async () => {
    const { backend, reference, shapes, paused } = await simulated(0.25)
    const shape = { m: 1000, k: 7, n: 5 }
    const { a, b } = operands(shape)
    expect(await backend.matmulInt8(a, b, shape)).toEqual(await reference.matmulInt8(a, b, shape))
    expect(backend.busyMs()).toBe(1000)
    expect(paused()).toBeCloseTo(3000)
    expect(shapes.reduce((sum, { m }) => sum + m, 0)).toBe(1000)
    expect(Math.max(...shapes.map(({ m }) => m))).toBeLessThanOrEqual(BURST_MS)
  })

  test('option: the whole device in one go, without pauses', async () => {
    const { backend, shapes, paused } = await simulated(1)
    const shape = { m: 300, k: 3, n: 2 }
    const { a, b } = operands(shape)
    await backend.matmulInt8(a, b, shape)
    expect(shapes).toEqual([shape])
    expect(paused()).toBe(0)
  })

  test('behaviour: f32 products are cut alike', async () => {
    const { backend, reference } = await simulated(0.5)
    const shape = { m: 70, k: 3, n: 2 }
    const { a, b } = operands(shape)
    const [x, y] = [new Float32Array(a), new Float32Array(b)]
    expect(await backend.matmulF32(x, y, shape)).toEqual(await reference.matmulF32(x, y, shape))
  })

  test('behaviour: a check that fails between strips ends the product', async () => {
    const { backend, forbid, shapes } = await simulated(0.5)
    const shape = { m: 500, k: 3, n: 2 }
    const { a, b } = operands(shape)
    const product = backend.matmulInt8(a, b, shape)
    forbid()
    await expect(product).rejects.toThrow('not allowed')
    expect(shapes.length).toBeLessThan(3)
  })

  test('error: Shape, for operands of another size', async () => {
    const { backend } = await simulated(0.5)
    await expect(backend.matmulInt8(new Int8Array(5), new Int8Array(6), { m: 2, k: 3, n: 2 })).rejects.toThrow(
      'A has 5 elements, not 2 x 3',
    )
  })
})
