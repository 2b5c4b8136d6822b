// What the good guest decides is sent as codes and said by the page and by the node alike: both have words for every code, and in English
// they are the same.
import { describe, expect, test } from 'vitest'
import { DEFAULT_RULES } from '#core/guest-rules.ts'
import * as told from '#node/guest/cause.ts'
import { type DecisionInputs, decide } from '#node/guest/decision.ts'
import { eased } from '#node/guest/ruling.ts'
import { CALM } from '#node/guest/signals.fixture.ts'
import type { GuestSignals } from '#node/guest/signals.ts'
import { easingWords, restWords } from '#ui/held-words.ts'

const NOW = 1_800_000_000_000
function decided(signals: Partial<GuestSignals>, change: Partial<DecisionInputs> = {}) {
  return decide({
    gpuShare: 0.5,
    rules: DEFAULT_RULES,
    signals: { ...CALM, ...signals },
    criticalMs: 0,
    watched: [],
    nowMs: NOW,
    localMinute: () => 12 * 60,
    ...change,
  })
}

const battery = { isCharging: false, percent: 30 }
const hours = { fromMinute: 20 * 60, toMinute: 8 * 60 }

describe('what the good guest tells', () => {
  test.each([
    ['battery', decided({ battery })],
    ['battery floor', decided({ battery }, { rules: { ...DEFAULT_RULES, batteryFloorPercent: 50 } })],
    ['hours', decided({}, { rules: { ...DEFAULT_RULES, hours } })],
    ['data saving', decided({ isDataSaved: true })],
    ['mobile link', decided({ isCellular: true })],
    ['hidden', decided({ isVisible: false })],
    ['pressure', decided({ pressure: 'critical' })],
    ['pressure a moment ago', decided({}, { criticalMs: NOW - 1000 })],
    ['three at once', decided({ isVisible: false, isCellular: true, battery })],
  ])('behaviour: a pause for %s is said as it is told', (_, held) => {
    expect(restWords(held)).toMatch(/^[A-Z].*goes on.*\.$/)
    expect(restWords(held)).toBe(told.pauseWords(held)?.replaceAll(' %', '%'))
    expect(easingWords(held)).toBe('')
  })

  test.each([
    ['input', decided({ lastInputMs: NOW - 1000 })],
    ['pressure', decided({ pressure: 'serious' })],
    ['two at once', decided({ pressure: 'serious', lastInputMs: NOW - 1000 })],
    ['heat', decided({}, { watched: [eased(0.5, { code: 'hot' })] })],
    ['frames', decided({}, { watched: [eased(0.5, { code: 'frames' })] })],
  ])('behaviour: easing off for %s is said as it is told', (_, held) => {
    expect(easingWords(held)).toMatch(/^Eases off to \d+% of your device: /)
    expect(easingWords(held)).toBe(told.easingWords(held).replace(' %', '%'))
    expect(restWords(held)).toBe('')
  })
})
