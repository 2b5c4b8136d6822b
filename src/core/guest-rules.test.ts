import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { DEFAULT_RULES, clockTime, guestRulesSchema } from './guest-rules.ts'

const isValid = (change: object) => v.is(guestRulesSchema, { ...DEFAULT_RULES, ...change })

describe('guestRulesSchema', () => {
  test('default: plugged in, unmetered, visible, at all hours', () => {
    expect(v.parse(guestRulesSchema, DEFAULT_RULES)).toEqual(DEFAULT_RULES)
  })

  test.each([
    [{ batteryFloorPercent: 0 }, true],
    [{ batteryFloorPercent: 100 }, true],
    [{ batteryFloorPercent: 101 }, false],
    [{ batteryFloorPercent: -1 }, false],
    [{ batteryFloorPercent: 20.5 }, false],
    [{ hours: { fromMinute: 0, toMinute: 1439 } }, true],
    [{ hours: { fromMinute: 1439, toMinute: 0 } }, true],
    [{ hours: { fromMinute: 0, toMinute: 1440 } }, false],
    [{ hours: { fromMinute: 480, toMinute: 480 } }, false],
    [{ isHiddenAllowed: 1 }, false],
    [{ more: true }, false],
  ])('limit: %o is valid: %s', (change, expected) => {
    expect(isValid(change)).toBe(expected)
  })

  test('behaviour: minutes read as a clock does', () => {
    expect([0, 61, 1390].map(clockTime)).toEqual(['00:00', '01:01', '23:10'])
  })
})
