// The compliance suite on the TypeScript reference backend.
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { expect, test } from 'vitest'
import { describeBackend, int8Inputs } from '../compliance/backend.ts'

describeBackend('cpu', openCpuBackend)

test('behaviour: the event loop keeps turning during a long product', async () => {
  const backend = await openCpuBackend()
  const { a, b, shape } = int8Inputs({ m: 768, k: 1024, n: 768 }, 9)
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const startMs = performance.now()
  await backend.matmulInt8(a, b, shape)
  clearInterval(timer)
  // A slice is 20 ms plus one step; half as many turns leaves room for a busy machine.
  expect(turns).toBeGreaterThan((performance.now() - startMs) / 100)
  await backend.close()
})
