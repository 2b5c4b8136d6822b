import { describe, expect, test } from 'vitest'
import {
  formatAgo,
  formatCredits,
  formatDuration,
  formatMinutes,
  formatRate,
  formatBytes,
  formatClock,
  formatDay,
  formatDayAndTime,
  formatList,
  formatPercent,
  unitCount,
  shortDigest,
} from './format.ts'

describe('format', () => {
  test.each([
    ['0', '0'],
    ['2147483648000000', '0.002147'],
    ['1000000000000000000', '1'],
    ['1203144958123000000', '1.203144'],
    ['1234567000000000000000000', '1,234,567'],
    ['123456789012345678901234567890000000', '123,456,789,012,345,678.901234'],
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
    expect(formatDuration(410)).toBe('0.4 sec')
    expect(formatDuration(12_900)).toBe('12 sec')
    expect(formatDuration(190_000)).toBe('3 min')
    expect(formatMinutes(59)).toBe('59 min')
    expect(formatMinutes(60)).toBe('1 hr')
    expect(formatMinutes(192)).toBe('3 hr 12 min')
    expect(formatAgo(1000, 900)).toBe('just now')
    expect(formatAgo(0, 9_999)).toBe('just now')
    expect(formatAgo(0, 10_000)).toBe('10 seconds ago')
    expect(formatAgo(0, 240_000)).toBe('4 minutes ago')
  })

  test('behaviour: digests are shortened to six and four', () => {
    expect(shortDigest('0123456789abcdef')).toBe('012345…cdef')
    expect(shortDigest('0123456789ab')).toBe('0123456789ab')
  })

  test('behaviour: counts agree with their noun', () => {
    expect(unitCount(1)).toBe('1 unit')
    expect(unitCount(0)).toBe('0 units')
    expect(unitCount(12_000)).toBe('12,000 units')
  })

  test('behaviour: shares, sizes and times take the signs of the language', () => {
    expect(formatPercent(0.305)).toBe('31%')
    expect(formatBytes(0)).toBe('0 byte')
    expect(formatBytes(999)).toBe('999 byte')
    expect(formatBytes(84_230_000)).toBe('84.2 MB')
    expect(formatBytes(2_500_000_000_000)).toBe('2,500 GB')
    const noon = new Date(2026, 10, 29, 12, 5).getTime()
    expect(formatClock(noon)).toBe('12:05')
    expect(formatDay(noon)).toBe('Nov 29, 2026')
    expect(formatDayAndTime(noon)).toBe('Nov 29, 2026, 12:05')
    expect(formatList(['a', 'b', 'c'])).toBe('a, b, and c')
  })
})
