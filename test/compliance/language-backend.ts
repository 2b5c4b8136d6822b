// What every LanguageBackend must do: every boundary leaf, root, header and logit of the vector model, prefilled, decoded, batched.
import { describe, expect, test } from 'vitest'
import { headerDigest, positionDigest, runRoot } from '#model/digest.ts'
import { forward } from '#model/transformer.ts'
import { boundaryLeaf } from '#tensor/exact/boundary.ts'
import { chosenToken } from '#tensor/exact/sampler.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'
import type { LanguageBackend } from '#tensor/language-backend.ts'
import { randomRequests } from '#model/random-requests.ts'
import { model, weightsFor } from '../support/vector-model.ts'

/** `weights` with a head whose rows come in pairs: every logit has its equal. */
function tied(weights: ModelWeights): ModelWeights {
  const { head } = weights
  const twin = (row: number) => row - (row % 2)
  const scales = (values: Int32Array) => values.map((_, row) => values[twin(row)] ?? 0)
  const q = head.q.map((_, i) => head.q[twin(Math.floor(i / head.cols)) * head.cols + (i % head.cols)] ?? 0)
  return { ...weights, head: { ...head, q, m: scales(head.m), e: scales(head.e) } }
}

/** Declares the suite for the backend that `open` gives. */
export function languageBackendCompliance(open: () => Promise<LanguageBackend>): void {
  describe.each(model.runs)('profile $options', (run) => {
    test('vector: prefill gives every leaf, the root, the header and the logits', async () => {
      const device = await (await open()).load(weightsFor(run.options))
      const output = await forward(
        device,
        [{ cache: device.openCache(64), tokens: model.tokens }],
        run.options.full ? 'all' : 'last',
      )
      expect(output.leaves).toEqual(run.leaves)
      const positions = model.tokens.map((token, i) => positionDigest(token, output.leaves[i] ?? []))
      expect(positions).toEqual(run.positions)
      expect(runRoot(positions)).toBe(run.root)
      expect(headerDigest(model.unitId, model.modelId, positions.length, run.root)).toBe(run.header)
      expect(output.logits.map((row) => [...row])).toEqual(run.logits)
      expect(output.saturated).toBe(0)
    })

    test.each([1, 2, 5, 11])('behaviour: prefill of %i tokens, then decoding, equals one prefill', async (split) => {
      const device = await (await open()).load(weightsFor(run.options))
      const cache = device.openCache(64)
      const first = await forward(device, [{ cache, tokens: model.tokens.slice(0, split) }], 'none')
      const leaves = [...first.leaves]
      for (const token of model.tokens.slice(split))
        leaves.push(...(await forward(device, [{ cache, tokens: [token] }], 'last')).leaves)
      expect(leaves).toEqual(run.leaves)
    })

    test('behaviour: rows that are read are those that the last boundary hashes', async () => {
      const device = await (await open()).load(weightsFor(run.options))
      const cache = device.openCache(64)
      const { leaves, residual } = await forward(device, [{ cache, tokens: model.tokens }], 'residual')
      expect(residual).toHaveLength(model.tokens.length)
      for (const [position, row] of residual.entries())
        expect(boundaryLeaf(device.shape.layers, position, row)).toBe(leaves[position]?.at(-1))
      expect(leaves).toEqual(run.leaves)
    })

    test('behaviour: tokens are what the sampler chooses from the logits, ties and extremes included', async () => {
      const device = await (await open()).load(tied(weightsFor(run.options)))
      const { vocabulary } = device.shape
      for (const [i, token] of model.tokens.entries()) {
        const requests = randomRequests(`compliance ${i}`, 4, vocabulary)
        const sequences = requests.map(() => ({ cache: device.openCache(64), tokens: [token, i] }))
        const { logits } = await forward(device, sequences, 'last')
        for (const { cache } of sequences) cache.truncate(0)
        const { tokens, logits: none } = await forward(device, sequences, requests)
        expect(tokens).toEqual(requests.map((request, n) => chosenToken(logits[n] ?? new Int32Array(), request)))
        expect(none).toEqual([])
        for (const { cache } of sequences) cache.close()
      }
    })

    test('behaviour: a batch and a reused prefix do not change a digest', async () => {
      const device = await (await open()).load(weightsFor(run.options))
      const reused = device.openCache(64)
      await forward(device, [{ cache: reused, tokens: [...model.tokens.slice(0, 6), 1, 2, 3] }], 'none')
      reused.truncate(6)
      const other = device.openCache(64)
      const batch = await forward(
        device,
        [
          { cache: other, tokens: [3, 1, 4] },
          { cache: reused, tokens: model.tokens.slice(6) },
        ],
        'none',
      )
      expect(batch.leaves.slice(3)).toEqual(run.leaves.slice(6))
    })
  })
}
