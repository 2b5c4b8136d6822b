// Delegations in certificates: a device credential must have vouched for the replica's session key while the lease ran, and its payee
// must be among those who were paid.
import type { PublicKey } from '#core/ed25519.ts'
import { signMessage } from '#core/signed.ts'
import { createSoftwareCredential } from '#identity/authenticator.fixture.ts'
import { type Delegation, MAX_LIFETIME_MS, delegate } from '#identity/delegation.ts'
import type { Payment } from '#ledger/entry.ts'
import type { JobCertificate } from '#ledger/job-certificate.ts'
import { verifyJobCertificate } from '#ledger/verify-job-certificate.ts'
import { CERTIFICATE_TYPE, type Certificate } from '#verify/certificate.ts'
import type { Verdict } from '#verify/verdict.ts'
import { verifyCertificate } from '#verify/verify-certificate.ts'
import { MAX_LEASE_MS } from '#work/lease.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CertifiedJob, certifyMatmul, honestPayments, logJob } from '../support/certified-job.ts'

let job: CertifiedJob
let deadlineMs: number
beforeAll(async () => {
  job = await certifyMatmul('delegation', { m: 3, k: 4, n: 5 })
  deadlineMs = unitOf(job.certificate).body.replicas[0]?.lease.body.deadlineMs ?? 0
})

describe('delegation in a certificate', () => {
  test('default: one that was alive during the lease', async () => {
    const verdict = await verdictWith(await delegationAt(deadlineMs - 3_600_000))
    expect(verdict).toMatchObject({ ok: true })
    expect(verdict.checks.find(({ check }) => check === 'delegation')?.count).toBe(1)
  })

  test('limit: expired an hour before the deadline refused, later accepted', async () => {
    const expiresMs = deadlineMs - MAX_LEASE_MS
    const issuedMs = expiresMs - MAX_LIFETIME_MS.contribute
    expect(await verdictWith(await delegationAt(issuedMs))).toMatchObject({ ok: false, check: 'delegation' })
    expect(await verdictWith(await delegationAt(issuedMs + 1))).toMatchObject({ ok: true })
  })

  test('error: issued after the lease had ended', async () => {
    expect(await verdictWith(await delegationAt(deadlineMs + 3_600_000))).toMatchObject({ check: 'delegation' })
  })

  test('error: for another session key, another network, or with a changed assertion', async () => {
    const issuedMs = deadlineMs - 3_600_000
    const [, other] = job.network.nodes
    expect(await verdictWith(await delegationAt(issuedMs, { sessionKey: other?.publicKey }))).toMatchObject({
      check: 'delegation',
    })
    const delegation = await delegationAt(issuedMs)
    const network = unitOf(job.certificate).body.root
    for (const changed of [
      { ...delegation, body: { ...delegation.body, network } },
      { ...delegation, body: { ...delegation.body, payee: job.network.requester.publicKey } },
      { ...delegation, body: { ...delegation.body, expiresMs: delegation.body.expiresMs - 1 } },
      {
        ...delegation,
        assertion: { ...delegation.assertion, signature: `${delegation.assertion.signature.slice(0, -4)}AAAA` },
      },
    ])
      expect(await verdictWith(changed)).toMatchObject({ ok: false, check: 'delegation' })
  })

  test('error: price, when the payee of a delegation was not paid', async () => {
    const payee = job.network.requester.publicKey
    const unit = await certificateWith(await delegationAt(deadlineMs - 3_600_000, { payee }))
    const { job: signed, result } = job.certificate
    const paymentsOf = (certificate: Certificate): Payment[] =>
      honestPayments(certificate).map(({ node, amount }) => ({ node, account: node, amount }))
    const toNodes = await logJob(job.network, signed, [unit], result, { paymentsOf })
    expect(await verifyJobCertificate(toNodes)).toMatchObject({ ok: false, check: 'price' })
    const toPayee = await logJob(job.network, signed, [unit], result)
    expect(await verifyJobCertificate(toPayee)).toMatchObject({ ok: true })
  })
})

function unitOf({ units }: JobCertificate): Certificate {
  const [unit] = units
  if (unit === undefined) throw new Error('no unit')
  return unit
}

async function delegationAt(
  issuedMs: number,
  { sessionKey, payee }: { sessionKey?: PublicKey | undefined; payee?: PublicKey } = {},
): Promise<Delegation> {
  const [node] = job.network.nodes
  if (node === undefined) throw new Error('no node')
  const request = {
    context: job.network.context,
    sessionKey: sessionKey ?? node.publicKey,
    ...(payee === undefined ? {} : { payee }),
    rpId: 'localhost',
    origin: 'http://localhost:4747',
  }
  const device = await createSoftwareCredential({ rpId: request.rpId, origin: request.origin })
  return delegate(device, request, issuedMs, job.network.random)
}

async function certificateWith(delegation: Delegation): Promise<Certificate> {
  const { body } = unitOf(job.certificate)
  const replicas = body.replicas.map((replica, at) => (at === 0 ? Object.assign({}, replica, { delegation }) : replica))
  return signMessage(job.network.coordinator, CERTIFICATE_TYPE, job.network.context, { ...body, replicas })
}

async function verdictWith(delegation: Delegation): Promise<Verdict> {
  const { coordinator, context } = job.network
  const authority = { network: context.network, coordinator: coordinator.publicKey }
  return verifyCertificate(await certificateWith(delegation), authority)
}
