// Exact units that were certified before: served without a lease, a credit or a price, with the earlier certificate as the evidence.
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { utf8 } from '#core/bytes.ts'
import { BlobDirectory } from '#coordinator/blobs/blob-directory.ts'
import { contentId, partCount } from '#core/content.ts'
import { seededRandom, systemRandom } from '#core/random.ts'
import { type JobCertificate, decodeJobCertificate, encodeJobCertificate } from '#ledger/job-certificate.ts'
import { verifyJobCertificate } from '#ledger/verify-job-certificate.ts'
import { verifyCertificate } from '#sdk/index.ts'
import type { JobBody } from '#work/job.ts'
import { kindOf } from '#work/kinds.ts'
import { type HeldContent, randomMatrix } from '../support/certified-job.ts'
import { gridsOfTests } from '../support/grids-of-tests.ts'
import { TestRequester } from '../support/test-requester.ts'

const openGrid = gridsOfTests()

function matrices(seed: string, rows = 30, dtype: 'i8' | 'f32' = 'i8'): HeldContent[] {
  const random = seededRandom(seed)
  return [randomMatrix(random, dtype, rows, 20), randomMatrix(random, dtype, 20, 600)]
}

/** Runs a job to its end; its certificate. */
async function run(requester: TestRequester, inputs: readonly HeldContent[], change: Partial<JobBody> = {}) {
  const { body } = await requester.submit(inputs, change)
  const events = await requester.events(String(body.id))
  expect(events.at(-1)?.event).toBe('done')
  const { body: certificate } = await requester.get(`/api/v1/jobs/${String(body.id)}/certificate`)
  return certificate as unknown as JobCertificate
}

const nodesOf = ({ units }: JobCertificate) =>
  units.map(({ body }) => body.replicas.map(({ lease }) => lease.body.node))

describe('repeats', { timeout: 120_000 }, () => {
  test('default: the same job again costs nothing, pays nobody, and its certificate holds', async () => {
    const grid = await openGrid()
    const nodes = await Promise.all([grid.node(), grid.node()])
    const [first, second] = [await grid.requester(), await grid.requester()]
    const inputs = matrices('again')
    const computed = await run(first, inputs)
    expect(computed.repeated).toEqual([])
    const earned = await Promise.all(nodes.map(({ state }) => first.get(`/api/v1/accounts/${state.node}`)))
    // Nobody is there to be asked: the cache alone serves it.
    await Promise.all(nodes.map((node) => node.stop()))
    const repeated = await run(second, inputs)
    expect(repeated.repeated.map(({ unit }) => unit)).toEqual(repeated.units.map((_, at) => at))
    expect(repeated.units).toEqual(computed.units)
    expect(repeated.result).toEqual(computed.result)
    const { verdict } = await verifyCertificate(encodeJobCertificate(repeated))
    expect(verdict).toMatchObject({ ok: true })
    expect(verdict.checks.find(({ check }) => check === 'repeated')?.count).toBe(repeated.units.length)
    const { body: account } = await second.get(`/api/v1/accounts/${second.signer.publicKey}`)
    expect(account).toMatchObject({ balance: account.grant, escrowed: '0' })
    for (const [at, { state }] of nodes.entries())
      expect((await first.get(`/api/v1/accounts/${state.node}`)).body).toEqual(earned[at]?.body)
    const parts = await second.download(repeated.result.id, partCount(repeated.result.layout))
    expect(parts.every(({ length }) => length > 0)).toBe(true)
  })

  test('behaviour: a result that was swept is computed again and paid, the rest of the job is repeated', async () => {
    const grid = await openGrid()
    await Promise.all([grid.node(), grid.node()])
    const first = await grid.requester()
    const inputs = matrices('swept', 2100)
    const whole = await run(first, inputs)
    const [unit, ...rest] = whole.units
    if (unit === undefined) throw new Error('There is no unit.')
    expect(rest.length).toBeGreaterThan(0)
    const layout = kindOf('matmul', 1).resultLayout(unit.body.unit)
    const swept = contentId(layout, unit.body.leaves)
    await grid.restart(() => new BlobDirectory(join(grid.dataDir, 'contents'), systemRandom).remove(swept))
    await Promise.all([grid.node(), grid.node()])
    const requester = new TestRequester(grid.url, first.signer)
    const balance = async () => {
      const { body } = await requester.get(`/api/v1/accounts/${requester.signer.publicKey}`)
      return BigInt(String(body.balance))
    }
    const before = await balance()
    const again = await run(requester, inputs)
    expect(again.repeated.map(({ unit: number }) => number)).toEqual(rest.map((_, at) => at + 1))
    expect(await verifyJobCertificate(again)).toMatchObject({ ok: true })
    expect(before - (await balance())).toBe(BigInt(unit.body.price))
    // One replica is less than there is evidence for.
    expect((await run(requester, inputs, { replication: 1 })).repeated.length).toBe(whole.units.length)
  })

  test('limit: an earlier result with fewer replicas than asked for does not stand for the unit', async () => {
    const grid = await openGrid()
    await Promise.all([grid.node(), grid.node()])
    const requester = await grid.requester()
    const inputs = matrices('fewer')
    const single = await run(requester, inputs, { replication: 1 })
    const double = await run(requester, inputs, { replication: 2 })
    expect(double.repeated).toEqual([])
    expect(nodesOf(double).every((nodes) => nodes.length === 2)).toBe(true)
    expect(single.repeated).toEqual([])
    expect((await run(requester, inputs, { replication: 2 })).repeated.length).toBe(double.units.length)
  })

  test('behaviour: what is compared by bounds is computed each time, and so is everything when the cache is off', async () => {
    const grid = await openGrid({ config: { servesRepeats: false } })
    await Promise.all([grid.node(), grid.node()])
    const requester = await grid.requester()
    await run(requester, matrices('off'))
    expect((await run(requester, matrices('off'))).repeated).toEqual([])
    const other = await openGrid()
    await Promise.all([other.node(), other.node()])
    const floats = await other.requester()
    await run(floats, matrices('floats', 30, 'f32'))
    expect((await run(floats, matrices('floats', 30, 'f32'))).repeated).toEqual([])
  })
})

describe('a certificate with repeats', { timeout: 120_000 }, () => {
  let computed: JobCertificate
  let repeated: JobCertificate
  beforeAll(async () => {
    const grid = await openGrid()
    await Promise.all([grid.node(), grid.node()])
    const requester = await grid.requester()
    computed = await run(requester, matrices('evidence'))
    repeated = await run(requester, matrices('evidence'))
    await run(requester, matrices('other'))
  }, 120_000)

  test('default: its text is canonical, and verified', async () => {
    expect(decodeJobCertificate(utf8(new TextDecoder().decode(encodeJobCertificate(repeated))))).toEqual(repeated)
    expect(await verifyJobCertificate(repeated)).toMatchObject({ ok: true })
  })

  test('error: repeats that are not named, named twice, or named where there are none', async () => {
    const [first] = repeated.repeated
    if (first === undefined) throw new Error('Nothing was repeated.')
    const wrong: [JobCertificate, string][] = [
      [{ ...repeated, repeated: [] }, 'unit'],
      [{ ...repeated, repeated: [first, first] }, 'unit'],
      [{ ...repeated, repeated: [{ ...first, unit: 1 }] }, 'unit'],
      [{ ...computed, repeated: [first] }, 'unit'],
    ]
    for (const [certificate, check] of wrong)
      expect(await verifyJobCertificate(certificate)).toMatchObject({ ok: false, check })
  })

  test('error: an earlier admission or receipt that is another, or not in the log', async () => {
    const [first] = repeated.repeated
    const [receipt] = repeated.receipts
    if (first === undefined || receipt === undefined) throw new Error('Nothing was repeated.')
    const withAdmission = (admission: typeof first.admission): JobCertificate => ({
      ...repeated,
      repeated: [{ ...first, admission }],
    })
    const { salt: _, ...own } = repeated.admission
    const elsewhere = { ...first.admission, entry: { ...first.admission.entry, escrow: '1' } }
    const wrong: [JobCertificate, string][] = [
      [withAdmission(own), 'admission'],
      [withAdmission(elsewhere), 'admission'],
      [withAdmission({ ...first.admission, path: [] }), 'admission'],
      [{ ...repeated, receipts: [{ ...receipt, path: [] }] }, 'receipt'],
      [{ ...repeated, receipts: [{ ...receipt, index: receipt.index + 1 }] }, 'receipt'],
      [
        {
          ...repeated,
          receipts: [{ ...receipt, entry: { ...receipt.entry, admissionLeaf: repeated.admission.index } }],
        },
        'receipt',
      ],
    ]
    for (const [certificate, check] of wrong)
      expect(await verifyJobCertificate(certificate)).toMatchObject({ ok: false, check })
  })
})
