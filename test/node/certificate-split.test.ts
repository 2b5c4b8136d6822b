// Splits in certificates: a node's own word of what a site gets, held against what the log says was paid.
import { beforeAll, describe, expect, test } from 'vitest'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { signMessage } from '#core/signed.ts'
import { MAX_SPLIT_MS, type Split, type SplitBody, signSplit } from '#identity/split.ts'
import type { Payment } from '#ledger/entry.ts'
import type { JobCertificate } from '#ledger/job-certificate.ts'
import { decodeJobCertificate, encodeJobCertificate } from '#ledger/job-certificate.ts'
import { payNode } from '#ledger/payments.ts'
import { verifyJobCertificate } from '#ledger/verify-job-certificate.ts'
import { CERTIFICATE_TYPE, type Certificate } from '#verify/certificate.ts'
import { splitOf } from '#verify/splits.ts'
import type { Verdict } from '#verify/verdict.ts'
import { MAX_LEASE_MS } from '#work/lease.ts'
import { type CertifiedJob, certifyMatmul, honestPayments, logJob } from '../support/certified-job.ts'

const HOUR_MS = 3_600_000
let job: CertifiedJob
let deadlineMs: number
beforeAll(async () => {
  job = await certifyMatmul('split', { m: 3, k: 4, n: 5 })
  deadlineMs = unitOf(job.certificate).body.replicas[0]?.lease.body.deadlineMs ?? 0
})

describe('splits in a certificate', () => {
  test('default: a node parts its pay with a site, and the text of the certificate carries it', async () => {
    const certificate = await certificateWith([await splitBy(nodeAt(0))])
    const verdict = await verifyJobCertificate(decodeJobCertificate(encodeJobCertificate(certificate)))
    expect(verdict).toMatchObject({ ok: true })
    const [first, second, third] = certificate.receipts[0]?.entry.payments ?? []
    expect([first?.node, second?.node, third?.node]).toEqual([nodeAt(0), nodeAt(0), nodeAt(1)].map((n) => n.publicKey))
    expect(BigInt(first?.amount ?? 0) + BigInt(second?.amount ?? 0)).toBe(BigInt(third?.amount ?? 0))
    expect(second).toMatchObject({ account: site(), amount: ((BigInt(third?.amount ?? 0) * 20n) / 100n).toString() })
  })

  test('behaviour: both replicas may, each with a site of its own', async () => {
    const splits = [await splitBy(nodeAt(0)), await splitBy(nodeAt(1), { percent: 50, account: nodeAt(2).publicKey })]
    expect(await verifyJobCertificate(await certificateWith(splits))).toMatchObject({ ok: true })
  })

  test('error: split, when another signed it, when it was changed, twice, or for a node that did no work', async () => {
    const split = await splitBy(nodeAt(0))
    const wrong: Split[][] = [
      [{ ...split, signer: nodeAt(1).publicKey }],
      [{ ...split, body: { ...split.body, percent: 50 } }],
      [{ ...split, body: { ...split.body, account: nodeAt(2).publicKey } }],
      [split, split],
      [await splitBy(nodeAt(2))],
      [await splitBy(job.network.coordinator)],
      [await splitBy(nodeAt(0), { expiresMs: deadlineMs - HOUR_MS + MAX_SPLIT_MS + 1 })],
    ]
    for (const splits of wrong) expect(await verdictWith(splits)).toMatchObject({ ok: false, check: 'split' })
  })

  test('limit: ended an hour before the deadline refused, later accepted; issued after it refused', async () => {
    const lives = async (issuedMs: number, expiresMs: number) =>
      (await verdictWith([await splitBy(nodeAt(0), { issuedMs, expiresMs })])).ok
    expect(await lives(deadlineMs - 2 * HOUR_MS, deadlineMs - MAX_LEASE_MS)).toBe(false)
    expect(await lives(deadlineMs - 2 * HOUR_MS, deadlineMs - MAX_LEASE_MS + 1)).toBe(true)
    expect(await lives(deadlineMs, deadlineMs + 1)).toBe(true)
    expect(await lives(deadlineMs + 1, deadlineMs + 2)).toBe(false)
  })

  test('error: price, when the site was paid more, less, instead of the node, or somebody else was', async () => {
    const split = await splitBy(nodeAt(0))
    const thief = nodeAt(2).publicKey
    const changes: ((payments: Payment[]) => Payment[])[] = [
      ([own, part, ...rest]) =>
        [{ ...own, amount: part?.amount }, { ...part, amount: own?.amount }, ...rest] as Payment[],
      ([own, part, ...rest]) => [own, { ...part, account: thief }, ...rest] as Payment[],
      ([own, part, ...rest]) => [part, own, ...rest] as Payment[],
      ([own, part, ...rest]) =>
        [{ ...own, amount: (BigInt(own?.amount ?? 0) + BigInt(part?.amount ?? 0)).toString() }, ...rest] as Payment[],
    ]
    for (const change of changes) {
      const certificate = await certificateWith([split], (unit) => change(paymentsUnder(unit)))
      expect(await verifyJobCertificate(certificate)).toMatchObject({ ok: false, check: 'price' })
    }
  })

  test('error: price, when a site was paid and no node had said so', async () => {
    const split = await splitBy(nodeAt(0))
    const bySplit = (unit: Certificate) => paymentsUnder({ ...unit, body: { ...unit.body, splits: [split] } })
    expect(await verifyJobCertificate(await certificateWith([], bySplit))).toMatchObject({ ok: false, check: 'price' })
  })
})

const nodeAt = (at: number): Signer => job.network.nodes[at] as Signer
const site = (): PublicKey => job.network.requester.publicKey

function unitOf({ units }: JobCertificate): Certificate {
  const [unit] = units
  if (unit === undefined) throw new Error('no unit')
  return unit
}

function splitBy(signer: Signer, change: Partial<SplitBody> = {}): Promise<Split> {
  const issuedMs = deadlineMs - HOUR_MS
  const body = { account: site(), percent: 20, site: EMPTY_ROOT, issuedMs, expiresMs: issuedMs + HOUR_MS, ...change }
  return signSplit(signer, job.network.context, body)
}

function paymentsUnder(unit: Certificate): Payment[] {
  return honestPayments(unit).flatMap(({ node, account, amount }) =>
    payNode(node, account, BigInt(amount), splitOf(unit.body, node)),
  )
}

async function certificateWith(splits: readonly Split[], paymentsOf = paymentsUnder): Promise<JobCertificate> {
  const { job: signed, result } = job.certificate
  const { body } = unitOf(job.certificate)
  const { coordinator, context } = job.network
  const unit = await signMessage(coordinator, CERTIFICATE_TYPE, context, { ...body, splits })
  return logJob(job.network, signed, [unit], result, { paymentsOf })
}

async function verdictWith(splits: readonly Split[]): Promise<Verdict> {
  return verifyJobCertificate(await certificateWith(splits))
}
