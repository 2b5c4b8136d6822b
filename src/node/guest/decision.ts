// All rules of the good guest put together: the share that may be used now, how long a burst may be, and why not more.
import type { GuestRules } from '#core/guest-rules.ts'
import { batteryRuling } from './battery.ts'
import type { Held } from './cause.ts'
import { hiddenRuling } from './hidden.ts'
import { type LocalMinute, hoursRuling } from './hours.ts'
import { inputRuling } from './input.ts'
import { meteredRuling } from './metered.ts'
import { pressureRuling } from './pressure.ts'
import type { Ruling } from './ruling.ts'
import type { GuestSignals } from './signals.ts'

/** Longest burst while a person sees the page: half a frame at 60 Hz. */
export const VISIBLE_BURST_MS = 8

/** Longest burst otherwise: short enough to stop soon, long enough that sending operands again costs little. */
export const BURST_MS = 60

/** Least share that easing off leaves: below it a unit would outlive its lease. */
export const MIN_EASED_SHARE = 0.05

/** What the worker may do now, `share` being the share of the time that the device may be busy, and why not more. */
export type Decision = Held & {
  /** Longest burst; infinite where nobody is disturbed and all of the device is lent. */
  readonly burstMs: number
  /** When to decide again even if nothing happens. */
  readonly untilMs: number | null
}

/** What a decision is made of. Signals are null where there is no page, as in a Node process. */
export type DecisionInputs = {
  readonly gpuShare: number
  readonly rules: GuestRules
  readonly signals: GuestSignals | null
  /** When critical pressure last ended, 0 if never. */
  readonly criticalMs: number
  /** What was learned by watching: heat and frames. */
  readonly watched: readonly Ruling[]
  readonly nowMs: number
  readonly localMinute: LocalMinute
}

/** Asks every rule. */
export function decide(inputs: DecisionInputs): Decision {
  const { gpuShare, rules, signals, criticalMs, watched, nowMs, localMinute } = inputs
  const rulings = [
    hoursRuling(rules.hours, nowMs, localMinute),
    ...(signals === null
      ? []
      : [
          ...signalRulings(rules, signals),
          pressureRuling(signals, criticalMs, nowMs),
          inputRuling(signals, nowMs),
          ...watched,
        ]),
  ]
  // A pause is not a share: what is left under the easings is told beside it.
  const factor = rulings.reduce((product, { factor }) => (factor === 0 ? product : product * factor), 1)
  const share = Math.min(gpuShare, Math.max(MIN_EASED_SHARE, gpuShare * factor))
  return {
    share,
    burstMs: signals?.isVisible === true ? VISIBLE_BURST_MS : share < 1 ? BURST_MS : Infinity,
    pauses: rulings.flatMap(({ pause }) => pause ?? []),
    easings: rulings.flatMap(({ easing }) => easing ?? []),
    untilMs: earliest(rulings),
  }
}

function signalRulings(rules: GuestRules, signals: GuestSignals): Ruling[] {
  return [batteryRuling(rules, signals), meteredRuling(rules, signals), hiddenRuling(rules, signals)]
}

function earliest(rulings: readonly Ruling[]): number | null {
  const times = rulings.flatMap(({ untilMs }) => (untilMs === null ? [] : [untilMs]))
  return times.length === 0 ? null : Math.min(...times)
}
