// Why a device rests or eases off: codes with values, which a page says in its own language, and the English that everybody else is told.
import { clockTime } from '#core/guest-rules.ts'

/** A reason for which nothing runs. Times are minutes of the local day. */
export type PauseCause =
  | { readonly code: 'battery' }
  | { readonly code: 'battery-low'; readonly percent: number; readonly floorPercent: number }
  | { readonly code: 'hours'; readonly nowMinute: number; readonly fromMinute: number; readonly toMinute: number }
  | { readonly code: 'data-saved' }
  | { readonly code: 'mobile-link' }
  | { readonly code: 'hidden' }
  | { readonly code: 'overloaded' }
  | { readonly code: 'was-overloaded'; readonly seconds: number }

/** A reason for which less runs. */
export type EasingCause =
  | { readonly code: 'busy' }
  | { readonly code: 'input'; readonly seconds: number }
  | { readonly code: 'hot' }
  | { readonly code: 'frames' }

/** What holds a device back: reasons for which nothing runs, and reasons for which no more than `share` of it does. */
export type Held = {
  readonly pauses: readonly PauseCause[]
  readonly easings: readonly EasingCause[]
  readonly share: number
}

/** Nothing does. */
export const NOT_HELD: Held = { pauses: [], easings: [], share: 1 }

/** Why nothing runs and when it goes on, as sentences; undefined when it may run. */
export function pauseWords({ pauses }: Held): string | undefined {
  const [first] = pauses
  if (first === undefined) return undefined
  // One reason says how it ends; of several each has to end, and only that is promised.
  if (pauses.length === 1) return sentence(`${says(first)}; ${goesOn(first)}`)
  return `${sentence(pauses.map(says).join(', and '))} It goes on when none of this holds any more.`
}

/** Why less runs than was allowed, as a sentence; empty when all of it does. */
export function easingWords({ easings, share }: Held): string {
  if (easings.length === 0) return ''
  return `Eases off to ${Math.round(share * 100)} % of your device: ${easings.map(says).join(', and ')}.`
}

function says(cause: PauseCause | EasingCause): string {
  switch (cause.code) {
    case 'battery':
      return 'your device runs on battery'
    case 'battery-low':
      return `your battery is at ${cause.percent} % and you lend down to ${cause.floorPercent} %`
    case 'hours':
      return `it is ${clockTime(cause.nowMinute)} and you lend from ${clockTime(cause.fromMinute)} to ${clockTime(cause.toMinute)}`
    case 'data-saved':
      return 'your browser is told to save data'
    case 'mobile-link':
      return 'your link is a mobile one'
    case 'hidden':
      return 'this tab is hidden'
    case 'overloaded':
      return 'your device is overloaded'
    case 'was-overloaded':
      return 'your device was overloaded a moment ago'
    case 'busy':
      return 'your device is busy with other things'
    case 'input':
      return `you used this page less than ${cause.seconds} s ago`
    case 'hot':
      return 'your device got slower, as it does when it is hot'
    case 'frames':
      return 'this page did not draw smoothly'
  }
}

function goesOn(cause: PauseCause): string {
  switch (cause.code) {
    case 'battery':
    case 'battery-low':
      return 'it goes on when you plug it in'
    case 'hours':
      return `it goes on at ${clockTime(cause.fromMinute)}`
    case 'data-saved':
      return 'it goes on when data saving is off'
    case 'mobile-link':
      return 'it goes on when you are on another link'
    case 'hidden':
      return 'it goes on when you come back to it'
    case 'overloaded':
      return 'it goes on when the load falls'
    case 'was-overloaded':
      return `it goes on after ${cause.seconds} s of less load`
  }
}

function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`
}
