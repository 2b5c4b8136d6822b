// The reference and the WASM backend for language models, against the same vectors; the reference alone where those do not reach.
import { describe, expect, test } from 'vitest'
import { forward } from '#model/transformer.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import { openWasmLanguageBackend } from '#wasm/language-backend.ts'
import { loadKernels } from '#wasm/load-node.ts'
import { languageBackendCompliance } from '../compliance/language-backend.ts'
import { ODD_SHAPE, randomModel, randomTokens } from '#model/random-model.ts'

describe('reference', () => languageBackendCompliance(async () => openCpuLanguageBackend()))
describe('wasm', () => languageBackendCompliance(async () => openWasmLanguageBackend(await loadKernels())))

describe('reference, norms over heads', () => {
  const tokens = randomTokens('norms', 9, ODD_SHAPE.vocabulary)

  test.each([8, 16] as const)('behaviour: decoding equals prefill, keys of %i bits', async (keyBits) => {
    const weights = randomModel({ seed: 'norms', shape: { ...ODD_SHAPE, keyBits }, hasNorms: true })
    const model = await openCpuLanguageBackend().load(weights)
    const prefilled = await forward(model, [{ cache: model.openCache(16), tokens }], 'all')
    const cache = model.openCache(16)
    for (const [i, token] of tokens.entries()) {
      const { leaves, logits } = await forward(model, [{ cache, tokens: [token] }], 'last')
      expect([leaves[0], logits[0]]).toEqual([prefilled.leaves[i], prefilled.logits[i]])
    }
  })
})
