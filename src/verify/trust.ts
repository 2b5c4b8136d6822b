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

/** Trust after a check found a result valid. */
export function trustAfterValid({ streak }: Trust): Trust {
  return { streak: Math.min(streak + 1, Number.MAX_SAFE_INTEGER) }
}

/** Trust after a fault, proven or of a revealed result that nobody confirmed: none. */
export function trustAfterFault(): Trust {
  return NO_TRUST
}

/** Chance of an audit by the history alone, in parts per million: certain without one, then one in `streak`, never below the floor. */
export function historyRate({ streak }: Trust, { floorPpm }: AuditPolicy = DEFAULT_AUDIT_POLICY): number {
  if (streak < MATURE_AFTER) return ALWAYS_PPM
  return Math.max(Math.floor(ALWAYS_PPM / streak), floorPpm)
}

/**
 * Chance of an audit that makes cheating lose, 2v / ((S + v)(1 - f)) in parts per million (shared economics): `stake` S is pending and would be lost,
 * `value` v is what the result earns, both in atto-credit.
 */
export function stakeRate(stake: bigint, value: bigint, { colludingPpm }: AuditPolicy = DEFAULT_AUDIT_POLICY): number {
  const atRisk = (stake + value) * BigInt(ALWAYS_PPM - colludingPpm)
  const rate = atRisk === 0n ? 0n : (2n * value * 10n ** 12n) / atRisk
  return rate < BigInt(ALWAYS_PPM) ? Number(rate) : ALWAYS_PPM
}
