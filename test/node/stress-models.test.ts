// What hurts integers, on small models of random weights: quick versions of training/stress.ts. Divergence is against float64, in nats.
import { describe, expect, test } from 'vitest'
import { calibrate } from '#model/convert/calibrate.ts'
import { convertLlama, defaultProfile } from '#model/convert/llama.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import { comparePositions, summary } from '../../training/agreement.ts'
import { loadFloatModel, floatLogits } from '#model/convert/float-forward.ts'
import {
  type FloatSource,
  withKeyBias,
  withLoudHidden,
  withLoudNormed,
  withMassiveToken,
  withOutliers,
  withSink,
} from '../../training/stress-models.ts'
import { randomFloatTensors, smallConfig } from '../support/float-model.ts'
import { randomTokens } from '#model/random-model.ts'

const config = smallConfig({ tie_word_embeddings: true, max_position_embeddings: 1024 })
const random: FloatSource = { config, tensors: randomFloatTensors(config, 'stress') }
const backend = openWasmLanguageBackend(await loadKernels())

/** Converts and calibrates on the first tokens, then compares all of them. */
async function measure({ config, tensors }: FloatSource, tokens: readonly number[], keyBits?: ActivationBits) {
  const profile = defaultProfile(config)
  const converted = await convertLlama(config, tensors, {
    profile: { ...profile, keyBits: keyBits ?? profile.keyBits },
  })
  const options = { backend, tokens: tokens.slice(0, 48), epsilon: config.epsilon }
  const { weights, found } = await calibrate(converted, options)
  const device = await backend.load(weights)
  const compared = await comparePositions(device, await loadFloatModel(config, tensors), tokens, tokens.slice(1))
  return {
    fractionBits: weights.shape.fractionBits,
    saturated: [found.saturated, compared.saturated],
    divergence: summary(compared.positions).klDivergence,
  }
}

describe('stress models', () => {
  const tokens = randomTokens('stress', 64, 256)

  test.each([
    ['outliers x32', withOutliers(random, 32), 16],
    ['a key bias of 900', withKeyBias(random, 900), 16],
    ['a residual of 12,000', withMassiveToken(random, tokens[5] ?? 0, 12_000), 13],
  ])('behaviour: %s', async (_, source, fractionBits) => {
    const measured = await measure(source, tokens)
    expect(measured).toMatchObject({ fractionBits, saturated: [0, 0] })
    expect(measured.divergence).toBeLessThan(0.002)
  })

  test('behaviour: outliers leave the float model what it was', async () => {
    const loud = withLoudNormed(withLoudHidden(random, [5], 2048), [7], 2048)
    const [plain, changed] = await Promise.all([random, loud].map((each) => loadFloatModel(each.config, each.tensors)))
    if (plain === undefined || changed === undefined) throw new Error('There are two models.')
    const expected = floatLogits(plain, tokens.slice(0, 8))
    for (const [i, row] of floatLogits(changed, tokens.slice(0, 8)).entries())
      for (const [token, z] of row.entries()) expect(Math.abs(z - (expected[i]?.[token] ?? 0))).toBeLessThan(1e-6)
  })

  test('behaviour: int8 keys lose what a large key bias leaves of their range, keys of 16 bits do not', async () => {
    const source = withKeyBias(random, 900)
    expect((await measure(source, tokens, 8)).divergence).toBeGreaterThan(
      20 * (await measure(source, tokens, 16)).divergence,
    )
  })

  test('behaviour: a normed channel x2000 leaves int8 columns of zeros, and costs that channel', async () => {
    const { divergence, saturated } = await measure(withLoudNormed(random, [7], 2000), tokens)
    expect(saturated).toEqual([0, 0])
    expect(divergence).toBeGreaterThan(0.005)
    expect(divergence).toBeLessThan(0.05)
  })

  test('behaviour: a hidden channel x2000 is cut at the gate, and the calibration tells', async () => {
    const { saturated } = await measure(withLoudHidden(random, [5], 2000), tokens)
    for (const count of saturated) expect(count).toBeGreaterThan(0)
  })

  test('behaviour: a sink before 1,023 other tokens', async () => {
    const text = [0, ...randomTokens('sink', 1023, 255).map((token) => token + 1)]
    const measured = await measure(withSink({ ...random, config: { ...config, layers: 1 } }, 10), text)
    expect(measured.saturated).toEqual([0, 0])
    expect(measured.divergence).toBeLessThan(0.002)
  })
})
