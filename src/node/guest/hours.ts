// The hours of the day that a person lends. Local time by the device's clock; on a night the clocks change, the end may be an hour off
// when it is first told, and is told anew when that time comes.
import { DAY_MINUTES, type LendingHours } from '#core/guest-rules.ts'
import { FREE, type Ruling, paused } from './ruling.ts'

const MINUTE_MS = 60_000

/** The minute of the local day at `nowMs`. */
export type LocalMinute = (nowMs: number) => number

/** By the time zone of the device. */
export const deviceMinute: LocalMinute = (nowMs) => {
  const local = new Date(nowMs)
  return local.getHours() * 60 + local.getMinutes()
}

/** Pauses outside `hours`. */
export function hoursRuling(hours: LendingHours | null, nowMs: number, localMinute: LocalMinute): Ruling {
  if (hours === null) return FREE
  const { fromMinute, toMinute } = hours
  const minute = localMinute(nowMs)
  const startMs = nowMs - (nowMs % MINUTE_MS)
  const nextMs = (at: number) => startMs + minutesUntil(minute, at) * MINUTE_MS
  if (isWithin(hours, minute)) return { ...FREE, untilMs: nextMs(toMinute) }
  return paused({ code: 'hours', nowMinute: minute, fromMinute, toMinute }, nextMs(fromMinute))
}

function isWithin({ fromMinute, toMinute }: LendingHours, minute: number): boolean {
  return fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute
}

/** 1 to a whole day: a boundary that is now comes again tomorrow. */
function minutesUntil(minute: number, at: number): number {
  return ((at - minute + DAY_MINUTES - 1) % DAY_MINUTES) + 1
}
