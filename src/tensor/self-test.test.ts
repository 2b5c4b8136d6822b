import type { Backend } from './backend.ts'
import { describe, expect, test } from 'vitest'
import { openCpuBackend } from './cpu-backend.ts'
import { expectedSelfTest, runSelfTest } from './self-test.ts'

const SEED = '5e'.repeat(32)

describe('self-test', () => {
  test('default: the reference backend passes', async () => {
    const backend = await openCpuBackend()
    expect(await runSelfTest(backend, SEED)).toBe(expectedSelfTest(SEED))
    await backend.close()
  })

  test('vector: a fixed seed has a fixed digest', () => {
    expect(expectedSelfTest(SEED)).toBe('58ed3e1c0767f95b09ee5d18e36dd73193cd6f5ed224e6cb74c06bf284f58256')
  })

  test('behaviour: another seed has another digest', () => {
    expect(expectedSelfTest('5f'.repeat(32))).not.toBe(expectedSelfTest(SEED))
  })

  test('behaviour: one wrong element is noticed', async () => {
    const backend = await openCpuBackend()
    const broken: Backend = {
      ...backend,
      async matmulInt8(a, b, shape, options) {
        const out = await backend.matmulInt8(a, b, shape, options)
        // One element of one product off by one.
        if (shape.k === 64) out[5] = (out[5] ?? 0) + 1
        return out
      },
    }
    expect(await runSelfTest(broken, SEED)).not.toBe(expectedSelfTest(SEED))
  })

  test('error: a seed that is not 32 bytes of hex', () => {
    expect(() => expectedSelfTest('00')).toThrow('64 lower-case hex digits')
  })
})
