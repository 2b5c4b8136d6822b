// A fault that the log names, checked: the entry is in the log, names this document, and the document convicts this node.
import type { Digest } from '#core/digest.ts'
import { evidenceId } from '#verify/fault-evidence.ts'
import { MAX_FAULT_PROOF_BYTES } from '#verify/fault-proof.ts'
import { isLie } from '#sdk/coordinator-lie.ts'
import { FIRST_TRIES } from '#sdk/network.ts'
import { verifyFault } from '#sdk/verify-fault.ts'
import { EntryUnprovenError, type LogReader } from './log-reader.ts'

/** Which fault: the document's id, and its entry. */
export type NamedFault = { readonly fault: Digest; readonly logIndex: number }

/** Why the fault is not proven; empty when it is. */
export type FaultCheck = { readonly reason: string }

/** Checks `named`. Throws what fetching throws. */
export async function checkFault(log: LogReader, { fault, logIndex }: NamedFault): Promise<FaultCheck> {
  const { network, genesis } = await log.info()
  const bytes = await log.http.bytes(`/api/v1/faults/${fault}`, MAX_FAULT_PROOF_BYTES, { tries: FIRST_TRIES })
  try {
    const { entry } = await log.entry(logIndex)
    if (entry.type !== 'fault' || entry.proof !== fault) return { reason: `Entry ${logIndex} is not about this fault.` }
    const authority = { network, coordinator: genesis.coordinator }
    const { verdict, accused, proof } = await verifyFault(bytes, { ...authority, http: log.http })
    if (!verdict.ok) return { reason: verdict.reason }
    const isNamed = proof !== undefined && !isLie(proof) && evidenceId(proof) === fault
    if (!isNamed) return { reason: 'The document is not the one that the log names.' }
    return { reason: accused?.against === entry.node ? '' : 'The document is about another node.' }
  } catch (error) {
    if (error instanceof EntryUnprovenError) return { reason: error.message }
    throw error
  }
}
