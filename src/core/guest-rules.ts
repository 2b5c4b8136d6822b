// When a contributor lends: battery, metered links, hidden tabs, hours of the day. Chosen on the page, part of the signed consent,
// enforced in the worker. Whole numbers only, because they are signed.
import * as v from 'valibot'

/** Minutes in a day. */
export const DAY_MINUTES = 1440

/** Hours of the day, in minutes since local midnight. `from` after `to` spans midnight; they differ. */
export type LendingHours = { readonly fromMinute: number; readonly toMinute: number }

/** What a contributor allows besides the share of the device. */
export type GuestRules = {
  /** Battery charge below which nothing runs on battery, in per cent; null lends only while plugged in. */
  readonly batteryFloorPercent: number | null
  /** Whether to go on over a metered link, or when the browser is told to save data. */
  readonly isMeteredAllowed: boolean
  /** Whether to go on while the tab is hidden. */
  readonly isHiddenAllowed: boolean
  /** When to lend; null means at all hours. */
  readonly hours: LendingHours | null
}

/** What holds for whoever chose nothing: the considerate end of everything but the hours. */
export const DEFAULT_RULES: GuestRules = {
  batteryFloorPercent: null,
  isMeteredAllowed: false,
  isHiddenAllowed: false,
  hours: null,
}

const integerUpTo = (max: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(max))

/** Rules as they are stored and signed. */
export const guestRulesSchema: v.GenericSchema<unknown, GuestRules> = v.strictObject({
  batteryFloorPercent: v.nullable(integerUpTo(100)),
  isMeteredAllowed: v.boolean(),
  isHiddenAllowed: v.boolean(),
  hours: v.nullable(
    v.pipe(
      v.strictObject({ fromMinute: integerUpTo(DAY_MINUTES - 1), toMinute: integerUpTo(DAY_MINUTES - 1) }),
      v.check(({ fromMinute, toMinute }) => fromMinute !== toMinute, 'hours of which some are left out'),
    ),
  ),
})

/** `minute` of a day as 23:10. */
export function clockTime(minute: number): string {
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`
}
