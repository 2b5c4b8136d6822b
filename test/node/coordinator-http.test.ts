// The coordinator's HTTP API, request by request, in process.
import { createHash } from 'node:crypto'
import type { Checkpoint } from '#core/signed.ts'
import { type TileName, decodeBundle, tileNodes, tilePath, tileWidth } from '#ledger/tiles.ts'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { CHUNK_BYTES, contentId } from '#core/content.ts'
import { EMPTY_ROOT, leafDigest, verifyMerkleProof } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import { encodeEntry } from '#ledger/entry.ts'
import type { LogEntry } from '#ledger/entry.ts'
import { openCheckpoint } from '#ledger/checkpoint.ts'
import { consistencyPath, inclusionPath, rootAt, verifyConsistency } from '#ledger/log-tree.ts'
import { removeUnusedContents } from '#coordinator/content-sweep.ts'
import { endJob, DeadlineError } from '#coordinator/job-end.ts'
import { type HeldContent, randomMatrix } from '../support/certified-job.ts'
import { type TestApp, openTestApp } from '../support/coordinator-app.ts'
import { balanceDrift } from '../support/replay-balances.ts'
import { TestRequester } from '../support/test-requester.ts'

const GRANT = 1000n * 10n ** 18n
const random = seededRandom('coordinator-http')
let nowMs = 1_700_000_000_000
const clock = { nowMs: () => nowMs, after: () => () => {} }
let pageDir = ''
let site: TestApp

beforeAll(async () => {
  pageDir = await mkdtemp(join(tmpdir(), 'page-'))
  await mkdir(join(pageDir, 'assets'))
  await mkdir(join(pageDir, 'embed'))
  await writeFile(join(pageDir, 'index.html'), '<!doctype html><title>page</title>')
  await writeFile(join(pageDir, 'embed', 'index.html'), '<!doctype html><title>frame</title>')
  await writeFile(join(pageDir, 'confirm.html'), '<!doctype html><title>confirm</title>')
  await writeFile(join(pageDir, 'embed.js'), 'export {}')
  await writeFile(join(pageDir, 'assets', 'a-1234.js'), 'export {}')
  await writeFile(join(pageDir, 'secret.key'), 'no')
  site = await openTestApp(clock, pageDir)
}, 120_000)
afterAll(async () => {
  await site.close()
  await rm(pageDir, { recursive: true, force: true })
})
afterEach(() => expect(site.bugs.splice(0)).toEqual([]))

const requester = () => new TestRequester((path, init) => site.app.request(path, init))

async function funded(): Promise<TestRequester> {
  nowMs += 3_600_000 // so that the limit on new accounts does not matter here
  const one = requester()
  await one.openAccount()
  return one
}

const product = (m = 8, k = 8, n = 8): HeldContent[] => [
  randomMatrix(random, 'i8', m, k),
  randomMatrix(random, 'i8', k, n),
]

async function balance(one: TestRequester) {
  return (await one.get(`/api/v1/accounts/${one.signer.publicKey}`)).body
}

describe('health and network', () => {
  test('default: healthz, metrics, network', async () => {
    expect(await requester().get('/healthz')).toEqual({ status: 200, body: { ok: true } })
    const metrics = await (await site.app.request('/metrics')).text()
    expect(metrics).toContain('# TYPE commonwatt_jobs gauge\ncommonwatt_jobs{state="running"} 0')
    const { body } = await requester().get('/api/v1/network')
    expect(body).toMatchObject({
      network: site.grid.network,
      genesis: site.grid.genesis,
      nodes: 0,
      price: { attoPerOperation: '1000000' },
    })
    const authority = { network: site.grid.network, coordinator: site.grid.signer.publicKey }
    expect(openCheckpoint(body.checkpoint as string, authority)).toEqual(site.grid.log.checkpoint)
  })

  test('behaviour: any origin may ask the API and send what is signed', async () => {
    const answer = await site.app.request('/api/v1/network', { headers: { origin: 'https://elsewhere.example' } })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    const preflight = await site.app.request('/api/v1/jobs', {
      method: 'OPTIONS',
      headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' },
    })
    expect(preflight.status).toBe(204)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  test('error: NotFound for routes, pages and files that do not exist', async () => {
    for (const path of [
      '/api/v1/nothing',
      '/api/v2',
      '/nothing',
      '/nothing.js',
      '/secret.key',
      '/%2e%2e/x.js',
      '/%zz.js',
    ])
      expect((await requester().get(path)).body).toMatchObject({
        error: { name: 'coordinator.NotFound', kind: 'input' },
      })
  })
})

describe('pages', () => {
  test('behaviour: our page is in no frame, the widget in any, both under Trusted Types', async () => {
    for (const [path, frames] of [
      ['/', "frame-ancestors 'none'"],
      ['/?node', "frame-ancestors 'none'"],
      ['/embed', 'frame-ancestors *'],
      ['/embed/confirm', "frame-ancestors 'none'"],
    ] as const) {
      const answer = await site.app.request(path)
      expect(answer.status).toBe(200)
      const policy = answer.headers.get('content-security-policy') ?? ''
      expect(policy).toContain(frames)
      expect(policy).toContain("require-trusted-types-for 'script'")
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toContain('unsafe-inline')
    }
  })

  test('behaviour: the first page comes in the language that the browser wants most, where there is one', async () => {
    await writeFile(join(pageDir, 'index.pt-BR.html'), '<!doctype html><title>página</title>')
    const titleFor = async (wishes: string) => {
      const answer = await site.app.request('/', { headers: { 'accept-language': wishes } })
      expect(answer.headers.get('vary')).toMatch(/accept-language/i)
      return /<title>(.*)<\/title>/.exec(await answer.text())?.[1]
    }
    expect(await titleFor('pt-PT,pt;q=0.9,en;q=0.8')).toBe('página')
    expect(await titleFor('en;q=0.3, pt-BR;q=0.7')).toBe('página')
    expect(await titleFor('en-GB,pt;q=0.9')).toBe('page')
    expect(await titleFor('zh-CN')).toBe('page')
    expect(await titleFor(';q=x,,*')).toBe('page')
  })

  test('limit: 32 languages of a header are looked at, and spaces without end cost no time', async () => {
    await writeFile(join(pageDir, 'index.pt-BR.html'), '<!doctype html><title>página</title>')
    const isPortuguese = async (wishes: string) =>
      (await (await site.app.request('/', { headers: { 'accept-language': wishes } })).text()).includes('página')
    expect(await isPortuguese(`${'xx,'.repeat(31)}pt`)).toBe(true)
    expect(await isPortuguese(`${'xx,'.repeat(32)}pt`)).toBe(false)
    // In quadratic time this would take minutes.
    expect(await isPortuguese(`a${' '.repeat(1_000_000)}b,pt`)).toBe(true)
  })

  test('behaviour: the policy names the styles that stand in a document and no others', async () => {
    const css = 'p { color: red }'
    await writeFile(join(pageDir, 'sites.html'), `<!doctype html><style>${css}</style>`)
    const policy = (await site.app.request('/sites')).headers.get('content-security-policy') ?? ''
    const digest = createHash('sha256').update(css).digest('base64')
    expect(policy.split('; ')).toContain(`style-src 'self' 'sha256-${digest}'`)
    const bare = (await site.app.request('/embed')).headers.get('content-security-policy') ?? ''
    expect(bare.split('; ')).toContain("style-src 'self'")
  })

  test('behaviour: text travels compressed for whoever takes it', async () => {
    const text = `export const words = '${'again and '.repeat(500)}'`
    await writeFile(join(pageDir, 'assets', 'long-1234.js'), text)
    const ask = (encoding: string) =>
      site.app.request('/assets/long-1234.js', { headers: { 'accept-encoding': encoding } })
    const packed = await ask('gzip, br')
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    expect(packed.headers.get('vary')).toMatch(/accept-encoding/i)
    expect(gunzipSync(await packed.bytes()).toString()).toBe(text)
    const plain = await ask('identity')
    expect(plain.headers.get('content-encoding')).toBeNull()
    expect(await plain.text()).toBe(text)
  })

  test('behaviour: our page is isolated, so that threads may share memory; what frames and workers load may be in isolated pages', async () => {
    const page = await site.app.request('/')
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin')
    for (const path of ['/', '/embed', '/assets/a-1234.js']) {
      const { headers } = await site.app.request(path)
      expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp')
      expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    }
  })

  test('behaviour: the window that confirms for the widget keeps its opener, to answer it', async () => {
    const { headers } = await site.app.request('/embed/confirm')
    expect(headers.get('cross-origin-opener-policy')).toBeNull()
  })

  test('behaviour: files with a hash are kept for ever, embed.js is for every site and is asked for again', async () => {
    const asset = await site.app.request('/assets/a-1234.js')
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    const embed = await site.app.request('/embed.js')
    expect(embed.headers.get('cache-control')).toBe('no-cache')
    expect(embed.headers.get('access-control-allow-origin')).toBe('*')
    expect(embed.headers.get('content-type')).toContain('text/javascript')
  })
})

describe('accounts', () => {
  test('default: a grant once, logged', async () => {
    const one = requester()
    expect(await balance(one)).toEqual({
      account: one.signer.publicKey,
      balance: '0',
      escrowed: '0',
      pending: '0',
      earned: '0',
      burned: '0',
      grant: '0',
    })
    const size = site.grid.log.checkpoint.size
    for (let times = 0; times < 2; times++)
      expect((await one.openAccount()).body).toMatchObject({ balance: GRANT.toString(), grant: GRANT.toString() })
    expect(site.grid.log.checkpoint.size).toBe(size + 1)
    const { body } = await one.get(`/api/v1/log/entries?from=${size}`)
    expect(body.entries).toMatchObject([
      { index: size, entry: { type: 'grant', account: one.signer.publicKey, amount: GRANT.toString() } },
    ])
    expect((await one.get(`/api/v1/accounts/${one.signer.publicKey}/receipts?after=0`)).body).toEqual({ receipts: [] })
  })

  test('error: BadSignature for another network, type or signer', async () => {
    const one = requester()
    const request = await one.sign('account', { nonce: one.nonce() })
    const other = await one.sign('job', { nonce: one.nonce() })
    for (const bad of [
      { ...request, body: { nonce: one.nonce() } },
      { ...request, signer: requester().signer.publicKey },
      { ...request, network: one.nonce() },
      other,
    ])
      expect(await one.send('POST', '/api/v1/accounts', bad)).toMatchObject({
        status: 400,
        body: { error: { name: 'coordinator.BadSignature' } },
      })
  })

  test('limit: 100 new accounts from one address, the next is asked to wait', async () => {
    nowMs += 3_600_000
    const statuses: number[] = []
    for (let n = 0; n < 101; n++) statuses.push((await requester().openAccount()).status)
    expect(statuses.slice(0, 100).every((status) => status === 200)).toBe(true)
    expect(statuses[100]).toBe(429)
  })

  test('limit: grants up to the cap, not past it', async () => {
    nowMs += 3_600_000
    const before = site.config.grantCap
    const { total } = await site.grid.store.db
      .selectFrom('accounts')
      .select((eb) => eb.fn.sum<bigint>('granted').as('total'))
      .executeTakeFirstOrThrow()
    site.config.grantCap = total + GRANT
    expect((await requester().openAccount()).status).toBe(200)
    expect((await requester().openAccount()).body).toMatchObject({ error: { name: 'coordinator.GrantsExhausted' } })
    site.config.grantCap = before
  })

  test('error: malformed keys and bodies', async () => {
    expect(await requester().get('/api/v1/accounts/abc')).toMatchObject({ status: 400 })
    expect(await requester().send('POST', '/api/v1/accounts', { nonce: 1 })).toMatchObject({
      status: 400,
      body: { error: { name: 'core.Schema', kind: 'hostile' } },
    })
    const answer = await site.app.request('/api/v1/accounts', { method: 'POST', body: '{' })
    expect(await answer.json()).toMatchObject({ error: { name: 'coordinator.BadJson' } })
  })
})

describe('contents', () => {
  const parts = [random.bytes(CHUNK_BYTES), random.bytes(10)]
  const layout = { form: 'blob', sizeBytes: CHUNK_BYTES + 10 } as const
  const leaves = parts.map((part) => leafDigest(part))
  const id = contentId(layout, leaves)
  const put = (n: number, body: Uint8Array<ArrayBuffer>) =>
    site.app.request(`/api/v1/contents/${id}/parts/${n}`, { method: 'PUT', body })

  test('default: announce, upload, resume, get', async () => {
    const one = requester()
    expect(await one.get(`/api/v1/contents/${id}`)).toMatchObject({ status: 404 })
    const announce = async () => (await one.send('POST', '/api/v1/contents', { layout, leaves })).body
    expect(await announce()).toEqual({ id, missing: [0, 1] })
    expect((await put(1, parts[1] ?? new Uint8Array(0))).status).toBe(204)
    expect(await announce()).toEqual({ id, missing: [0] })
    expect((await site.app.request(`/api/v1/contents/${id}/parts/0`)).status).toBe(404)
    expect((await put(0, parts[0] ?? new Uint8Array(0))).status).toBe(204)
    expect((await one.get(`/api/v1/contents/${id}`)).body).toEqual({ id, layout, leaves, missing: [] })
    const part = await site.app.request(`/api/v1/contents/${id}/parts/1`)
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(parts[1])
    expect(part.headers.get('cache-control')).toContain('immutable')
  })

  test('error: a part that is not what was announced, or too large', async () => {
    expect(await (await put(1, random.bytes(10))).json()).toMatchObject({ error: { name: 'coordinator.Part' } })
    expect((await put(1, random.bytes(11))).status).toBe(400)
    expect((await put(9, random.bytes(11))).status).toBe(400)
    expect((await put(0, new Uint8Array(262_145))).status).toBe(413)
    expect((await site.app.request(`/api/v1/contents/${id}/parts/x`)).status).toBe(400)
  })

  test('error: announcements that do not fit', async () => {
    const one = requester()
    for (const [body, name] of [
      [{ layout, leaves: leaves.slice(1) }, 'coordinator.LeafCount'],
      [{ layout: { ...layout, sizeBytes: 2 ** 35 }, leaves }, 'core.Schema'],
      [{ layout: { form: 'matrix', dtype: 'f64', rows: 1, cols: 1 }, leaves }, 'core.Schema'],
      [{ layout, leaves, more: 1 }, 'core.Schema'],
    ] as const)
      expect(await one.send('POST', '/api/v1/contents', body)).toMatchObject({ status: 400, body: { error: { name } } })
  })

  test('behaviour: contents that nobody uses for a week are removed, those of a running job stay', async () => {
    const one = await funded()
    const [kept, idle] = [product(3, 3, 3), randomMatrix(random, 'i8', 3, 5)]
    const { body } = await one.submit(kept, { deadlineMs: 24 * 3_600_000 })
    await one.upload(idle)
    nowMs += site.config.contentTtlMs
    await removeUnusedContents(site.grid)
    expect((await one.get(`/api/v1/contents/${idle.ref.id}`)).status).toBe(200)
    nowMs += 1
    await removeUnusedContents(site.grid)
    expect((await one.get(`/api/v1/contents/${idle.ref.id}`)).status).toBe(404)
    expect((await one.get(`/api/v1/contents/${kept[0]?.ref.id}`)).status).toBe(200)
    await one.send('DELETE', `/api/v1/jobs/${String(body.id)}`, await one.sign('cancel', { job: String(body.id) }))
  })

  test('limit: contents up to the configured bytes, not past them', async () => {
    const before = site.config.maxContentBytes
    const small = randomMatrix(random, 'i8', 4, 4)
    site.config.maxContentBytes = 10
    const announcement = { layout: small.ref.layout, leaves: small.leaves }
    expect(await requester().send('POST', '/api/v1/contents', announcement)).toMatchObject({
      status: 413,
      body: { error: { name: 'coordinator.StorageFull' } },
    })
    site.config.maxContentBytes = before
  })
})

describe('jobs', () => {
  test('default: quoted, admitted once, escrowed, then cancelled and refunded', async () => {
    const one = await funded()
    const inputs = product(300, 10, 300)
    const job = await one.job(inputs)
    const price = (2n * 300n * 10n * 300n * 2n * 10n ** 6n).toString()
    const quoted = await one.send('POST', '/api/v1/quote', job.body)
    expect(quoted.body).toMatchObject({ operations: (2n * 300n * 10n * 300n).toString(), price })
    for (const input of inputs) await one.upload(input)
    const [first, again] = await Promise.all([
      one.send('POST', '/api/v1/jobs', job),
      one.send('POST', '/api/v1/jobs', job),
    ])
    expect(first).toMatchObject({ status: 201, body: { price, units: quoted.body.units } })
    expect(again.body).toEqual(first.body)
    expect(await balance(one)).toMatchObject({ escrowed: price, balance: (GRANT - BigInt(price)).toString() })
    const id = String(first.body.id)
    expect((await one.get(`/api/v1/jobs/${id}`)).body).toMatchObject({ state: 'running', result: null, stages: null })
    expect(await one.get(`/api/v1/jobs/${id}/certificate`)).toMatchObject({
      status: 409,
      body: { error: { name: 'coordinator.NotYetDone' } },
    })
    const events = one.events(id)
    const cancel = await one.sign('cancel', { job: id })
    const stranger = await requester().sign('cancel', { job: id })
    expect(await one.send('DELETE', `/api/v1/jobs/${id}`, stranger)).toMatchObject({ status: 403 })
    for (let times = 0; times < 2; times++)
      expect((await one.send('DELETE', `/api/v1/jobs/${id}`, cancel)).body).toMatchObject({
        state: 'failed',
        error: { name: 'coordinator.Cancelled' },
      })
    expect((await events).map(({ event }) => event)).toEqual(['unit', 'failed'])
    expect(await balance(one)).toMatchObject({ escrowed: '0', balance: GRANT.toString() })
    expect(await balanceDrift(site.grid.store.db)).toEqual([])
  })

  test('limit: a ceiling at the price is admitted, one atto below is not', async () => {
    const one = await funded()
    const inputs = product(9, 9, 9)
    const price = 2n * 9n * 9n * 9n * 2n * 10n ** 6n
    expect((await one.submit(inputs, { maxPrice: price.toString() })).status).toBe(201)
    const { status, body } = await one.submit(inputs, { maxPrice: (price - 1n).toString() })
    expect({ status, body }).toMatchObject({ status: 400, body: { error: { name: 'coordinator.OverBudget' } } })
    expect((body.error as { message: string }).message).toMatch(/costs 0\.\d+ credits and allows at most 0\.\d+/)
  })

  test('error: CannotPay without an account, IncompleteInput without the parts, WrongLayout for another', async () => {
    const inputs = product()
    const poor = requester()
    const names = async (answer: Promise<{ status: number; body: Record<string, unknown> }>) => {
      const { status, body } = await answer
      return [status, (body.error as { name: string } | undefined)?.name]
    }
    expect(await names(poor.send('POST', '/api/v1/jobs', await poor.job(inputs)))).toEqual([
      409,
      'coordinator.IncompleteInput',
    ])
    expect(await names(poor.submit(inputs))).toEqual([402, 'coordinator.CannotPay'])
    const one = await funded()
    const [a, b] = inputs
    if (a === undefined || b === undefined) throw new Error('There are two inputs.')
    const layout = { form: 'matrix', dtype: 'i8', rows: 4, cols: 8 } as const
    const lying = await one.job([{ ...a, ref: { ...a.ref, layout } }, b])
    expect(await names(one.send('POST', '/api/v1/jobs', lying))).toEqual([400, 'coordinator.WrongLayout'])
  })

  test('error: jobs that their kind refuses, unknown kinds, tampered jobs, unknown ids', async () => {
    const one = await funded()
    const job = await one.job(product())
    const cases = [
      [await one.job([randomMatrix(random, 'i8', 2, 3), randomMatrix(random, 'i8', 4, 2)]), 'work.Matmul'],
      [await one.job(product(), { kind: 'nothing' }), 'work.UnknownKind'],
      [{ ...job, body: { ...job.body, replication: 1 } }, 'coordinator.BadSignature'],
      [{ ...job, body: { ...job.body, replication: 6 } }, 'core.Schema'],
    ] as const
    for (const [bad, name] of cases)
      expect(await one.send('POST', '/api/v1/jobs', bad)).toMatchObject({ status: 400, body: { error: { name } } })
    const unknown = '00'.repeat(32)
    for (const path of [`/jobs/${unknown}`, `/jobs/${unknown}/events`, `/jobs/${unknown}/certificate`])
      expect(await one.get(`/api/v1${path}`)).toMatchObject({ body: { error: { name: 'coordinator.UnknownJob' } } })
    for (const path of [`/certificates/${unknown}`, `/faults/${unknown}`, `/contents/${unknown}`])
      expect((await one.get(`/api/v1${path}`)).status).toBe(404)
  })

  test('limit: as many running jobs as allowed, one more has to wait', async () => {
    const one = await funded()
    site.config.maxRunningJobs = 2
    const statuses: number[] = []
    for (let n = 0; n < 3; n++) statuses.push((await one.submit(product(4, 4, 4))).status)
    site.config.maxRunningJobs = 64
    expect(statuses).toEqual([201, 201, 503])
  })

  test('behaviour: a job that runs out of time is refunded, once', async () => {
    const one = await funded()
    const { body } = await one.submit(product(5, 5, 5), { deadlineMs: 1000 })
    const id = body.id as never
    const ended = await Promise.all([1, 2].map(() => endJob(site.grid, id, new DeadlineError(1000))))
    expect(ended.filter(Boolean)).toHaveLength(1)
    expect(await balance(one)).toMatchObject({ escrowed: '0', balance: GRANT.toString() })
    expect((await one.events(String(id))).at(-1)).toMatchObject({
      event: 'failed',
      data: { error: { name: 'coordinator.Deadline' } },
    })
    expect(await balanceDrift(site.grid.store.db)).toEqual([])
  })
})

async function checkpoint(): Promise<Checkpoint> {
  const response = await site.app.request('/api/v1/log/checkpoint')
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  const authority = { network: site.grid.network, coordinator: site.grid.signer.publicKey }
  const opened = openCheckpoint(await response.text(), authority)
  if (opened === undefined) throw new Error('the checkpoint is not signed')
  return opened
}

async function tile(name: TileName): Promise<Response> {
  return site.app.request(`/api/v1/log/${tilePath(name)}`)
}

describe('log', () => {
  test('default: root, proofs and entries follow from tiles, which may be cached for ever', async () => {
    for (let round = 0; round < 3; round++) await funded()
    const { grid } = site
    // Enough for a full tile, in one transaction.
    await grid.log.transaction(async (_, append) => {
      for (let at = 0; at < 300; at++) await append({ type: 'roster', root: EMPTY_ROOT, size: at })
    })
    const { size, root } = await checkpoint()
    const reader = tileNodes({
      readTiles: (keys) =>
        Promise.all(
          keys.map(async ({ level, index }) => {
            const response = await tile({ level, index, width: tileWidth({ level, index }, size) })
            expect(response.status).toBe(200)
            expect(response.headers.get('content-type')).toBe('application/octet-stream')
            expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
            return new Uint8Array(await response.arrayBuffer())
          }),
        ),
    })
    expect(await rootAt(reader, size)).toBe(root)
    const bundle = await tile({ level: 'entries', index: 0, width: 256 })
    const entries = decodeBundle(new Uint8Array(await bundle.arrayBuffer()), 256)
    expect(await grid.log.consistency(200, size)).toEqual(await consistencyPath(reader, 200, size))
    for (const index of [0, 1, 255]) {
      const path = await inclusionPath(reader, index, size)
      expect(verifyMerkleProof(leafDigest(entries[index] ?? new Uint8Array()), index, size, path, root)).toBe(true)
    }
  })

  test('limit: the last digest of the last tile is served, one more is not found', async () => {
    const { size } = site.grid.log.checkpoint
    const index = Math.floor(size / 256)
    const width = size % 256
    expect((await tile({ level: 0, index, width })).status).toBe(200)
    expect((await tile({ level: 'entries', index, width })).status).toBe(200)
    for (const name of [
      { level: 0, index, width: width + 1 },
      { level: 0, index, width: 256 },
      { level: 'entries', index, width: width + 1 },
      { level: 63, index: 0, width: 256 },
      { level: 0, index: 2 ** 45, width: 1 },
    ] as const)
      expect((await tile(name)).status).toBe(404)
    for (const path of [
      'tile/0/0',
      'tile/00/000',
      'tile/0/x000/000',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/64/000',
    ])
      expect((await site.app.request(`/api/v1/log/${path}`)).status).toBe(404)
  })

  test('default: entries, inclusion and consistency are proven against the signed checkpoint', async () => {
    await funded()
    const one = requester()
    const first = await checkpoint()
    await funded()
    const last = await checkpoint()
    expect(last.size).toBeGreaterThan(first.size)
    const { body } = await one.get(`/api/v1/log/entries?from=0&limit=1000`)
    const entries = body.entries as { index: number; entry: LogEntry; leaf: never }[]
    expect(entries).toHaveLength(Math.min(1000, last.size))
    for (const { index, entry, leaf } of entries.slice(0, 20)) {
      expect(leafDigest(encodeEntry(entry))).toBe(leaf)
      const proof = (await one.get(`/api/v1/log/proof/${index}?size=${last.size}`)).body
      expect(verifyMerkleProof(leaf, index, last.size, proof.path as never, last.root)).toBe(true)
    }
    const { path } = (await one.get(`/api/v1/log/consistency?from=${first.size}&to=${last.size}`)).body
    expect(verifyConsistency(first, last, path as never)).toBe(true)
  })

  test('limit: the last leaf is proven, one past the log is refused', async () => {
    const { size } = site.grid.log.checkpoint
    expect((await requester().get(`/api/v1/log/proof/${size - 1}`)).status).toBe(200)
    for (const path of [`proof/${size}`, `proof/0?size=${size + 1}`, `consistency?from=1&to=${size + 1}`, 'proof/-1'])
      expect((await requester().get(`/api/v1/log/${path}`)).status).toBe(400)
    expect((await requester().get('/api/v1/log/entries?limit=1001')).status).toBe(400)
  })
})
