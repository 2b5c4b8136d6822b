import { describe, expect, test } from 'vitest'
import { DEFAULT_RULES } from '#core/guest-rules.ts'
import { easingWords, pauseWords } from './cause.ts'
import { BURST_MS, type DecisionInputs, MIN_EASED_SHARE, VISIBLE_BURST_MS, decide } from './decision.ts'
import { eased } from './ruling.ts'
import { CALM } from './signals.fixture.ts'
import type { GuestSignals } from './signals.ts'

const NOW_MS = 1_800_000_000_000
function decision(change: Partial<DecisionInputs> = {}, signals: Partial<GuestSignals> = {}) {
  return decide({
    gpuShare: 0.8,
    rules: DEFAULT_RULES,
    signals: { ...CALM, ...signals },
    criticalMs: 0,
    watched: [],
    nowMs: NOW_MS,
    localMinute: () => 23 * 60 + 10,
    ...change,
  })
}

describe('decide', () => {
  test('default: all that was allowed, in bursts of half a frame while the page is visible', () => {
    expect(decision()).toEqual({
      share: 0.8,
      burstMs: VISIBLE_BURST_MS,
      pauses: [],
      easings: [],
      untilMs: null,
    })
  })

  test('behaviour: longer bursts where nobody looks, and without an end where all is lent', () => {
    const rules = { ...DEFAULT_RULES, isHiddenAllowed: true }
    expect(decision({ rules }, { isVisible: false }).burstMs).toBe(BURST_MS)
    expect(decision({ signals: null }).burstMs).toBe(BURST_MS)
    expect(decision({ signals: null, gpuShare: 1 }).burstMs).toBe(Infinity)
  })

  test('behaviour: a pause says why and when it goes on', () => {
    const rules = { ...DEFAULT_RULES, hours: { fromMinute: 480, toMinute: 1320 } }
    const held = decision({ rules })
    expect(pauseWords(held)).toBe('It is 23:10 and you lend from 08:00 to 22:00; it goes on at 08:00.')
    expect(held.untilMs).toBe(NOW_MS - (NOW_MS % 60_000) + (50 + 8 * 60) * 60_000)
  })

  test('behaviour: of several reasons none is left out, and no time is promised', () => {
    const rules = { ...DEFAULT_RULES, hours: { fromMinute: 480, toMinute: 1320 } }
    const held = decision({ rules }, { battery: { isCharging: false, percent: 70 } })
    expect(pauseWords(held)).toBe(
      'It is 23:10 and you lend from 08:00 to 22:00, and your device runs on battery. It goes on when none of this holds any more.',
    )
  })

  test('behaviour: easings multiply and say what is left', () => {
    const held = decision({}, { pressure: 'serious', lastInputMs: NOW_MS - 1000 })
    expect(held.share).toBeCloseTo(0.1)
    expect(easingWords(held)).toBe(
      'Eases off to 10 % of your device: your device is busy with other things, and you used this page less than 30 s ago.',
    )
    expect(held.untilMs).toBe(NOW_MS + 29_000)
  })

  test('limit: easing off leaves a twentieth, and never more than was allowed', () => {
    const watched = [eased(0.01, { code: 'hot' })]
    expect(decision({ watched }).share).toBe(MIN_EASED_SHARE)
    expect(decision({ watched, gpuShare: 0.05 }).share).toBe(0.05)
  })

  test('behaviour: without a page only the hours hold', () => {
    const rules = { ...DEFAULT_RULES, hours: { fromMinute: 0, toMinute: 60 } }
    expect(decision({ signals: null, rules, watched: [eased(0.5, { code: 'hot' })] })).toMatchObject({
      share: 0.8,
      easings: [],
      pauses: [{ code: 'hours', fromMinute: 0, toMinute: 60 }],
    })
  })
})
