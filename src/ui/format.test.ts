import { describe, expect, test } from 'vitest'
import {
  formatAgo,
  formatCredits,
  formatDuration,
  formatMinutes,
  formatRate,
  group,
  plural,
  shortDigest,
} from './format.ts'

describe('format', () => {
  test.each([
    ['0', '0'],
    ['2147483648000000', '0.002147'],
    ['1000000000000000000', '1'],
    ['1203144958123000000', '1.203144'],
    ['1234567000000000000000000', '1\u202f234\u202f567'],
    ['999999999999', '<0.000001'],
    ['1000000000000', '0.000001'],
    ['-1500000000000000000', '-1.5'],
  ])('default: %s atto is %s', (atto, text) => {
    expect(formatCredits(atto)).toBe(text)
  })

  test('behaviour: rates take the unit that fits', () => {
    expect(formatRate(0)).toEqual({ value: '–', unit: 'Gop/s' })
    expect(formatRate(184)).toEqual({ value: '184', unit: 'Mop/s' })
    expect(formatRate(999)).toEqual({ value: '999', unit: 'Mop/s' })
    expect(formatRate(1000)).toEqual({ value: '1.00', unit: 'Gop/s' })
    expect(formatRate(39_120)).toEqual({ value: '39.1', unit: 'Gop/s' })
    expect(formatRate(1_500_000)).toEqual({ value: '1.50', unit: 'Top/s' })
  })

  test('behaviour: durations and ages are said in the units that matter', () => {
    expect(formatDuration(410)).toBe('0.4 s')
    expect(formatDuration(12_900)).toBe('12 s')
    expect(formatDuration(190_000)).toBe('3 min')
    expect(formatMinutes(59)).toBe('59 min')
    expect(formatMinutes(60)).toBe('1 h')
    expect(formatMinutes(192)).toBe('3 h 12 min')
    expect(formatAgo(1000, 900)).toBe('just now')
    expect(formatAgo(0, 9_999)).toBe('just now')
    expect(formatAgo(0, 10_000)).toBe('10 s ago')
    expect(formatAgo(0, 240_000)).toBe('4 min ago')
  })

  test('behaviour: digests are shortened to six and four', () => {
    expect(shortDigest('0123456789abcdef')).toBe('012345…cdef')
    expect(shortDigest('0123456789ab')).toBe('0123456789ab')
  })

  test('behaviour: counts agree with their noun', () => {
    expect(plural(1, 'unit')).toBe('1 unit')
    expect(plural(0, 'unit')).toBe('0 units')
    expect(plural(12_000, 'unit')).toBe('12\u202f000 units')
    expect(group('007')).toBe('7')
  })
})
