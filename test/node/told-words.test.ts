// The page says in another language what a node tells in English by knowing its sentences: here they come from the node itself, so that
// a sentence that changes there is missed here.
import { describe, expect, test } from 'vitest'
import { DEFAULT_RULES } from '#core/guest-rules.ts'
import { type DecisionInputs, decide } from '#node/guest/decision.ts'
import { eased } from '#node/guest/ruling.ts'
import type { GuestSignals } from '#node/guest/signals.ts'
import { isKnown, toldWords } from '#ui/told-words.ts'

const NOW = 1_800_000_000_000
const CALM: GuestSignals = {
  isVisible: true,
  battery: null,
  isDataSaved: false,
  isCellular: false,
  lastInputMs: 0,
  pressure: null,
  frames: null,
}

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
  ])('behaviour: a pause for %s is known', (_, { pause }) => {
    expect(pause).not.toBeNull()
    expect(isKnown(pause ?? '')).toBe(true)
    expect(toldWords(pause ?? '')).toBe(pause?.replaceAll(' %', '%'))
  })

  test.each([
    ['input', decided({ lastInputMs: NOW - 1000 })],
    ['pressure', decided({ pressure: 'serious' })],
    ['two at once', decided({ pressure: 'serious', lastInputMs: NOW - 1000 })],
    ['frames', decided({}, { watched: [eased(0.5, 'this page did not draw smoothly')] })],
  ])('behaviour: easing off for %s is known, also behind the state', (_, { easing }) => {
    expect(isKnown(`Ready; waiting for work. ${easing}`)).toBe(true)
    expect(toldWords(easing)).toBe(easing.replace(' %', '%'))
  })
})
