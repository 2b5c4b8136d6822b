import { describe, expect, test } from 'vitest'
import { DEFAULT_RULES } from '#core/guest-rules.ts'
import { BATTERY_FLOORS, batteryChoice, minuteOf, rulesLine } from './rules-words.ts'

describe('rulesLine', () => {
  test('default: says each cap', () => {
    expect(rulesLine(DEFAULT_RULES)).toBe('at all hours, plugged in, not on metered links, while this tab is visible')
  })

  test('option: each cap that was changed', () => {
    const rules = {
      batteryFloorPercent: 50,
      isMeteredAllowed: true,
      isHiddenAllowed: true,
      hours: { fromMinute: 1320, toMinute: 485 },
    }
    expect(rulesLine(rules)).toBe('from 22:00 to 08:05, on battery down to 50%, on any link, also in a hidden tab')
  })
})

describe('minuteOf', () => {
  test.each([
    ['00:00', 0],
    ['23:59', 1439],
    ['08:30', 510],
    ['24:00', undefined],
    ['8:30', undefined],
    ['', undefined],
  ])('limit: %s is minute %s', (text, minute) => {
    expect(minuteOf(text)).toBe(minute)
  })

  test('behaviour: the default can be chosen again', () => {
    expect(BATTERY_FLOORS).toContain(DEFAULT_RULES.batteryFloorPercent)
    expect(BATTERY_FLOORS.map(batteryChoice).slice(0, 2)).toEqual(['Only while plugged in', 'Down to 80% charge'])
  })
})
