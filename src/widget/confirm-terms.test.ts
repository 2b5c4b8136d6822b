import { describe, expect, test } from 'vitest'
import { MAX_FRAGMENT_LENGTH, encodeConfirmTerms, parseConfirmAnswer, parseConfirmTerms } from './confirm-terms.ts'

const NONCE = '3f2c1d9a-0b7e-4a55-9c61-7d8e2f104b6a'
const terms = { site: 'https://garden.example', percent: 30, credit: 20, nonce: NONCE }

describe('parseConfirmTerms', () => {
  test('default: what was encoded', () => {
    expect(parseConfirmTerms(encodeConfirmTerms(terms))).toEqual(terms)
  })

  test('limit: 5 to 100 per cent, whole', () => {
    const percents = [4, 5, 100, 101, 30.5, Number.NaN]
    const read = percents.map((percent) => parseConfirmTerms(encodeConfirmTerms({ ...terms, percent }))?.percent)
    expect(read).toEqual([undefined, 5, 100, undefined, undefined, undefined])
  })

  test('limit: 0 to 50 per cent of the credit, whole', () => {
    const credits = [-1, 0, 50, 51, 20.5, Number.NaN]
    const read = credits.map((credit) => parseConfirmTerms(encodeConfirmTerms({ ...terms, credit }))?.credit)
    expect(read).toEqual([undefined, 0, 50, undefined, undefined, undefined])
  })

  test.each(['', 'javascript:alert(1)', 'file:///etc', 'null', `https://${'a'.repeat(300)}.example`])(
    'behaviour: no terms for the site "%s"',
    (site) => {
      expect(parseConfirmTerms(encodeConfirmTerms({ ...terms, site }))).toBeNull()
    },
  )

  test('behaviour: the site is an origin, whatever stands behind it', () => {
    const site = 'https://garden.example/please%20click?x=1'
    expect(parseConfirmTerms(encodeConfirmTerms({ ...terms, site }))?.site).toBe('https://garden.example')
  })

  test('limit: a fragment of 1024 characters is read, of 1025 not', () => {
    const fragment = encodeConfirmTerms(terms)
    const filled = (length: number) => `${fragment}&x=`.padEnd(length, 'x')
    expect(parseConfirmTerms(filled(MAX_FRAGMENT_LENGTH))).toEqual(terms)
    expect(parseConfirmTerms(filled(MAX_FRAGMENT_LENGTH + 1))).toBeNull()
  })

  test.each(['', '#', `#site=https://garden.example&percent=30&nonce=${NONCE}`, '#nonce=x'])(
    'behaviour: no terms in "%s"',
    (fragment) => {
      expect(parseConfirmTerms(fragment)).toBeNull()
    },
  )
})

describe('parseConfirmAnswer', () => {
  const answer = { type: 'commonwatt-confirm', nonce: NONCE, isAgreed: true }

  test('default: yes and no', () => {
    expect(parseConfirmAnswer(answer, NONCE)).toBe(true)
    expect(parseConfirmAnswer({ ...answer, isAgreed: false }, NONCE)).toBe(false)
  })

  test.each([null, 'yes', {}, { ...answer, nonce: 'other' }, { ...answer, type: 'x' }, { ...answer, isAgreed: 1 }])(
    'behaviour: %j is no answer',
    (data) => {
      expect(parseConfirmAnswer(data, NONCE)).toBeNull()
    },
  )
})
