// The memory plan of the WebGPU backend: what it counts, and both sides of a budget.
import { describe, expect, test } from 'vitest'
import { ModelTooLargeError, assertFits, plannedBytes } from '#tensor/memory-plan.ts'
import { ODD_SHAPE, randomModel } from '#model/random-model.ts'
import { memoryPlan } from '#gpu/language/memory-plan.ts'

const weights = randomModel({ seed: 'plan', shape: ODD_SHAPE })
const { width, hidden, heads, kvHeads, headDim, layers, vocabulary } = ODD_SHAPE

describe('memory plan', () => {
  test('behaviour: weights take a little more than a byte a parameter', () => {
    const attention = (2 * heads + 2 * kvHeads) * headDim * width
    const parameters = layers * (attention + 3 * width * hidden) + 2 * vocabulary * width
    const tables = [weights.rope.low.cos, weights.rope.high.cos].reduce(
      (sum, { byteLength }) => sum + 2 * byteLength,
      0,
    )
    const { weightsBytes } = memoryPlan(weights, { layout: 'rows', form: 'planes' })
    expect(weightsBytes - tables).toBeGreaterThan(parameters)
    expect(weightsBytes - tables).toBeLessThan(4 * parameters) // rows of 35 columns are padded to 64, and each has its scale
  })

  test('behaviour: a page of keys with their scales, and of values', () => {
    const { cacheBytes, positions } = memoryPlan(weights, { layout: 'rows', form: 'planes' })
    expect(positions).toBe(256)
    expect(cacheBytes).toBe(layers * 256 * kvHeads * (8 + headDim + 2 * headDim))
  })

  test('limit: a budget of just the plan accepted, a byte less refused', () => {
    const plan = memoryPlan(weights, { layout: 'quads', form: 'whole' })
    expect(() => assertFits(plan, plannedBytes(plan), 'the GPU')).not.toThrow()
    expect(() => assertFits(plan, plannedBytes(plan) - 1, 'the GPU')).toThrow(ModelTooLargeError)
  })
})
