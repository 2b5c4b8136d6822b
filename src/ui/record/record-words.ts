// What the record's numbers are called: the scales of its charts, its goal.
import { msg, str } from '@lit/localize'
import { formatClock, formatCount, formatCredits, formatDayOfYear, formatNumber } from '#ui/format.ts'
import type { Goal, Progress } from './goal.ts'
import type { Span } from './series.ts'

/** How a chart's numbers are written: what they are divided by, and what they then are. */
export type Scale = { readonly divisor: number; readonly unit: string }

/** A place on the time axis of `span`: "14:05", or "Nov 29". */
export function timeWords(span: Span, atMs: number): string {
  return span === 'month' ? formatDayOfYear(atMs) : formatClock(atMs)
}

/** What rates up to `maxMops` are written in. */
export function rateScale(maxMops: number): Scale {
  if (maxMops < 1000) return { divisor: 1, unit: 'Mop/s' }
  return maxMops < 1_000_000 ? { divisor: 1000, unit: 'Gop/s' } : { divisor: 1_000_000, unit: 'Top/s' }
}

/** What credit up to `maxCredits` is written in. */
export function creditScale(maxCredits: number): Scale {
  if (maxCredits === 0 || maxCredits >= 0.1) return { divisor: 1, unit: msg('credits') }
  if (maxCredits >= 0.0001) return { divisor: 0.001, unit: msg('thousandths of a credit') }
  return { divisor: 0.000001, unit: msg('millionths of a credit') }
}

/** Atto-credit as a number of credits, for drawing only. */
export function drawnCredits(amountAtto: bigint): number {
  return Number(amountAtto) / 1e18
}

/** "12 of 50 units today". */
export function goalWords(goal: Goal, { done }: Progress): string {
  const isDay = goal.per === 'day'
  if (goal.of === 'units') {
    const [units, target] = [formatCount(done.units), formatCount(goal.target)]
    return isDay ? msg(str`${units} of ${target} units today`) : msg(str`${units} of ${target} units this week`)
  }
  const [credits, target] = [formatCredits(done.credited), formatNumber(goal.target, 12)]
  return isDay ? msg(str`${credits} of ${target} credits today`) : msg(str`${credits} of ${target} credits this week`)
}
