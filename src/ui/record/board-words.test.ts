import { describe, expect, test } from 'vitest'
import type { PublicKey } from '#core/ed25519.ts'
import { memberCount, placeWords, refusalWords } from './board-words.ts'

const own = { account: 'ab'.repeat(32) as PublicKey, name: 'Ana', team: null, amount: '1' }
const refused = (name: string, kind: 'input' | 'unavailable' | 'hostile' = 'input') =>
  refusalWords({ name, kind, message: 'The moon is in the way.' })

describe('board words', () => {
  test('default: a place is told with its time', () => {
    expect(placeWords('week', { ...own, place: 1200 })).toBe('Place 1,200 this week.')
    expect(placeWords('total', { ...own, place: 3 })).toBe('Place 3 in total.')
    expect(placeWords('week', { ...own, place: null })).toMatch(/^No place this week yet/)
    expect(memberCount(1)).toBe('1 member')
    expect(memberCount(12)).toBe('12 members')
  })

  test.each(['NameTaken', 'BoardName', 'NothingEarned', 'StaleStatement'])(
    'behaviour: %s says that nothing was changed and what to do',
    (name) => {
      const words = refused(`coordinator.${name}`)
      expect(words).toContain('Nothing was changed: ')
      expect(words).not.toContain('moon')
    },
  )

  test('behaviour: what is not known is told with its own words', () => {
    expect(refused('coordinator.Else', 'hostile')).toContain('The moon is in the way.')
    const message = 'Too many requests from this address: try again in 3 s.'
    expect(refusalWords({ name: 'coordinator.RateLimited', kind: 'unavailable', message })).toContain(message)
    expect(refused('sdk.Unreachable', 'unavailable')).toContain('Check your connection')
  })
})
