// The record of a dispute: the close under which replicas differed, the first part in which they do, what each gave there, what the
// reference computes, and what a third node signed. The faults that follow from it are documents of their own.
import { encodeCanonicalJson } from '#core/canonical-json.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import type { Unit } from '#work/unit.ts'
import type { Arbitration, Statement } from './arbitration.ts'
import { type Close, closeId } from './close.ts'
import type { Group } from './quorum.ts'

/** Format of the text form. */
const DISPUTE_FORMAT = 'commonwatt/dispute/v1'

/** A settled dispute. `third` is null when no unrelated node was free or answered in time. */
export type DisputeRecord = {
  readonly format: typeof DISPUTE_FORMAT
  readonly unit: Unit
  readonly close: Close
  readonly part: number
  readonly groups: readonly Group[]
  readonly expected: Digest
  readonly third: { readonly task: Arbitration; readonly statement: Statement } | null
}

/** The record of a dispute. */
export function makeDispute(dispute: Omit<DisputeRecord, 'format'>): DisputeRecord {
  return { format: DISPUTE_FORMAT, ...dispute }
}

/** Identity of a dispute: there is one for a close and a part. */
export function disputeId({ close, part }: Pick<DisputeRecord, 'close' | 'part'>): Digest {
  return digestOf('dispute', { close: closeId(close), part })
}

/** The canonical text of a record. */
export function encodeDispute(record: DisputeRecord): Uint8Array<ArrayBuffer> {
  return encodeCanonicalJson(record)
}
