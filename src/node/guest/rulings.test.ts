// The rules that look at one signal alone.
import { describe, expect, test } from 'vitest'
import { DEFAULT_RULES } from '#core/guest-rules.ts'
import { batteryRuling } from './battery.ts'
import { hiddenRuling } from './hidden.ts'
import { INPUT_BACK_OFF_MS, inputRuling } from './input.ts'
import { meteredRuling } from './metered.ts'
import { RELIEF_MS, pressureRuling } from './pressure.ts'

const NOW_MS = 1_800_000_000_000

describe('batteryRuling', () => {
  const battery = (percent: number, isCharging = false) => ({ battery: { percent, isCharging } })

  test('default: nothing on battery, all of it plugged in or where nothing is told', () => {
    expect(batteryRuling(DEFAULT_RULES, battery(100))).toMatchObject({
      factor: 0,
      pause: { code: 'battery' },
    })
    expect(batteryRuling(DEFAULT_RULES, battery(3, true)).factor).toBe(1)
    expect(batteryRuling(DEFAULT_RULES, { battery: null }).factor).toBe(1)
  })

  test('limit: a floor of 50: 50 % lends, 49 % does not', () => {
    expect(batteryRuling({ batteryFloorPercent: 50 }, battery(50)).factor).toBe(1)
    expect(batteryRuling({ batteryFloorPercent: 50 }, battery(49))).toMatchObject({
      factor: 0,
      pause: { code: 'battery-low', percent: 49, floorPercent: 50 },
    })
  })
})

describe('meteredRuling', () => {
  test.each([
    [false, false, 1],
    [true, false, 0],
    [false, true, 0],
  ])('default: data saved %s, mobile link %s: factor %d', (isDataSaved, isCellular, factor) => {
    expect(meteredRuling(DEFAULT_RULES, { isDataSaved, isCellular }).factor).toBe(factor)
    expect(meteredRuling({ isMeteredAllowed: true }, { isDataSaved, isCellular }).factor).toBe(1)
  })
})

describe('hiddenRuling', () => {
  test('default: a hidden tab rests; option: it goes on', () => {
    expect(hiddenRuling(DEFAULT_RULES, { isVisible: true }).factor).toBe(1)
    expect(hiddenRuling(DEFAULT_RULES, { isVisible: false }).factor).toBe(0)
    expect(hiddenRuling({ isHiddenAllowed: true }, { isVisible: false }).factor).toBe(1)
  })
})

describe('pressureRuling', () => {
  test.each([
    [null, 1],
    ['nominal', 1],
    ['fair', 1],
    ['serious', 0.5],
    ['critical', 0],
  ] as const)('default: under %s pressure the factor is %d', (pressure, factor) => {
    expect(pressureRuling({ pressure }, 0, NOW_MS).factor).toBe(factor)
  })

  test('limit: it rests for 10 s after critical pressure, whatever is said then', () => {
    const after = (ms: number) => pressureRuling({ pressure: 'fair' }, NOW_MS, NOW_MS + ms)
    expect(after(RELIEF_MS - 1)).toMatchObject({ factor: 0, untilMs: NOW_MS + RELIEF_MS })
    expect(after(RELIEF_MS).factor).toBe(1)
  })
})

describe('inputRuling', () => {
  test.each([
    [0, 1],
    [NOW_MS, 0.25],
    [NOW_MS - INPUT_BACK_OFF_MS + 1, 0.25],
    [NOW_MS - INPUT_BACK_OFF_MS, 1],
    [NOW_MS + 1, 1],
  ])('limit: an input at %d leaves a factor of %d', (lastInputMs, factor) => {
    expect(inputRuling({ lastInputMs }, NOW_MS).factor).toBe(factor)
  })

  test('behaviour: it ends by itself after 30 s', () => {
    expect(inputRuling({ lastInputMs: NOW_MS - 1000 }, NOW_MS).untilMs).toBe(NOW_MS + 29_000)
  })
})
