import { expect, test } from 'vitest'
import { type StripBeat, beatStrip } from './beat-strip.ts'
import { SLOTS_PER_DAY } from './slot.ts'

const first = 1000
const beatAt = (slot: number, changes: Partial<StripBeat> = {}): StripBeat => ({
  slot,
  sequence: slot,
  state: 'working',
  witnesses: 0,
  ...changes,
})
const silent = { state: 'silent', witnesses: 0 }

test('default: a day of silence', () => {
  const strip = beatStrip([], first)
  expect(strip).toHaveLength(SLOTS_PER_DAY)
  expect(strip.every((cell) => cell.state === 'silent' && cell.witnesses === 0)).toBe(true)
})

test('limit: the first and the last slot are in, their neighbours out', () => {
  const strip = beatStrip(
    [first - 1, first, first + 1439, first + 1440].map((slot) => beatAt(slot)),
    first,
  )
  const working = strip.flatMap((cell, i) => (cell.state === 'working' ? [i] : []))
  expect(working).toEqual([0, 1439])
})

test('behaviour: in a slot the beat with the highest sequence counts, whatever the order', () => {
  const beats = [
    beatAt(first, { sequence: 5, state: 'stopped', witnesses: 1 }),
    beatAt(first, { sequence: 4, witnesses: 3 }),
    beatAt(first, { sequence: 5, state: 'idle' }),
  ]
  expect(beatStrip(beats, first, 1)).toEqual([{ state: 'stopped', witnesses: 1 }])
  expect(
    beatStrip(
      [beats[1], beats[0]].filter((beat) => beat !== undefined),
      first,
      1,
    ),
  ).toEqual([{ state: 'stopped', witnesses: 1 }])
})

test('behaviour: silence between and after beats is shown as silence', () => {
  const beats = [beatAt(first), beatAt(first + 2, { state: 'stopped' })]
  expect(beatStrip(beats, first, 4)).toEqual([
    { state: 'working', witnesses: 0 },
    silent,
    { state: 'stopped', witnesses: 0 },
    silent,
  ])
})

test('behaviour: slots that are no numbers are left out', () => {
  expect(beatStrip([beatAt(Number.NaN), beatAt(first + 0.5), beatAt(Infinity)], first, 2)).toEqual([silent, silent])
  expect(beatStrip([beatAt(first)], first, 0)).toEqual([])
})
