// A whole grid in this process: the real coordinator in a directory of its own, real nodes in worker threads, a requester over HTTP.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { partCount } from '#core/content.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { leafDigest } from '#core/merkle.ts'
import { randomInt, seededRandom, systemRandom } from '#core/random.ts'
import { toHex, utf8 } from '#core/bytes.ts'
import { createNodePeer } from '#net/node-peer.ts'
import { openStore } from '#coordinator/store/store.ts'
import { type Coordinator, type CoordinatorOptions, openCoordinator } from '#coordinator/coordinator.ts'
import { decodeJobCertificate } from '#ledger/job-certificate.ts'
import { resultLeaves, verifyJobCertificate, verifyResult } from '#ledger/verify-job-certificate.ts'
import { type NodeContribution, type NodeParts, startNode } from '#node/contribution.ts'
import { processParts } from '#node/process.ts'
import { openThreadWorker } from '#node/thread-worker.ts'
import { decodeFaultProof, verifyFaultProof } from '#verify/fault-proof.ts'
import { kindOf } from '#work/kinds.ts'
import { holdMatrix, inputsOf, randomMatrix, recomputed } from '../support/certified-job.ts'
import type { HeldContent } from '../support/certified-job.ts'
import { newDataDir } from '../support/empty-store.ts'
import { openCopyingExchange, wrongTileWorker } from '../support/misbehaving-nodes.ts'
import { balanceDrift } from '../support/replay-balances.ts'
import { TestRequester } from '../support/test-requester.ts'

const PATIENCE_MS = 60_000
const cleanups: (() => Promise<unknown>)[] = []
const bugs: unknown[] = []

let url = ''
let closeGrid = async () => {}

beforeAll(async () => {
  const dataDir = await newDataDir('grid')
  const coordinator = await openCoordinator({ dataDir, report: (error) => bugs.push(error) })
  url = coordinator.url
  closeGrid = async () => {
    await coordinator.close()
    expect((await inspect(dataDir)).drift).toEqual([])
    await rm(dataDir, { recursive: true, force: true })
  }
}, 120_000)
afterAll(() => closeGrid(), 60_000)
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  // A node that has left is forgotten a moment later; the next test begins with an empty grid.
  await expect
    .poll(async () => ((await (await fetch(`${url}/api/v1/network`)).json()) as { nodes: number }).nodes)
    .toBe(0)
  expect(bugs.splice(0)).toEqual([])
})

async function newDir(): Promise<string> {
  const dir = await newDataDir('grid')
  cleanups.push(() => rm(dir, { recursive: true, force: true }))
  return dir
}

async function open(dataDir: string, options: Partial<CoordinatorOptions> = {}): Promise<Coordinator> {
  const coordinator = await openCoordinator({ dataDir, report: (error) => bugs.push(error), ...options })
  cleanups.push(() => coordinator.close())
  return coordinator
}

async function openNode(url: string, change: Partial<NodeParts> = {}): Promise<NodeContribution> {
  const signer = signerFromSecret(systemRandom.bytes(32))
  const consent = { gpuShare: 1, expiresMs: Date.now() + 3_600_000, site: null }
  const node = startNode({ ...processParts({ coordinator: url, consent, signer }), ...change })
  cleanups.push(() => node.stop())
  await until(node, () => node.state.phase === 'waiting')
  return node
}

async function until(node: NodeContribution, test: () => boolean): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(JSON.stringify(node.state))), PATIENCE_MS)
    const check = () => {
      if (!test()) return
      clearTimeout(timer)
      stop()
      resolve()
    }
    const stop = node.onChange(check)
    check()
  })
}

function matrices(seed: string, m: number, k: number, n: number, dtype: 'i8' | 'f32' = 'i8'): HeldContent[] {
  const random = seededRandom(seed)
  return [randomMatrix(random, dtype, m, k), randomMatrix(random, dtype, k, n)]
}

async function truth(inputs: readonly HeldContent[]) {
  const kind = kindOf('matmul', 1)
  const task = { params: {}, inputs: inputs.map(({ ref }) => ref) }
  const leaves = Array.from({ length: partCount(kind.jobLayout(task)) }, () => '')
  for (const unit of kind.split(task))
    for (const { unitPart, jobPart } of kind.placements(task, unit))
      leaves[jobPart] = leafDigest(await recomputed(kind, unit, inputsOf(kind, unit, inputs), unitPart))
  return leaves
}

async function checkCertificate(url: string, id: string) {
  const response = await fetch(`${url}/api/v1/jobs/${id}/certificate`)
  const certificate = decodeJobCertificate(utf8(await response.text()))
  expect(await verifyJobCertificate(certificate)).toMatchObject({ ok: true })
  return certificate
}

/** Faults of the log, the receipts and the balances in a closed coordinator's directory. */
async function inspect(dataDir: string) {
  const store = await openStore(join(dataDir, 'store'))
  const { db } = store
  try {
    const receipts = await db.selectFrom('receipts').select(['log_index', 'account', 'certificate', 'unit']).execute()
    const units = await db.selectFrom('units').selectAll().execute()
    return { receipts, units, drift: await balanceDrift(db) }
  } finally {
    await store.close()
  }
}

describe('a grid', { timeout: 180_000 }, () => {
  test('default: two nodes complete a job, are paid, and the certificate holds', async () => {
    await Promise.all([openNode(url), openNode(url)])
    const requester = new TestRequester(url)
    expect((await requester.openAccount()).body).toMatchObject({ balance: (1000n * 10n ** 18n).toString() })
    const inputs = matrices('default', 300, 200, 700)
    const { status, body: admitted } = await requester.submit(inputs)
    expect(status).toBe(201)
    const id = String(admitted.id)
    const events = await requester.events(id)
    expect(events.at(-1)?.event).toBe('done')
    const { body: job } = await requester.get(`/api/v1/jobs/${id}`)
    expect(job).toMatchObject({ state: 'done', error: null, units: { total: admitted.units, done: admitted.units } })
    const result = job.result as { id: string; layout: never }
    const parts = await requester.download(result.id, partCount(result.layout))
    const leaves = parts.map((part) => leafDigest(part))
    expect(leaves).toEqual(await truth(inputs))
    const certificate = await checkCertificate(url, id)
    expect(verifyResult(certificate, leaves)).toMatchObject({ ok: true })
    expect(certificate.units[0]?.body).toMatchObject({ assurance: 'freivalds', transport: 'webrtc' })
    const price = 2n * 2n * 300n * 200n * 700n * 10n ** 6n
    const { body: account } = await requester.get(`/api/v1/accounts/${requester.signer.publicKey}`)
    expect(account).toMatchObject({ balance: (1000n * 10n ** 18n - price).toString(), escrowed: '0' })
    const stages = job.stages as Record<string, number>
    const { upload: _, ...rest } = stages
    const spentMs = Object.values(rest).reduce((sum, ms) => sum + ms, 0)
    expect(Math.abs(spentMs - (Number(job.finishedMs) - Number(job.submittedMs)))).toBeLessThan(10)
  })

  test('behaviour: a wrong tile is proven, gets no credit, and the job still completes', async () => {
    const wrong = await openNode(url, { openWorker: wrongTileWorker(openThreadWorker) })
    await Promise.all([openNode(url), openNode(url)])
    const requester = new TestRequester(url)
    await requester.openAccount()
    let dispute: Record<string, unknown> | undefined
    // The draw is random: one of a few jobs has the wrong node in it.
    for (let attempt = 0; attempt < 12 && dispute === undefined; attempt++) {
      const { body } = await requester.submit(matrices(`wrong ${attempt}`, 100, 64, 100))
      const events = await requester.events(String(body.id))
      expect(events.at(-1)?.event).toBe('done')
      await checkCertificate(url, String(body.id))
      dispute = events.find(({ event }) => event === 'dispute')?.data
    }
    expect(dispute?.node).toBe(wrong.state.node)
    const proof = decodeFaultProof(utf8(await (await fetch(`${url}/api/v1/faults/${String(dispute?.proof)}`)).text()))
    const { body: network } = await requester.get('/api/v1/network')
    const coordinator = (network.genesis as { coordinator: never }).coordinator
    expect(await verifyFaultProof(proof, { network: network.network as never, coordinator })).toMatchObject({
      ok: true,
    })
    expect((await requester.get(`/api/v1/accounts/${wrong.state.node}`)).body).toMatchObject({ earned: '0' })
  })

  test('behaviour: a node that copies the commitment of its peer gains nothing', async () => {
    const copier = await openNode(url, { openExchange: openCopyingExchange })
    await openNode(url)
    const requester = new TestRequester(url)
    await requester.openAccount()
    const { body } = await requester.submit(matrices('copy', 40, 32, 40))
    const events = requester.events(String(body.id))
    await until(copier, () => copier.state.units.some(({ outcome }) => outcome === 'rejected'))
    await openNode(url)
    expect((await events).at(-1)?.event).toBe('done')
    expect((await requester.get(`/api/v1/accounts/${copier.state.node}`)).body).toMatchObject({ earned: '0' })
    await checkCertificate(url, String(body.id))
  })

  test('behaviour: f32 products agree within bounds and are labelled tolerant', async () => {
    await Promise.all([openNode(url), openNode(url)])
    const requester = new TestRequester(url)
    await requester.openAccount()
    const { body } = await requester.submit(matrices('f32', 65, 33, 70, 'f32'))
    expect((await requester.events(String(body.id))).at(-1)?.event).toBe('done')
    const certificate = await checkCertificate(url, String(body.id))
    expect(certificate.units[0]?.body.assurance).toBe('tolerant')
  })

  test('option: replication 1 needs one node, and the result of a newcomer is audited', async () => {
    await openNode(url)
    const requester = new TestRequester(url)
    await requester.openAccount()
    const { body } = await requester.submit(matrices('single', 30, 20, 30), { replication: 1 })
    expect((await requester.events(String(body.id))).at(-1)?.event).toBe('done')
    const certificate = await checkCertificate(url, String(body.id))
    expect(certificate.units[0]?.body).toMatchObject({ assurance: 'freivalds', transport: 'none' })
  })

  test('behaviour: a node that vanishes in the middle of a unit is replaced, and nothing is paid to it', async () => {
    let hang = () => {}
    const hanging = new Promise<void>((resolve) => (hang = resolve))
    let vanish = async () => {}
    const lost = await openNode(url, {
      openWorker: () => {
        const handle = openThreadWorker()
        const run: typeof handle.api.run = () => {
          hang()
          return new Promise(() => {})
        }
        return { ...handle, api: { ...handle.api, run } }
      },
      openPeer: async (options) => {
        const peer = await createNodePeer(options)
        vanish = async () => {
          await peer.keeper.stop()
          await peer.libp2p.stop()
        }
        return peer
      },
    })
    await openNode(url)
    const requester = new TestRequester(url)
    await requester.openAccount()
    const { body } = await requester.submit(matrices('vanish', 20, 20, 20))
    const events = requester.events(String(body.id))
    await hanging
    await openNode(url)
    await vanish()
    expect((await events).at(-1)?.event).toBe('done')
    const certificate = await checkCertificate(url, String(body.id))
    expect(certificate.units[0]?.body.replicas.map(({ lease }) => lease.body.node)).not.toContain(lost.state.node)
    expect((await requester.get(`/api/v1/accounts/${lost.state.node}`)).body).toMatchObject({ earned: '0' })
  })

  test('behaviour: jobs whose units and results are the same contents do not disturb one another', async () => {
    await Promise.all([openNode(url), openNode(url)])
    const requester = new TestRequester(url)
    await requester.openAccount()
    // All zeros: every block of every product is the same content.
    const zeros = (m: number, n: number) => [
      holdMatrix<'i8'>(new Int8Array(m * 8), { form: 'matrix', dtype: 'i8', rows: m, cols: 8 }),
      holdMatrix<'i8'>(new Int8Array(8 * n), { form: 'matrix', dtype: 'i8', rows: 8, cols: n }),
    ]
    const ids: string[] = []
    for (const [m, n] of [
      [1024, 1024],
      [2048, 1024],
      [2048, 2048],
      [2048, 2048],
    ] as const)
      ids.push(String((await requester.submit(zeros(m, n))).body.id))
    for (const id of ids) {
      expect((await requester.events(id)).at(-1)?.event).toBe('done')
      const { result } = await checkCertificate(url, id)
      const parts = await requester.download(result.id, partCount(result.layout))
      expect(parts.every((part) => part.length === 256 * 256 * 4)).toBe(true)
    }
  })

  test('behaviour: a job without enough nodes waits for them', async () => {
    const requester = new TestRequester(url)
    await requester.openAccount()
    const { body } = await requester.submit(matrices('wait', 20, 20, 20))
    const events = requester.events(String(body.id))
    await openNode(url)
    expect((await requester.get(`/api/v1/jobs/${String(body.id)}`)).body).toMatchObject({ state: 'running' })
    await openNode(url)
    expect((await events).at(-1)?.event).toBe('done')
  })

  test('behaviour: restarts in the middle of a job lose and double nothing', async () => {
    const dataDir = await newDir()
    const first = await open(dataDir)
    const port = Number(new URL(first.url).port)
    await Promise.all([openNode(first.url), openNode(first.url)])
    const requester = new TestRequester(first.url)
    await requester.openAccount()
    const inputs = matrices('restart', 1500, 64, 1500)
    const { body } = await requester.submit(inputs)
    const id = String(body.id)
    expect(Number(body.units)).toBeGreaterThan(3)
    let running = first
    const seed = toHex(systemRandom.bytes(8))
    const random = seededRandom(seed)
    for (let restart = 0; restart < 3; restart++) {
      await new Promise((resolve) => setTimeout(resolve, randomInt(random, 1500)))
      await running.close()
      running = await open(dataDir, { port })
    }
    expect((await requester.events(id)).at(-1)?.event, `seed ${seed}`).toBe('done')
    const certificate = await checkCertificate(running.url, id)
    expect(resultLeaves(certificate)).toEqual(await truth(inputs))
    await running.close()
    const { receipts, units, drift } = await inspect(dataDir)
    expect(drift).toEqual([])
    expect(units.every(({ state }) => state === 'done')).toBe(true)
    expect(receipts).toHaveLength(2 * units.length)
    expect(new Set(receipts.map(({ unit, account }) => `${unit} ${account}`)).size).toBe(receipts.length)
  })
})
