// The rules of a consent in plain words, and the choices that are offered for them. Pure.
import { msg, str } from '@lit/localize'
import { formatPercent } from './format.ts'
import { type GuestRules, clockTime } from '#core/guest-rules.ts'

/** Battery floors in per cent that can be chosen; null is only while plugged in. */
export const BATTERY_FLOORS: readonly (number | null)[] = [null, 80, 50, 20]

/** What a choice of a battery floor means. */
export function batteryChoice(floor: number | null): string {
  return floor === null ? msg('Only while plugged in') : msg(str`Down to ${formatPercent(floor / 100)} charge`)
}

/** When it works, in one line for those who do not open the choices. */
export function rulesLine(rules: GuestRules): string {
  const { batteryFloorPercent: floor, isMeteredAllowed, isHiddenAllowed, hours } = rules
  const [at, power, link, tab] = [
    hours === null
      ? msg('at all hours')
      : msg(str`from ${clockTime(hours.fromMinute)} to ${clockTime(hours.toMinute)}`),
    floor === null ? msg('plugged in') : msg(str`on battery down to ${formatPercent(floor / 100)}`),
    isMeteredAllowed ? msg('on any link') : msg('not on metered links'),
    isHiddenAllowed ? msg('also in a hidden tab') : msg('while this tab is visible'),
  ]
  return msg(str`${at}, ${power}, ${link}, ${tab}`)
}

/** The minute of a day in the text of a time field, such as 08:30; undefined while it is being typed. */
export function minuteOf(text: string): number | undefined {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? []
  return hour === undefined || minute === undefined ? undefined : Number(hour) * 60 + Number(minute)
}
