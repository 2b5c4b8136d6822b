import { describe, expect, test } from 'vitest'
import { type PublicKey, signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import type { SiteDay } from '#sdk/sites.ts'
import { askedFor, daySums, sumsBy, totalOf } from './site-sums.ts'

const account: PublicKey = signerFromSecret(seededRandom('sums').bytes(32)).publicKey
const dayOf = (day: string, amount: string, site = 'https://a.example'): SiteDay => ({
  site,
  account,
  day,
  units: 2,
  amount,
})
const days = [dayOf('2026-11-29', '5'), dayOf('2026-11-29', '7', 'https://b.example'), dayOf('2026-11-27', '1')]

describe('sums', () => {
  test('default: in all, and by site with the largest first', () => {
    expect(totalOf(days)).toEqual({ units: 6, amount: 13n })
    expect(totalOf([])).toEqual({ units: 0, amount: 0n })
    expect(sumsBy(days, ({ site }) => site)).toEqual([
      { key: 'https://b.example', units: 2, amount: 7n },
      { key: 'https://a.example', units: 4, amount: 6n },
    ])
  })

  test('behaviour: every day is there, those without earnings too', () => {
    const sums = daySums(days, '2026-11-26', Date.parse('2026-11-30T01:00Z'), 30)
    expect(sums.map(({ amount }) => amount)).toEqual([0n, 1n, 0n, 12n, 0n])
    expect(sums[3]).toEqual({ atMs: Date.parse('2026-11-29'), units: 4, amount: 12n })
  })

  test('limit: the latest days, and none where there is none', () => {
    expect(daySums(days, '2026-01-01', Date.parse('2026-11-29'), 2)).toHaveLength(2)
    expect(daySums(days, '2026-12-01', Date.parse('2026-11-29'), 2)).toEqual([])
  })
})

describe('askedFor', () => {
  test.each([
    [` ${account} `, account],
    [account.toUpperCase(), account],
    ['garden.example', 'https://garden.example'],
    ['https://garden.example/roses?x=1', 'https://garden.example'],
    ['http://localhost:4748', 'http://localhost:4748'],
    ['HTTPS://Garden.Example', 'https://garden.example'],
  ])('default: "%s"', (typed, asked) => {
    expect(askedFor(typed)).toBe(asked)
  })

  test.each(['', ' ', 'garden', 'two words.example', 'javascript:alert(1)', account.slice(1), 'https://'])(
    'error: nothing in "%s"',
    (typed) => {
      expect(askedFor(typed)).toBeNull()
    },
  )
})
