// The rules of a consent in plain words, and the choices that are offered for them. Pure.
import { type GuestRules, clockTime } from '#core/guest-rules.ts'

/** Battery floors that can be chosen, with what they mean; null is only while plugged in. */
export const BATTERY_CHOICES: readonly { readonly floor: number | null; readonly words: string }[] = [
  { floor: null, words: 'Only while plugged in' },
  { floor: 80, words: 'Down to 80 % charge' },
  { floor: 50, words: 'Down to 50 % charge' },
  { floor: 20, words: 'Down to 20 % charge' },
]

/** When it works, in one line for those who do not open the choices. */
export function rulesLine(rules: GuestRules): string {
  const { batteryFloorPercent: floor, isMeteredAllowed, isHiddenAllowed, hours } = rules
  return [
    hours === null ? 'at all hours' : `from ${clockTime(hours.fromMinute)} to ${clockTime(hours.toMinute)}`,
    floor === null ? 'plugged in' : `on battery down to ${floor} %`,
    isMeteredAllowed ? 'on any link' : 'not on metered links',
    isHiddenAllowed ? 'also in a hidden tab' : 'while this tab is visible',
  ].join(', ')
}

/** The minute of a day in the text of a time field, such as 08:30; undefined while it is being typed. */
export function minuteOf(text: string): number | undefined {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? []
  return hour === undefined || minute === undefined ? undefined : Number(hour) * 60 + Number(minute)
}
