// Replays test/vectors/exact.json: every primitive of the exact format, case by case.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromHex } from '#core/bytes.ts'
import { leafDigest, merkleRoot } from '#core/merkle.ts'
import { boundaryLayers, boundaryLeaf } from '#tensor/exact/boundary.ts'
import { attentionRow, softmaxWeights, weightedMean } from '#tensor/exact/attention.ts'
import { mulShift, mulShiftWide, umulHigh, umulLow } from '#tensor/exact/fixed.ts'
import { exp2neg, reciprocal, rsqrt, sigmoid, silu } from '#tensor/exact/functions.ts'
import { type WeightMatrix, addBias, linearRow } from '#tensor/exact/linear.ts'
import { type ActivationBits, quantise } from '#tensor/exact/quantise.ts'
import { addResidual, embeddingRow } from '#tensor/exact/residual.ts'
import { normalise, rmsNormRow } from '#tensor/exact/rms-norm.ts'
import { anglesAt, combineAngles, rotate } from '#tensor/exact/rope.ts'
import { type Scale, mulScale, normScale } from '#tensor/exact/scale.ts'
import { siluGate } from '#tensor/exact/silu-gate.ts'
import { type RopeTables, ropeFrequencies, ropeTables } from '#tensor/exact/tables.ts'
import { quantiseEpsilon, quantiseGain, quantiseWeightRow } from './convert/quantise.ts'
import { scaleFromDouble, scoreScale, sqrtScale } from './convert/scales.ts'
import { headerDigest, positionDigest } from './digest.ts'
import {
  type Sampling,
  keptTokens,
  penalise,
  philox4x32,
  randomBits,
  sampleToken,
  temperatureScale,
  tokenWeights,
} from '#tensor/exact/sampler.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Pair = [number, number]

const vectors = JSON.parse(readFileSync(new URL('../../test/vectors/exact.json', import.meta.url), 'utf8')) as {
  sections: Record<string, { cases: Json[][] }>
}

const i32 = (list: number[]) => Int32Array.from(list)
const list = (view: ArrayLike<number>) => Array.from(view)
const pair = ({ m, e }: Scale) => [m, e]
const hex = (value: bigint) => `0x${value.toString(16)}`
const withScale = ({ q, scale }: { q: ArrayLike<number>; scale: Scale }) => ({ q: list(q), ...scale })

function matrix(rows: number[][], scales: Pair[], bias: number[] | null): WeightMatrix {
  return {
    rows: rows.length,
    cols: rows[0]?.length ?? 0,
    q: Int8Array.from(rows.flat()),
    m: i32(scales.map(([m]) => m)),
    e: i32(scales.map(([, e]) => e)),
    bias: bias === null ? null : i32(bias),
  }
}

function tables(theta: number, headDim: number): RopeTables {
  return ropeTables(ropeFrequencies({ numerator: BigInt(theta), denominator: 1n }, headDim / 2), 8)
}

function cut(level: RopeTables['high'], row: number, pairs: number) {
  return {
    cos: list(level.cos.subarray(row * pairs, (row + 1) * pairs)),
    sin: list(level.sin.subarray(row * pairs, (row + 1) * pairs)),
  }
}

/** How to compute the last column of each section's cases from the others. */
// eslint-disable-next-line typescript/no-explicit-any -- the columns of each section have types of their own
const SECTIONS: Record<string, (...inputs: any[]) => unknown> = {
  umul64: (a: number, b: number) => [umulHigh(a, b), umulLow(a, b)],
  mulShift,
  mulShift2: (h: number, l: number, m: number, s: number) => mulShiftWide(256 * h + l, m, s),
  normScale: (v: number, e: number) => pair(normScale(v, e)),
  mulScale: (m1: number, e1: number, m2: number, e2: number) => pair(mulScale({ m: m1, e: e1 }, { m: m2, e: e2 })),
  exp2neg,
  rsqrt,
  reciprocal,
  normalise: (sum: string) => Object.values(normalise(BigInt(sum))),
  sigmoid,
  silu,
  siluTimesUp: siluGate,
  quantise8: (row: number[], f: number) => withScale(quantise(i32(row), f, 8)),
  quantise16: (row: number[], f: number) => {
    const { q, scale } = quantise(i32(row), f, 16)
    const hi = Int8Array.from(q, (value) => (value + 128) >> 8)
    const lo = Int8Array.from(q, (value, i) => value - 256 * (hi[i] ?? 0))
    return { q: list(q), hi: list(hi), lo: list(lo), t: 30 + f - scale.e, ...scale }
  },
  rmsNormRow: (x: number[], gain: number[], [m, e]: Pair, epsilon: string, bits: ActivationBits) =>
    withScale(rmsNormRow(i32(x), { q: i32(gain), scale: { m, e } }, BigInt(epsilon), bits)),
  ropeTableEntry: (...angles: [number, number, number, number]) => Object.values(combineAngles(...angles)),
  ropePosition: (theta: number, headDim: number, position: number) => {
    const rope = tables(theta, headDim)
    const { cos, sin } = anglesAt(rope, position)
    return {
      high: cut(rope.high, position >> 8, rope.pairs),
      low: cut(rope.low, position & 255, rope.pairs),
      cos: list(cos),
      sin: list(sin),
    }
  },
  ropeRow: (head: number[], cos: number[], sin: number[]) => list(rotate(i32(head), { cos: i32(cos), sin: i32(sin) })),
  softmaxWeights: (scores: number[]) => list(softmaxWeights(i32(scores))),
  weightedMean,
  attentionRow: (
    query: number[],
    fq: number,
    keys: number[][],
    fk: number,
    keyBits: ActivationBits,
    values: number[][],
  ) => {
    const scale = scoreScale(query.length)
    const quantisedKeys = keys.map((key) => quantise(i32(key), fk, keyBits))
    const { scores, weights, total, out } = attentionRow(
      quantise(i32(query), fq, 16),
      quantisedKeys,
      values.map(i32),
      scale,
    )
    return { scoreScale: pair(scale), scores: list(scores), weights: list(weights), total, out: list(out) }
  },
  addBias,
  addResidual: (x: number[], y: number[]) => list(addResidual(i32(x), i32(y))),
  linearRow: (
    row: number[],
    fin: number,
    bits: ActivationBits,
    weights: number[][],
    scales: Pair[],
    bias: number[] | null,
    f: number,
    bound: number,
  ) => list(linearRow(quantise(i32(row), fin, bits), matrix(weights, scales, bias), f, bound)),
  embeddingRow: (q: number[], m: number, e: number, f: number) => list(embeddingRow(matrix([q], [[m, e]], null), 0, f)),
  scaleFromDouble: (x: number) => pair(scaleFromDouble(x)),
  weightRow: (w: number[]) => {
    const q = new Int8Array(w.length)
    return withScale({ q, scale: quantiseWeightRow(Float64Array.from(w), q) })
  },
  gainRow: (g: number[]) => {
    const { q, max, scale } = quantiseGain(Float64Array.from(g))
    return { q: list(q), max: pair(max), scale: pair(scale) }
  },
  epsilon: (eps: number, width: number, f: number) => hex(quantiseEpsilon(eps, width, f)),
  sqrtScale: (width: number) => pair(sqrtScale(width)),
  scoreScale: (headDim: number) => pair(scoreScale(headDim)),
  temperatureScale: (temperature: number) => Object.values(temperatureScale(temperature)),
  philox: philox4x32,
  penalise: (z: number, repetition: number, presence: number, frequency: number, isSeen: boolean, count: number) =>
    penalise(z, { repetition, presence, frequency }, isSeen, count),
  tokenWeights: (logits: number[], temperature: number) => list(tokenWeights(i32(logits), temperature)),
  keptTokens: (logits: number[], weights: number[], topK: number, topP: number) =>
    keptTokens(i32(logits), Uint32Array.from(weights), topK, topP),
  sampler: (
    logits: number[],
    packed: Omit<Sampling, 'seed'> & { seed: string; position: number; choice: number },
    seen: number[],
    counts: Pair[],
  ) => {
    const sampling = { ...packed, seed: BigInt(packed.seed) }
    return {
      R: hex(randomBits(sampling.seed, packed)),
      token: sampleToken(i32(logits), sampling, packed, new Set(seen), new Map(counts)),
    }
  },
  boundaryLayers,
  boundaryLeaf: (boundary: number, position: number, row: number[]) => boundaryLeaf(boundary, position, i32(row)),
  positionDigest,
  merkleRoot: (entries: string[]) => merkleRoot(entries.map((entry) => leafDigest(fromHex(entry)))),
  headerDigest,
}

describe('exact primitives', () => {
  for (const [section, { cases }] of Object.entries(vectors.sections))
    test(`vector: ${section}, ${cases.length} cases`, () => {
      const compute = SECTIONS[section]
      if (compute === undefined) throw new Error(`No way to compute section ${section}.`)
      for (const [index, row] of cases.entries())
        expect(JSON.parse(JSON.stringify(compute(...row.slice(0, -1)))), `case ${index}`).toEqual(row.at(-1))
    })
})
