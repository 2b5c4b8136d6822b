import { describe, expect, test } from 'vitest'
import { certifyMatmul } from '../support/certified-job.ts'
import { decodeJobCertificate, encodeJobCertificate } from '#ledger/job-certificate.ts'
import { resultLeaves, verifyJobCertificate, verifyResult } from '#ledger/verify-job-certificate.ts'

describe('job certificate', () => {
  test('default: a certified job verifies', async () => {
    const { certificate } = await certifyMatmul('default', { m: 300, k: 40, n: 20 })
    const verdict = await verifyJobCertificate(decodeJobCertificate(encodeJobCertificate(certificate)))
    expect(verdict).toMatchObject({ ok: true })
    expect(verifyResult(certificate, resultLeaves(certificate)).ok).toBe(true)
  })
})
