// What is signed and verified for one unit of a node with a history, by the product's own functions on a product of one number.
import { pendingDraws, verifyJobCertificate } from '#ledger/verify-job-certificate.ts'
import { signMessage, verifyMessage } from '#core/signed.ts'
import { signCheckpoint } from '#ledger/checkpoint.ts'
import { SIGHTING_TYPE } from '#verify/reveal.ts'
import { AUDIT_TASK_TYPE, isAuditTask, isReportOf, signAuditReport } from '#verify/audit.ts'
import { closeId } from '#verify/close.ts'
import { verifyClose, verifyCommitment, verifyEvidence, verifyLease } from '#verify/commit.ts'
import { ClaimedProgress, signProgress } from '#verify/progress.ts'
import { Transcript } from '#core/transcript.ts'
import { digestOf } from '#core/digest.ts'
import { unitId } from '#work/unit.ts'
import { type CertifiedJob, certifyMatmul } from '../../test/support/certified-job.ts'

/** Milliseconds of signing and verifying. */
export type SignatureTimes = {
  /** A unit's: lease, commitment, close, reveal, sighting, certificate, and the log's checkpoint; signed, and verified by node and coordinator. */
  readonly unit: number
  /** An audit's task and report. */
  readonly audit: number
  /** One piece of a stream: signed by the node, verified by coordinator and requester. */
  readonly piece: number
  /** The requester's check of the whole certificate. */
  readonly certificate: number
}

/** Rounds before those that count: by then every key has come often enough to be kept. */
const WARM_UP = 8

/** Makes and checks them all, each time that it is called. */
export async function openSignatures(): Promise<() => Promise<SignatureTimes>> {
  const job = await certifyMatmul('bench/signatures', { m: 1, k: 1, n: 1, replication: 1 })
  for (let round = 0; round < WARM_UP; round++) await oneRound(job)
  return () => oneRound(job)
}

async function oneRound({ certificate, network }: CertifiedJob): Promise<SignatureTimes> {
  const authority = { network: network.context.network, coordinator: network.coordinator.publicKey }
  const [unit] = certificate.units
  const [replica] = unit?.body.replicas ?? []
  const [node] = network.nodes
  if (unit === undefined || replica === undefined || node === undefined) throw new Error('No unit was certified.')
  const { lease, commitment, close, reveal, sighting } = replica
  let startMs = performance.now()
  const lap = () => {
    const ms = performance.now() - startMs
    startMs = performance.now()
    return ms
  }
  for (const { type, body } of [lease, close, unit]) await signMessage(network.coordinator, type, network.context, body)
  for (const { type, body } of [commitment, reveal, sighting]) await signMessage(node, type, network.context, body)
  await signCheckpoint(network.coordinator, authority.network, network.context.checkpoint)
  const verdicts = [
    verifyLease(lease, authority),
    verifyCommitment(commitment, lease, authority),
    verifyClose({ lease, commitment, close }, authority),
    verifyEvidence(replica, authority),
  ]
  const isSighting = verifyMessage(sighting, SIGHTING_TYPE, authority.network)
  if (!isSighting || !verdicts.every(({ ok }) => ok)) throw new Error('The evidence of a unit does not hold.')
  const signed = lap()
  const { body } = unit
  const task = await signMessage(network.coordinator, AUDIT_TASK_TYPE, network.context, {
    unit: unitId(body.unit),
    job: body.job,
    admissionLeaf: body.admissionLeaf,
    close: closeId(close),
    root: body.root,
    auditor: node.publicKey,
    rosterRoot: body.root,
    epoch: body.epoch,
    deadlineMs: 1,
  })
  const report = await signAuditReport(node, network.context, task, digestOf('bench', 'seed'), null)
  if (!isAuditTask(task, authority) || !isReportOf(report, task)) throw new Error('An audit report does not hold.')
  const audit = lap()
  const said = new Transcript()
  const piece = await signProgress(node, network.context, { lease, said, bytes: new Uint8Array(80) })
  for (const who of ['coordinator', 'requester'])
    if (!new ClaimedProgress(lease, authority, 1024).take(piece).ok) throw new Error(`The ${who} refuses a piece.`)
  const streamed = lap()
  if (pendingDraws(certificate).length !== 1 || !(await verifyJobCertificate(certificate)).ok)
    throw new Error('The certificate does not hold.')
  return { unit: signed, audit, piece: streamed, certificate: lap() }
}
