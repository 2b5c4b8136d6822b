// What a requester checks besides a certificate: the result's bytes, the inputs', everything computed again, and where a change is named.
import { encodeJobCertificate } from '#ledger/job-certificate.ts'
import { type ContentSource, verifyCertificate } from '#sdk/index.ts'
import { MissingContentError } from '#sdk/part-source.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CertifiedJob, certifyMatmul } from '../support/certified-job.ts'

let job: CertifiedJob
let bytes: Uint8Array<ArrayBuffer>
beforeAll(async () => {
  job = await certifyMatmul('sdk verify', { m: 300, k: 20, n: 270 })
  bytes = encodeJobCertificate(job.certificate)
})

describe('verifyCertificate', () => {
  test('default: certificate, result, inputs and a recomputation, each counted', async () => {
    const progress: string[] = []
    const { verdict, certificate } = await verifyCertificate(bytes, {
      result: sourceOf(job.certificate.result.layout, job.result),
      inputs: job.inputs.map(({ ref, parts }) => sourceOf(ref.layout, parts)),
      recompute: true,
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    })
    expect(verdict.ok).toBe(true)
    expect(certificate).toEqual(job.certificate)
    expect(verdict.checks.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['form', 'replicas', 'receipt', 'bytes', 'input', 'possession', 'recompute']),
    )
    expect(progress).toEqual(['1/4', '2/4', '3/4', '4/4'])
  })

  test('error: a certificate that is no certificate fails "form"', async () => {
    expect(await verifyCertificate(new Uint8Array(9))).toMatchObject({
      verdict: { ok: false, check: 'form' },
      certificate: undefined,
    })
    const spaced = Uint8Array.from([...bytes, 0x0a])
    expect(await verifyCertificate(spaced)).toMatchObject({ verdict: { ok: false, check: 'form' } })
  })

  test('error: a result with one changed byte fails "bytes" and names the part', async () => {
    for (const [part, tile] of job.result.entries()) {
      const changed = job.result.map((original, index) =>
        index === part ? flipped(original, tile.length - 1) : original,
      )
      const { verdict } = await verifyCertificate(bytes, { result: sourceOf(job.certificate.result.layout, changed) })
      expect(verdict).toMatchObject({ ok: false, check: 'bytes', reason: expect.stringContaining(`Part ${part} `) })
    }
  })

  test('error: a result of another shape fails "bytes"', async () => {
    const layout = { form: 'matrix', dtype: 'i32', rows: 270, cols: 300 } as const
    const { verdict } = await verifyCertificate(bytes, { result: sourceOf(layout, job.result) })
    expect(verdict).toMatchObject({ ok: false, check: 'bytes', reason: expect.stringContaining('300 x 270') })
  })

  test('error: another input, one too many, or in another order fails "input"', async () => {
    const [a, b] = job.inputs.map(({ ref, parts }) => sourceOf(ref.layout, parts))
    if (a === undefined || b === undefined) throw new Error('two inputs')
    const changed = { ...a, readPart: async (index: number) => flipped(await a.readPart(index), 0) }
    for (const inputs of [
      [changed, b],
      [b, a],
      [a, b, a],
    ])
      expect(await verifyCertificate(bytes, { inputs })).toMatchObject({ verdict: { ok: false, check: 'input' } })
  })

  test('error: colluding nodes that certified a wrong part fail "recompute"', async () => {
    const forged = await certifyMatmul('colluders', { m: 300, k: 20, n: 270, wrongPart: 2 })
    const inputs = forged.inputs.map(({ ref, parts }) => sourceOf(ref.layout, parts))
    const text = encodeJobCertificate(forged.certificate)
    expect(await verifyCertificate(text, { inputs })).toMatchObject({ verdict: { ok: true } })
    expect(await verifyCertificate(text, { inputs, recompute: true })).toMatchObject({
      verdict: { ok: false, check: 'recompute' },
    })
  })

  test('error: MissingContent when a recomputation has nothing to compute from', async () => {
    await expect(verifyCertificate(bytes, { recompute: true })).rejects.toThrow(MissingContentError)
  })
})

function sourceOf(layout: ContentSource['layout'], parts: readonly Uint8Array<ArrayBuffer>[]): ContentSource {
  return { layout, readPart: async (index) => parts[index] ?? new Uint8Array(0) }
}

function flipped(bytes: Uint8Array<ArrayBuffer>, at: number): Uint8Array<ArrayBuffer> {
  return bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))
}
