// Offline verification of a unit's certificate: every signature and binding from the leases to the result's root. What it cannot show
// is that the result is right: recompute.ts does that, from the inputs.
import { partCount } from '#core/content.ts'
import type { Digest } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { merkleRoot } from '#core/merkle.ts'
import { verifyMessage } from '#core/signed.ts'
import { verifyDelegation } from '#identity/chain.ts'
import type { Delegation } from '#identity/delegation.ts'
import type { Kind } from '#work/kind.ts'
import { kindOf } from '#work/kinds.ts'
import { type Lease, MAX_LEASE_MS, leaseId } from '#work/lease.ts'
import { type Unit, unitId } from '#work/unit.ts'
import { CERTIFICATE_TYPE, type Certificate, type CertificateBody, type Replica } from './certificate.ts'
import { closeId } from './close.ts'
import { type Authority, evidenceOutcomes } from './commit.ts'
import { assuranceOf, transportOf } from './quorum.ts'
import { SIGHTING_TYPE } from './reveal.ts'
import { splitOutcomes } from './splits.ts'
import { auditFormOutcomes } from './verify-audit.ts'
import { drawFormOutcomes } from './verify-draw.ts'
import { type Outcome, type Verdict, outcome, verdictOfAsync } from './verdict.ts'

/** Checks everything that a unit's certificate says by itself. */
export function verifyCertificate(certificate: Certificate, authority: Authority): Promise<Verdict> {
  return verdictOfAsync(certificateOutcomes(certificate, authority))
}

/** The checks of {@link verifyCertificate}, one by one. */
export async function* certificateOutcomes(certificate: Certificate, authority: Authority): AsyncGenerator<Outcome> {
  const { body } = certificate
  const isSigned =
    certificate.signer === authority.coordinator && verifyMessage(certificate, CERTIFICATE_TYPE, authority.network)
  yield outcome('certificate-signature', isSigned, 'The certificate is not signed by the coordinator.')
  const kind = kindOrReason(body.unit)
  if (typeof kind === 'string') return yield outcome('unit', false, kind)
  yield outcome('unit', true, '')
  const parts = partCount(kind.resultLayout(body.unit))
  const hasRoot = body.leaves.length === parts && merkleRoot(body.leaves) === body.root
  yield outcome('root', hasRoot, `The ${body.leaves.length} leaves are not the ${parts} under root ${body.root}.`)
  yield replicasOutcome(body)
  const comparison = kind.comparison(body.unit)
  yield rootsOutcome(body, comparison)
  for (const replica of body.replicas) yield* replicaOutcomes(replica, body, authority)
  if (comparison === 'exact') for (const replica of body.replicas) yield sightingOutcome(replica, body.replicas)
  yield* drawFormOutcomes(body, authority)
  if (body.audit !== null) yield* auditFormOutcomes(body.audit, body, authority)
  yield* splitOutcomes(body, authority.network)
  yield assuranceOutcome(body, kind)
}

/** The kind of a unit that came from elsewhere, or why there is none that can compute it. */
export function kindOrReason(unit: Unit): Kind | string {
  try {
    const kind = kindOf(unit.kind, unit.version)
    kind.assertUnit(unit)
    return kind
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}

function replicasOutcome({ replicas }: CertificateBody): Outcome {
  const nodes = new Set(replicas.map(({ lease }) => lease.body.node))
  const leases = new Set(replicas.map(({ lease }) => leaseId(lease)))
  const isDistinct = nodes.size === replicas.length && leases.size === replicas.length
  return outcome('replicas', isDistinct, `The ${replicas.length} replicas are ${nodes.size} different nodes.`)
}

/** Replicas of an exact kind revealed the certified root, of a tolerant one at least the one whose bytes were taken did. */
function rootsOutcome({ replicas, root }: CertificateBody, comparison: 'exact' | 'tolerant'): Outcome {
  const agreeing = replicas.filter(({ reveal }) => reveal.body.root === root).length
  const holds = comparison === 'exact' ? agreeing === replicas.length : agreeing > 0
  return outcome('root', holds, `${agreeing} of ${replicas.length} replicas revealed root ${root}.`)
}

async function* replicaOutcomes(
  replica: Replica,
  body: CertificateBody,
  authority: Authority,
): AsyncGenerator<Outcome> {
  const { lease, sighting, reveal } = replica
  const { node } = lease.body
  const isOfUnit =
    lease.body.unit === unitId(body.unit) &&
    lease.body.job === body.job &&
    lease.body.admissionLeaf === body.admissionLeaf &&
    lease.body.attempt <= body.attempt
  yield outcome('lease', isOfUnit, `The lease of node ${node} is for another unit, job or attempt.`)
  yield* evidenceOutcomes(replica, authority)
  const isSighting =
    sighting.signer === node &&
    verifyMessage(sighting, SIGHTING_TYPE, authority.network) &&
    sighting.body.lease === reveal.body.lease &&
    sighting.body.close === reveal.body.close
  yield outcome('sighting', isSighting, `The sighting of node ${node} is not its own, or is about another close.`)
  if (replica.delegation !== null) yield await delegationOutcome(lease, replica.delegation, authority.network)
}

/** A replica that shared a close with another and saw it must have found it to agree; one that it could not reach is `missing`. */
function sightingOutcome(replica: Replica, replicas: readonly Replica[]): Outcome {
  for (const other of replicas) {
    const { node } = other.lease.body
    if (other === replica || closeId(other.close) !== closeId(replica.close)) continue
    const seen = replica.sighting.body.seen.filter((one) => one.node === node)
    const [only] = seen
    const holds =
      seen.length === 1 &&
      only !== undefined &&
      (only.verdict === 'missing'
        ? only.root === null
        : only.verdict === 'agrees' && only.root === other.reveal.body.root && only.transport !== null)
    if (!holds)
      return outcome('sighting', false, `Node ${replica.lease.body.node} did not find that node ${node} agrees.`)
  }
  return outcome('sighting', true, '')
}

function assuranceOutcome(body: CertificateBody, kind: Kind): Outcome {
  const method = body.audit === null ? null : kind.auditPlan(body.unit).method
  const assurance = assuranceOf(kind.comparison(body.unit), body.replicas.length, method)
  if (body.assurance !== assurance)
    return outcome('assurance', false, `The certificate claims ${body.assurance}; the evidence is ${assurance}.`)
  const transport = transportOf(body.replicas)
  return outcome(
    'assurance',
    body.transport === transport,
    `The certificate claims ${body.transport} transport; the sightings say ${transport}.`,
  )
}

/** A delegation must have been alive during the lease. Its relying party is for the reader to judge: it is the coordinator's own page. */
async function delegationOutcome(lease: Lease, delegation: Delegation, network: Digest): Promise<Outcome> {
  const { node, deadlineMs } = lease.body
  const { rpId, origin, expiresMs } = delegation.body
  if (deadlineMs - MAX_LEASE_MS >= expiresMs)
    return outcome('delegation', false, `The delegation of node ${node} had expired when it was leased the unit.`)
  const policy = { network, rpId, origins: [origin], topOrigins: 'any' } as const
  const verdict = await verifyDelegation(delegation, node, policy, Math.min(deadlineMs, expiresMs - 1))
  return outcome('delegation', verdict.ok, verdict.ok ? '' : verdict.reason)
}
