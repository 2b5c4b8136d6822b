// Trust: how often a device's results are audited, by what independent checks found before. BOINC's adaptive replication is the anchor:
// ten valid results in a row, then an audit rate that falls with the history to a floor; one fault and it begins anew. All integers.
import { ALWAYS_PPM } from './roster.ts'

/** Results in a row that independent checks found valid. Only audits and checkers that the device could not choose or recognise count. */
export type Trust = { readonly streak: number }

/** A device nobody has checked yet. */
export const NO_TRUST: Trust = { streak: 0 }

/** Valid results in a row before a result of this device may go unchecked (BOINC's `consecutive_valid` threshold). */
export const MATURE_AFTER = 10

/** What an operator may set of the audit rate. */
export type AuditPolicy = {
  /** Rate that no history goes below, in parts per million. */
  readonly floorPpm: number
  /** Share of the network that is assumed to collude, in parts per million: an audit by one of those finds nothing. */
  readonly colludingPpm: number
}

/** One result in twenty, a fifth of the network against us. */
export const DEFAULT_AUDIT_POLICY: AuditPolicy = { floorPpm: 50_000, colludingPpm: 200_000 }

/** What is at stake, in atto-credit: `stake` is pending and would be lost, `inFlight` is what the device could take by results not yet audited. */
export type Stakes = { readonly stake: bigint; readonly inFlight: bigint }

/** Trust after a check found a result valid. */
export function trustAfterValid({ streak }: Trust): Trust {
  return { streak: Math.min(streak + 1, Number.MAX_SAFE_INTEGER) }
}

/** Trust after a fault, proven or of a revealed result that nobody confirmed: none. */
export function trustAfterFault(): Trust {
  return NO_TRUST
}

/**
 * Chance of an audit of the device's next result in parts per million: the larger of what the history asks for (one in `streak`) and of what makes
 * cheating lose, 2v / ((S + v)(1 - f)) (shared economics), never below the floor.
 */
export function auditRate({ streak }: Trust, { stake, inFlight }: Stakes, policy = DEFAULT_AUDIT_POLICY): number {
  if (streak < MATURE_AFTER) return ALWAYS_PPM
  const byHistory = Math.floor(ALWAYS_PPM / streak)
  const honest = BigInt(ALWAYS_PPM - policy.colludingPpm)
  const atRisk = (stake + inFlight) * honest
  const byStake = atRisk === 0n ? BigInt(inFlight > 0n ? ALWAYS_PPM : 0) : (2n * inFlight * 10n ** 12n) / atRisk
  const wanted = Math.max(byHistory, policy.floorPpm, Number(byStake < 10n ** 6n ? byStake : 10n ** 6n))
  return Math.min(wanted, ALWAYS_PPM)
}
