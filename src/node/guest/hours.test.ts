import { describe, expect, test } from 'vitest'
import { deviceMinute, hoursRuling } from './hours.ts'
import { FREE } from './ruling.ts'

const MINUTE_MS = 60_000
const DAY_MS = 1440 * MINUTE_MS
/** A day that begins at a multiple of a day: local time is UTC here. */
const MIDNIGHT_MS = 20_000 * DAY_MS
const utcMinute = (nowMs: number) => Math.floor((nowMs % DAY_MS) / MINUTE_MS)
const at = (hour: number, minute = 0, second = 0) => MIDNIGHT_MS + (hour * 60 + minute) * MINUTE_MS + second * 1000

const DAY = { fromMinute: 8 * 60, toMinute: 22 * 60 }
const NIGHT = { fromMinute: 22 * 60, toMinute: 6 * 60 }

describe('hoursRuling', () => {
  test('default: outside its hours it says the time, the hours and when it goes on', () => {
    expect(hoursRuling(DAY, at(23, 10, 30), utcMinute)).toEqual({
      factor: 0,
      pause: { code: 'hours', nowMinute: 23 * 60 + 10, fromMinute: 8 * 60, toMinute: 22 * 60 },
      easing: null,
      untilMs: at(24 + 8),
    })
  })

  test('behaviour: without hours it lends at all of them', () => {
    expect(hoursRuling(null, at(3), utcMinute)).toEqual(FREE)
  })

  test.each([
    [DAY, at(7, 59, 59), 0, at(8)],
    [DAY, at(8), 1, at(22)],
    [DAY, at(21, 59, 59), 1, at(22)],
    [DAY, at(22), 0, at(24 + 8)],
    [NIGHT, at(21, 59), 0, at(22)],
    [NIGHT, at(22), 1, at(24 + 6)],
    [NIGHT, at(0), 1, at(6)],
    [NIGHT, at(6), 0, at(22)],
  ])('limit: %o at %d: factor %d until %d', (hours, nowMs, factor, untilMs) => {
    expect(hoursRuling(hours, nowMs, utcMinute)).toMatchObject({ factor, untilMs })
  })

  test('behaviour: the minute of the device is that of its time zone', () => {
    const noon = new Date(2026, 5, 1, 12, 34, 56)
    expect(deviceMinute(noon.getTime())).toBe(12 * 60 + 34)
  })
})
