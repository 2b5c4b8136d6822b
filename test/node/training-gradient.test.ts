// The trainer's gradient against finite differences of its loss, on a model small enough for single precision to tell.
import { expect, test } from 'vitest'
import { randomInt, seededRandom } from '#core/random.ts'
import { parseLlamaConfig } from '#model/formats/config.ts'
import { CONFIG_JSON } from '../../training/config.ts'
import { Arena, loadTrainingKernels } from '../../training/kernels.ts'
import { createLlama } from '../../training/llama.ts'
import { createParameters, initialise } from '../../training/parameters.ts'

test('default: every tensor, grouped heads and a tied head included', async () => {
  const config = parseLlamaConfig({
    ...CONFIG_JSON,
    vocab_size: 16,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    head_dim: 8,
  })
  const kernels = await loadTrainingKernels()
  const arena = new Arena(kernels)
  const parameters = createParameters(config, arena)
  const llama = createLlama(config, { windows: 2, windowTokens: 32 }, parameters, kernels, arena)
  const weights = arena.f32(parameters.start.weights, parameters.count)
  const gradients = arena.f32(parameters.start.gradients, parameters.count)
  const random = seededRandom('training-gradient')
  initialise(config, parameters.tensors, weights, random)
  for (let i = 0; i < llama.tokens.length; i++) {
    llama.tokens[i] = randomInt(random, 16)
    llama.targets[i] = randomInt(random, 16)
    llama.weights[i] = randomInt(random, 3) / 2
    llama.first[i] = i % 32 < 13 ? 0 : 13
  }
  llama.forward()
  llama.backward()
  for (const { name, shape, offset } of parameters.tensors) {
    const count = shape.reduce((product, dim) => product * dim, 1)
    const direction = Float32Array.from({ length: count }, () => randomInt(random, 2) * 2 - 1)
    const values = weights.slice(offset, offset + count)
    const expected = direction.reduce((sum, sign, i) => sum + sign * (gradients[offset + i] ?? 0), 0)
    const lossAt = (h: number) => {
      for (const [i, sign] of direction.entries()) weights[offset + i] = (values[i] ?? 0) + h * sign
      return llama.forward()
    }
    const measured = (lossAt(1e-3) - lossAt(-1e-3)) / 2e-3
    weights.set(values, offset)
    expect(Math.abs(measured - expected), `${name}: ${measured} for ${expected}`).toBeLessThan(
      0.002 + 0.02 * Math.abs(expected),
    )
  }
})
