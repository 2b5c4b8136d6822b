import { describe, expect, test } from 'vitest'
import { type FrameFacts, modeOf } from './frame-mode.ts'

const asked: FrameFacts = { isOn: false, site: 'https://garden.example', offer: 'ask', refusedUntilMs: 0, nowMs: 1000 }

describe('modeOf', () => {
  test('default: asks', () => {
    expect(modeOf(asked)).toBe('asking')
  })

  test.each([
    [{ site: null }, 'no-site'],
    [{ offer: 'phone' }, 'phone'],
    [{ offer: 'less-data' }, 'less-data'],
    [{ refusedUntilMs: 1001 }, 'refused'],
  ] satisfies [Partial<FrameFacts>, string][])('behaviour: %j is %s', (fact, mode) => {
    expect(modeOf({ ...asked, ...fact })).toBe(mode)
  })

  test('limit: a refusal until 1001 holds at 1000, not at 1001', () => {
    expect(modeOf({ ...asked, refusedUntilMs: 1001, nowMs: 1000 })).toBe('refused')
    expect(modeOf({ ...asked, refusedUntilMs: 1001, nowMs: 1001 })).toBe('asking')
  })

  test('behaviour: what runs is shown with its Stop, whatever else holds', () => {
    expect(modeOf({ isOn: true, site: null, offer: 'phone', refusedUntilMs: 9999, nowMs: 0 })).toBe('on')
  })
})
