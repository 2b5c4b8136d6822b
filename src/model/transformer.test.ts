// The whole model of test/vectors/exact.json in its three profiles: every boundary leaf, root, header and logit, prefilled and decoded.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromHex } from '#core/bytes.ts'
import type { Digest } from '#core/digest.ts'
import { openCpuLanguageBackend } from '#tensor/cpu/language-backend.ts'
import type { WeightMatrix } from '#tensor/exact/linear.ts'
import type { ActivationBits } from '#tensor/exact/quantise.ts'
import { ropeFrequencies, ropeTables } from '#tensor/exact/tables.ts'
import type { ModelWeights } from '#tensor/exact/weights.ts'
import { headerDigest, positionDigest, runRoot } from './digest.ts'
import { forward } from './transformer.ts'

type Pair = [number, number]
type PackedMatrix = { q: string; m: number[]; e: number[]; F?: number; bias?: number[] }
type PackedGain = { q: number[]; scale: Pair }
type PackedLayer = Record<'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down', PackedMatrix> &
  Record<'n1' | 'n2', PackedGain> & { Fm: number }
type Run = {
  options: { activationBits: ActivationBits; keyBits: ActivationBits; full?: boolean }
  leaves: Digest[][]
  positions: Digest[]
  root: Digest
  header: Digest
  logits: number[][]
}
type Vectors = {
  model: {
    weights: {
      config: Record<'V' | 'D' | 'H' | 'KV' | 'L' | 'FF' | 'hd' | 'theta', number>
      F: number
      epsilon: string
      scoreScale: Pair
      embedding: PackedMatrix
      layers: PackedLayer[]
      norm: PackedGain
      head: PackedMatrix
    }
    tokens: number[]
    unitId: Digest
    modelId: Digest
    runs: Run[]
  }
}

const { model } = JSON.parse(readFileSync(new URL('../../test/vectors/exact.json', import.meta.url), 'utf8')) as Vectors

function matrix({ q, m, e, bias }: PackedMatrix): WeightMatrix {
  const bytes = new Int8Array(fromHex(q).buffer)
  return {
    rows: m.length,
    cols: bytes.length / m.length,
    q: bytes,
    m: Int32Array.from(m),
    e: Int32Array.from(e),
    bias: bias ? Int32Array.from(bias) : null,
  }
}

const gain = ({ q, scale: [m, e] }: PackedGain) => ({ q: Int32Array.from(q), scale: { m, e } })
const projection = (packed: PackedMatrix) => ({ weights: matrix(packed), fractionBits: packed.F ?? 0 })

function weightsFor({ activationBits, keyBits }: Run['options']): ModelWeights {
  const { config, F, epsilon, scoreScale, embedding, layers, norm, head } = model.weights
  return {
    shape: {
      vocabulary: config.V,
      width: config.D,
      layers: config.L,
      heads: config.H,
      kvHeads: config.KV,
      headDim: config.hd,
      hidden: config.FF,
      fractionBits: F,
      activationBits,
      keyBits,
      maxPositions: 256,
    },
    embedding: matrix(embedding),
    layers: layers.map((layer) => ({
      attentionNorm: gain(layer.n1),
      query: projection(layer.q),
      key: projection(layer.k),
      value: projection(layer.v),
      output: matrix(layer.o),
      feedForwardNorm: gain(layer.n2),
      gate: matrix(layer.gate),
      up: matrix(layer.up),
      down: matrix(layer.down),
      productFractionBits: layer.Fm,
    })),
    norm: gain(norm),
    head: matrix(head),
    epsilon: BigInt(epsilon),
    scoreScale: { m: scoreScale[0], e: scoreScale[1] },
    rope: ropeTables(ropeFrequencies({ numerator: BigInt(config.theta), denominator: 1n }, config.hd / 2), 1),
  }
}

const backend = openCpuLanguageBackend()

describe.each(model.runs)('profile $options', (run) => {
  test('vector: prefill gives every leaf, the root, the header and the logits', async () => {
    const device = await backend.load(weightsFor(run.options))
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
    const device = await backend.load(weightsFor(run.options))
    const cache = device.openCache(64)
    const first = await forward(device, [{ cache, tokens: model.tokens.slice(0, split) }], 'none')
    const leaves = [...first.leaves]
    for (const token of model.tokens.slice(split))
      leaves.push(...(await forward(device, [{ cache, tokens: [token] }], 'last')).leaves)
    expect(leaves).toEqual(run.leaves)
  })

  test('behaviour: a batch and a reused prefix do not change a digest', async () => {
    const device = await backend.load(weightsFor(run.options))
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
