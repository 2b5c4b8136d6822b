// All rules of the good guest put together: the share that may be used now, how long a burst may be, and in a sentence why not more.
import type { GuestRules } from '#core/guest-rules.ts'
import { batteryRuling } from './battery.ts'
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

/** What the worker may do now. */
export type Decision = {
  /** Share of the time that the device may be busy. */
  readonly share: number
  /** Longest burst; infinite where nobody is disturbed and all of the device is lent. */
  readonly burstMs: number
  /** Why nothing runs and when it goes on, as sentences; null when it may run. */
  readonly pause: string | null
  /** Why less runs than was allowed, as a sentence; empty when all of it does. */
  readonly easing: string
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
  const pauses = rulings.filter(({ factor }) => factor === 0)
  const easings = rulings.filter(({ factor }) => factor > 0 && factor < 1)
  const factor = easings.reduce((product, ruling) => product * ruling.factor, 1)
  const share = Math.min(gpuShare, Math.max(MIN_EASED_SHARE, gpuShare * factor))
  return {
    share,
    burstMs: signals?.isVisible === true ? VISIBLE_BURST_MS : share < 1 ? BURST_MS : Infinity,
    pause: pauses.length === 0 ? null : pauseWords(pauses),
    easing: easings.length === 0 ? '' : easingWords(share, easings),
    untilMs: earliest(rulings),
  }
}

function signalRulings(rules: GuestRules, signals: GuestSignals): Ruling[] {
  return [batteryRuling(rules, signals), meteredRuling(rules, signals), hiddenRuling(rules, signals)]
}

/** One reason says how it ends; of several each has to end, and only that is promised. */
function pauseWords(pauses: readonly Ruling[]): string {
  const [first] = pauses
  if (pauses.length === 1 && first !== undefined) return sentence(`${first.says}; ${first.goesOn}`)
  return `${sentence(pauses.map(({ says }) => says).join(', and '))} It goes on when none of this holds any more.`
}

function easingWords(share: number, easings: readonly Ruling[]): string {
  return `Eases off to ${Math.round(share * 100)} % of your device: ${easings.map(({ says }) => says).join(', and ')}.`
}

function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`
}

function earliest(rulings: readonly Ruling[]): number | null {
  const times = rulings.flatMap(({ untilMs }) => (untilMs === null ? [] : [untilMs]))
  return times.length === 0 ? null : Math.min(...times)
}
