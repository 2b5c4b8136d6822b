import { describe, expect, test } from 'vitest'
import { DEFAULT_SITE_PERCENT, MAX_VALUE_LENGTH, parseHostOptions, shareUnder } from './host-options.ts'

const parse = (query: string) => {
  const found = new URLSearchParams(query)
  return parseHostOptions((name) => found.get(name))
}

describe('parseHostOptions', () => {
  test('default: follows the visitor’s theme, a box, no cap', () => {
    expect(parse('')).toEqual({ theme: 'auto', size: 'box', maxShare: 1, credit: null })
  })

  test('option: theme, size and share', () => {
    expect(parse('theme=dark&size=strip&share=30')).toEqual({
      theme: 'dark',
      size: 'strip',
      maxShare: 0.3,
      credit: null,
    })
    expect(parse('share=30%25').maxShare).toBe(0.3)
  })

  test.each(['', 'lots', '-1', '30.5', '1e2', ' 30', '9999', '0x20'])(
    'behaviour: a cap of "%s" cannot be read and counts as the least',
    (share) => {
      expect(parse(`share=${encodeURIComponent(share)}`).maxShare).toBe(0.05)
    },
  )

  test('limit: 5 to 100 per cent', () => {
    expect([0, 4, 5, 6, 99, 100, 101, 999].map((share) => parse(`share=${share}`).maxShare)).toEqual([
      0.05, 0.05, 0.05, 0.06, 0.99, 1, 1, 1,
    ])
  })

  test('limit: longer values are not looked at', () => {
    expect(parse(`theme=dark${' '.repeat(MAX_VALUE_LENGTH)}&size=${'strip'.repeat(1000)}`)).toEqual({
      theme: 'auto',
      size: 'box',
      maxShare: 1,
      credit: null,
    })
  })

  test('option: a site that names its account gets a fifth of the credit, or what it says, at most half', () => {
    const account = 'a1'.repeat(32)
    const percents = (credit: string) => parse(`account=${account}${credit}`).credit?.percent
    expect(parse(`account=${account}`).credit).toEqual({ account, percent: DEFAULT_SITE_PERCENT })
    expect(['&credit=1', '&credit=35%25', '&credit=50', '&credit=51', '&credit=100'].map(percents)).toEqual([
      1, 35, 50, 50, 50,
    ])
    expect(['&credit=0', '&credit=', '&credit=-5', '&credit=20.5', '&credit=1e1', '&credit=all'].map(percents)).toEqual(
      Array.from({ length: 6 }, () => undefined),
    )
  })

  test('behaviour: a share for no account, or for what is none, is no share', () => {
    for (const account of ['', 'garden', 'A1'.repeat(32), 'a1'.repeat(31), `${'a1'.repeat(32)}0`])
      expect(parse(`account=${account}&credit=20`).credit).toBeNull()
    expect(parse('credit=20').credit).toBeNull()
  })
})

describe('shareUnder', () => {
  test('behaviour: the smaller of what the visitor wants and what the site allows', () => {
    expect(shareUnder({ maxShare: 0.3 }, 0.5)).toBe(0.3)
    expect(shareUnder({ maxShare: 1 }, 0.5)).toBe(0.5)
    expect(shareUnder({ maxShare: 0.8 }, 0.2)).toBe(0.2)
  })

  test('limit: never below the least, and nothing that is not a number', () => {
    expect(shareUnder({ maxShare: 0.05 }, 0)).toBe(0.05)
    expect(shareUnder({ maxShare: 1 }, Number.NaN)).toBe(0.5)
  })
})
