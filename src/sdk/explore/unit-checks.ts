// Every check of one unit's certificate, one after the other: what it says by itself, and what the log, the rosters and the revealed
// secrets say of it. A job's certificate holds all that in one file; here the pieces come from the coordinator, each with its proof.
import type { Digest } from '#core/digest.ts'
import { priceAtto } from '#ledger/price.ts'
import type { LogEntry } from '#ledger/entry.ts'
import type { LoggedEntry, LoggedRoster } from '#ledger/job-certificate.ts'
import { paidUnder } from '#ledger/payments.ts'
import { drawsOutcomes, pendingDraws, rosterPlaces } from '#ledger/verify-job-certificate.ts'
import { type Certificate, certificateId } from '#verify/certificate.ts'
import { rosterSchema } from '#verify/roster.ts'
import { type Outcome, outcome } from '#verify/verdict.ts'
import { splitOf } from '#verify/splits.ts'
import { certificateOutcomes, kindOrReason } from '#verify/verify-certificate.ts'
import * as v from 'valibot'
import { fetchBeacons } from '#sdk/beacons.ts'
import { EntryUnprovenError, type LogReader } from './log-reader.ts'
import { type UnitName, isNamed } from './unit-lookup.ts'

/** A certificate and where its receipt should be. */
export type CheckedUnit = {
  readonly name: UnitName
  readonly certificate: Certificate
  readonly receipt: number | null
}

const rosterAnswerSchema = v.object({ nodes: rosterSchema })

/** The checks in order, up to and including the first that fails. `onPending` hears of draw epochs whose secrets are not revealed yet. */
export async function* unitOutcomes(
  log: LogReader,
  unit: CheckedUnit,
  onPending: (epochs: readonly number[]) => void,
): AsyncGenerator<Outcome> {
  for await (const each of allOutcomes(log, unit, onPending)) {
    yield each
    if (each.reason !== undefined) return
  }
}

async function* allOutcomes(
  log: LogReader,
  { name, certificate, receipt }: CheckedUnit,
  onPending: (epochs: readonly number[]) => void,
): AsyncGenerator<Outcome> {
  const { network, genesis, note } = await log.info()
  const authority = { network, coordinator: genesis.coordinator }
  yield outcome('form', isNamed(certificate, name), `What was handed out is not the ${name.by} ${name.id}.`)
  yield outcome('network', certificate.network === network, `The certificate is of network ${certificate.network}.`)
  yield* certificateOutcomes(certificate, authority)
  yield outcome('checkpoint', true, '')
  yield* receiptOutcomes(log, certificate, receipt)
  const beacons = await fetchBeacons(log.http, pendingDraws({ units: [certificate] }))
  onPending(pendingDraws({ units: [certificate] }, beacons))
  const rosters = await orUnproven(fetchRosters(log, certificate))
  if ('unproven' in rosters) return yield outcome('draw', false, rosters.unproven)
  yield* drawsOutcomes({ units: [certificate], rosters, checkpoint: note }, authority, beacons)
}

/** What `promise` gives, or why an entry that it rests on is not proven. */
async function orUnproven<T extends object>(promise: Promise<T>): Promise<T | { readonly unproven: string }> {
  try {
    return await promise
  } catch (error) {
    if (error instanceof EntryUnprovenError) return { unproven: error.message }
    throw error
  }
}

/** The log holds the job's admission and, after it, a receipt that names this certificate and pays its price. */
async function* receiptOutcomes(
  log: LogReader,
  certificate: Certificate,
  receipt: number | null,
): AsyncGenerator<Outcome> {
  const { admissionLeaf, price, unit, replicas } = certificate.body
  const admission = await orUnproven(log.entry(admissionLeaf))
  if ('unproven' in admission) return yield outcome('admission', false, admission.unproven)
  const isAdmission = admission.entry.type === 'admission'
  yield outcome('admission', isAdmission, `Entry ${admissionLeaf} of the log is no admission of a job.`)
  if (receipt === null) return yield outcome('receipt', false, 'The coordinator names no receipt for the certificate.')
  const logged = await orUnproven(log.entry(receipt))
  if ('unproven' in logged) return yield outcome('receipt', false, logged.unproven)
  const { entry } = logged
  if (entry.type !== 'receipt') return yield outcome('receipt', false, `Entry ${receipt} of the log is no receipt.`)
  const isOf = entry.certificate === certificateId(certificate) && entry.admissionLeaf === admissionLeaf
  yield outcome('receipt', isOf && receipt > admissionLeaf, `Receipt ${receipt} is not that of this certificate.`)
  const paid = entry.payments.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  yield outcome('price', paid === BigInt(price), `The receipt pays ${paid}; the certificate says ${price}.`)
  const kind = kindOrReason(unit)
  const share = typeof kind === 'string' ? 0n : priceAtto(kind.operations(unit), 1)
  const isListed = share > 0n && BigInt(price) % share === 0n
  yield outcome('price', isListed, `The price ${price} is not a multiple of the listed ${share}.`)
  for (const { lease } of replicas) {
    const { node } = lease.body
    const isPaid = paidUnder(entry.payments, node, splitOf(certificate.body, node)) !== null
    yield outcome('price', isPaid, `Node ${lease.body.node} was not paid once.`)
  }
}

/** The rosters that the certificate names, and their entries where it says that they are. */
async function fetchRosters(log: LogReader, { body }: Certificate): Promise<LoggedRoster[]> {
  const rosters = new Map<Digest, LoggedRoster>()
  for (const { rosterRoot, rosterLeaf } of rosterPlaces(body)) {
    if (rosters.has(rosterRoot)) continue
    const { nodes } = await log.http.json(`/api/v1/rosters/${rosterRoot}`, rosterAnswerSchema)
    rosters.set(rosterRoot, { ...rosterEntry(await log.entry(rosterLeaf)), nodes })
  }
  return [...rosters.values()]
}

function rosterEntry(logged: LoggedEntry<LogEntry>): Omit<LoggedRoster, 'nodes'> {
  const { index, entry, path } = logged
  if (entry.type !== 'roster') throw new EntryUnprovenError(index, 'it is not the roster that the draw names.')
  return { index, entry, path }
}
