// How the comparisons with llama.cpp count: who chose what, and how far apart candidates are.
import { describe, expect, test } from 'vitest'
import { type Candidate, compareChoices, logProbabilityOf } from '../../bench/language/agreement.ts'
import { SMALL_LLAMA, madeUpTensors } from '../../bench/language/made-up-llama.ts'
import { quantiseMatrix } from '#model/convert/quantise.ts'

/** Logits in Q16. */
const logits = (...values: readonly number[]) => Int32Array.from(values, (value) => value * 65_536)

/** Candidates of these logits, best first. */
function candidates(...values: readonly number[]): Candidate[] {
  const row = logits(...values)
  return values
    .map((_, token) => ({ token, logProbability: logProbabilityOf(row, token) }))
    .sort((a, b) => b.logProbability - a.logProbability)
}

describe('compareChoices', () => {
  test('default: the same choice counts as agreement, and what its distance to the second differs by as error', () => {
    const agreement = compareChoices([logits(0, 2, 1.5)], [candidates(0, 2, 1.25)])
    expect(agreement).toMatchObject({ positions: 1, agreeing: 1, gaps: [] })
    expect(agreement.error).toBeCloseTo(0.25, 6)
    expect(agreement.widestError).toBeCloseTo(0.25, 6)
  })

  test('behaviour: another choice is a gap, as wide as the peer has it', () => {
    const agreement = compareChoices(
      [logits(0, 2, 2.125), logits(1, 0, 0)],
      [candidates(0, 2, 1.75), candidates(1, 0, 0)],
    )
    expect(agreement).toMatchObject({ positions: 2, agreeing: 1 })
    expect(agreement.gaps).toEqual([expect.closeTo(0.25, 6)])
  })

  test('behaviour: a choice that the peer does not name at all is infinitely far', () => {
    expect(compareChoices([logits(5, 0, 0)], [candidates(0, 2, 1).slice(0, 2)]).gaps).toEqual([Infinity])
  })

  test('behaviour: clear choices add no error', () => {
    expect(compareChoices([logits(0, 9, 1)], [candidates(0, 7, 1)]).widestError).toBe(0)
  })

  test('error: a peer without candidates', () => {
    expect(() => compareChoices([logits(0, 1)], [[]])).toThrow('position 0')
  })
})

test('behaviour: int8 rows hold made-up weights exactly, and the same seed gives them again', async () => {
  const { hidden, width } = SMALL_LLAMA
  const read = () => madeUpTensors('test').read('model.layers.0.mlp.up_proj.weight', [hidden, width])
  const values = await read()
  const { e, m, q } = quantiseMatrix(values, hidden, width)
  const row = (i: number) => Math.floor(i / width)
  expect(q.every((value, i) => value * (m[row(i)] ?? 0) * 2 ** -(e[row(i)] ?? 0) === values[i])).toBe(true)
  expect(await read()).toEqual(values)
})
