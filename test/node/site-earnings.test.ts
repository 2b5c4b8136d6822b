// A site's share through a whole grid: a node's consent names it, the receipt pays both, the books agree, and
// the owner reads the sums.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PublicKey, signerFromSecret } from '#core/ed25519.ts'
import { systemRandom } from '#core/random.ts'
import { decodeJobCertificate } from '#ledger/job-certificate.ts'
import { paidUnder } from '#ledger/payments.ts'
import { verifyJobCertificate } from '#ledger/verify-job-certificate.ts'
import { processParts } from '#node/process.ts'
import type { Consent } from '#node/state.ts'
import { utf8 } from '#core/bytes.ts'
import { seededRandom } from '#core/random.ts'
import { randomMatrix } from '../support/certified-job.ts'
import { LiveGrid, until } from '../support/live-grid.ts'
import type { TestRequester } from '../support/test-requester.ts'

const SITE = 'https://garden.example'
const newKey = (): PublicKey => signerFromSecret(systemRandom.bytes(32)).publicKey
const owner = newKey()

let grid: LiveGrid
let requester: TestRequester
beforeAll(async () => {
  grid = await LiveGrid.open()
  requester = await grid.requester()
}, 120_000)
afterAll(async () => {
  expect(await grid.close()).toEqual([])
  expect(grid.bugs).toEqual([])
}, 60_000)

async function nodeUnder(change: Partial<Consent>) {
  const signer = signerFromSecret(systemRandom.bytes(32))
  const consent = { gpuShare: 1, expiresMs: Date.now() + 3_600_000, site: SITE, ...change }
  return grid.node(processParts({ coordinator: grid.url, consent, signer }))
}

async function runJob(seed: string, replication: number): Promise<string> {
  const random = seededRandom(seed)
  const inputs = [randomMatrix(random, 'i8', 30, 20), randomMatrix(random, 'i8', 20, 30)]
  const { body } = await requester.submit(inputs, { replication })
  expect((await requester.events(String(body.id))).at(-1)?.event).toBe('done')
  return String(body.id)
}

const accountOf = async (key: PublicKey | null) => (await requester.get(`/api/v1/accounts/${key}`)).body

describe('a site’s share', { timeout: 180_000 }, () => {
  test('default: a unit pays visitor and site as the consent says, and the certificate shows it', async () => {
    const node = await nodeUnder({ split: { account: owner, percent: 20 } })
    const plain = await nodeUnder({})
    const id = await runJob('share', 2)
    const text = await (await fetch(`${grid.url}/api/v1/jobs/${id}/certificate`)).text()
    const certificate = decodeJobCertificate(utf8(text))
    expect(await verifyJobCertificate(certificate)).toMatchObject({ ok: true })
    // Neither the certificate nor the log names the site.
    expect(text).not.toContain('garden.example')
    const [split] = certificate.units[0]?.body.splits ?? []
    expect(split).toMatchObject({ signer: node.state.node, body: { account: owner, percent: 20 } })
    const { payments = [] } = certificate.receipts[0]?.entry ?? {}
    const paid = paidUnder(payments, node.state.node as PublicKey, split ?? null)
    expect(paid?.own).toBe((paid?.total ?? 0n) - ((paid?.total ?? 0n) * 20n) / 100n)
    await until(node, () => node.state.units.some(({ outcome }) => outcome === 'agreed'))
    expect(node.state.units[0]?.credited).toBe(paid?.own.toString())
    expect(await accountOf(node.state.node)).toMatchObject({ earned: paid?.own.toString() })
    expect(await accountOf(plain.state.node)).toMatchObject({ earned: paid?.total.toString() })
    const part = ((paid?.total ?? 0n) - (paid?.own ?? 0n)).toString()
    expect(await accountOf(owner)).toMatchObject({ earned: part, pending: part, balance: '0' })
    const day = new Date().toISOString().slice(0, 10)
    const expected = [{ site: SITE, account: owner, day, units: 1, amount: part }]
    for (const name of [owner, encodeURIComponent(SITE), encodeURIComponent(`${SITE}/a/page`)])
      expect((await requester.get(`/api/v1/sites/${name}`)).body.days).toEqual(expected)
    await Promise.all([node.stop(), plain.stop()])
  })

  test('error: the earnings of something that is no site', async () => {
    for (const name of ['garden', 'ftp%3A%2F%2Fgarden.example', 'https%3A%2F%2F', `https%3A%2F%2F${'x'.repeat(300)}`])
      expect(await requester.get(`/api/v1/sites/${name}`)).toMatchObject({ status: 400 })
    expect(await requester.get(`/api/v1/sites/${owner}?from=yesterday`)).toMatchObject({ status: 400 })
    expect((await requester.get(`/api/v1/sites/${newKey()}?from=2026-01-01`)).body).toMatchObject({
      account: { earned: '0' },
      from: '2026-01-01',
      days: [],
    })
  })
})
