// Why a device rests or eases off, in the page's language: the node sends codes with values, and here they become sentences.
import { msg, str } from '@lit/localize'
import { clockTime } from '#core/guest-rules.ts'
import type { EasingCause, Held, PauseCause } from '#node/guest/cause.ts'
import { formatPercent } from './format.ts'
import { language } from './languages/language.ts'

/** Why nothing runs and when it goes on; empty when it may run. */
export function restWords({ pauses }: Held): string {
  const [first] = pauses
  if (first === undefined) return ''
  if (pauses.length === 1) return capital(msg(str`${pauseClause(first)}; ${endClause(first)}.`))
  const because = joined(pauses.map(pauseClause))
  const between = language() === 'zh-Hans' ? '' : ' '
  return `${capital(msg(str`${because}.`))}${between}${msg('It goes on when none of this holds any more.')}`
}

/** Why less runs than was allowed; empty when all of it does. */
export function easingWords({ easings, share }: Held): string {
  if (easings.length === 0) return ''
  return msg(str`Eases off to ${formatPercent(share)} of your device: ${joined(easings.map(easingClause))}.`)
}

function pauseClause(cause: PauseCause): string {
  switch (cause.code) {
    case 'battery':
      return msg('your device runs on battery')
    case 'battery-low':
      return batteryClause(cause.percent, cause.floorPercent)
    case 'hours':
      return hoursClause(clockTime(cause.nowMinute), clockTime(cause.fromMinute), clockTime(cause.toMinute))
    case 'data-saved':
      return msg('your browser is told to save data')
    case 'mobile-link':
      return msg('your link is a mobile one')
    case 'hidden':
      return msg('this tab is hidden')
    case 'overloaded':
      return msg('your device is overloaded')
    case 'was-overloaded':
      return msg('your device was overloaded a moment ago')
  }
}

function endClause(cause: PauseCause): string {
  switch (cause.code) {
    case 'battery':
    case 'battery-low':
      return msg('it goes on when you plug it in')
    case 'hours':
      return endsAt(clockTime(cause.fromMinute))
    case 'data-saved':
      return msg('it goes on when data saving is off')
    case 'mobile-link':
      return msg('it goes on when you are on another link')
    case 'hidden':
      return msg('it goes on when you come back to it')
    case 'overloaded':
      return msg('it goes on when the load falls')
    case 'was-overloaded':
      return endsAfter(cause.seconds)
  }
}

function easingClause(cause: EasingCause): string {
  switch (cause.code) {
    case 'busy':
      return msg('your device is busy with other things')
    case 'input':
      return inputClause(cause.seconds)
    case 'hot':
      return msg('your device got slower, as it does when it is hot')
    case 'frames':
      return msg('this page did not draw smoothly')
  }
}

function batteryClause(percent: number, floorPercent: number): string {
  const [at, floor] = [formatPercent(percent / 100), formatPercent(floorPercent / 100)]
  return msg(str`your battery is at ${at} and you lend down to ${floor}`)
}

function hoursClause(now: string, from: string, to: string): string {
  return msg(str`it is ${now} and you lend from ${from} to ${to}`)
}

function endsAt(at: string): string {
  return msg(str`it goes on at ${at}`)
}

function endsAfter(seconds: number): string {
  return msg(str`it goes on after ${seconds} s of less load`)
}

function inputClause(seconds: number): string {
  return msg(str`you used this page less than ${seconds} s ago`)
}

function joined(clauses: readonly string[]): string {
  return clauses.reduce((one, other) => msg(str`${one}, and ${other}`))
}

function capital(sentence: string): string {
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`
}
