// The whole grid in real pages: Chromium nodes with WebGPU, commitments and reveals over WebRTC, the real coordinator, the real SDK.
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type Page, expect, test } from '@playwright/test'
import { type PreviewServer, build, preview } from 'vite'
import { type Coordinator, openCoordinator } from '#coordinator/coordinator.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { COMMIT_PROTOCOL } from '#net/protocols/commit/constants.ts'
import { REVEAL_PROTOCOL } from '#net/protocols/reveal/constants.ts'
import { type Client, type Matrix, connect } from '#sdk/index.ts'
import { newDataDir } from '../support/empty-store.ts'
import { matmulInt8Reference } from '../support/matmul-truth.ts'
import type { Behaviour } from './harness/grid-node.ts'

let server: PreviewServer
let builtDir = ''
let harness = ''
let coordinator: Coordinator
let dataDir = ''
let client: Client
const closers: (() => Promise<unknown>)[] = []
const bugs: unknown[] = []

test.beforeAll(async () => {
  const root = fileURLToPath(new URL('harness', import.meta.url))
  builtDir = mkdtempSync(join(tmpdir(), 'grid-harness-'))
  const common = { configFile: false, logLevel: 'error', root } as const
  // Built, not served module by module: every node is a page of its own profile, with nothing in its cache.
  await build({
    ...common,
    build: { outDir: builtDir, target: 'es2023', rollupOptions: { input: join(root, 'grid-node.html') } },
    worker: { format: 'es' },
  })
  server = await preview({ ...common, build: { outDir: builtDir }, preview: { host: '127.0.0.1', port: 0 } })
  const address = server.httpServer.address() as AddressInfo | null
  if (address === null) throw new Error('The server has no port.')
  harness = `http://localhost:${address.port}/grid-node.html`
})
test.afterAll(async () => {
  await server.close()
  rmSync(builtDir, { recursive: true, force: true })
})

test.beforeEach(async () => {
  dataDir = await newDataDir('grid')
  coordinator = await openCoordinator({ dataDir, report: (error) => bugs.push(error) })
  client = await connect(coordinator.url)
})

test.afterEach(async () => {
  for (const close of closers.splice(0)) await close()
  await coordinator.close()
  rmSync(dataDir, { recursive: true, force: true })
  expect(bugs.splice(0)).toEqual([])
})

/** A page of its own profile that contributes. */
async function openNode(
  browser: Browser,
  behaviour: Behaviour = 'honest',
  hasWebRtc = true,
): Promise<{ page: Page; node: PublicKey }> {
  const context = await browser.newContext()
  if (!hasWebRtc) await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'RTCPeerConnection'))
  closers.push(() => context.close())
  const page = await context.newPage()
  await page.goto(harness)
  await page.waitForFunction(() => 'gridNode' in window)
  const [url, how] = [coordinator.url, behaviour] as const
  const state = await page.evaluate(([at, kind]) => window.gridNode.start(at, kind), [url, how] as const)
  expect(state.device?.backend).toBe('webgpu')
  if (state.node === null) throw new Error('The node has no key.')
  return { page, node: state.node }
}

function matrix(seed: string, rows: number, cols: number): Matrix<Int8Array<ArrayBuffer>> {
  console.log(`seed: ${seed}`)
  return { rows, cols, data: new Int8Array(seededRandom(seed).bytes(rows * cols).buffer) }
}

async function logEntries(): Promise<{ type: string; node?: string }[]> {
  const response = await fetch(new URL('/api/v1/log/entries?from=0&limit=1000', coordinator.url))
  return ((await response.json()) as { entries: { entry: { type: string } }[] }).entries.map(({ entry }) => entry)
}

async function earned(node: PublicKey): Promise<bigint> {
  return BigInt((await client.accountOf(node)).earned)
}

test('default: two pages complete a job, checking each other over WebRTC', async ({ browser }) => {
  const nodes = [await openNode(browser), await openNode(browser)]
  const [a, b] = [matrix('grid/a', 300, 260), matrix('grid/b', 260, 515)]
  const { result, certificate } = await client.matmul(a, b)
  expect(result.data).toEqual(matmulInt8Reference(a, b))
  const [unit] = certificate.units
  expect(unit?.body).toMatchObject({ assurance: 'freivalds', transport: 'webrtc' })
  expect(unit?.body.replicas.map(({ lease }) => lease.body.node).toSorted()).toEqual(
    nodes.map(({ node }) => node).toSorted(),
  )
  for (const { page, node } of nodes) {
    const traffic = await page.evaluate(() => window.gridNode.traffic())
    const bytes = (protocol: string, transport: string) =>
      traffic
        .filter((row) => row.protocol === protocol && row.transport === transport)
        .reduce((sum, row) => sum + row.sentBytes + row.receivedBytes, 0)
    expect(bytes(COMMIT_PROTOCOL.id, 'webrtc')).toBeGreaterThan(200)
    expect(bytes(COMMIT_PROTOCOL.id, 'relay')).toBe(0)
    expect(bytes(REVEAL_PROTOCOL.id, 'relay')).toBe(0)
    expect(await earned(node)).toBe(2n * 300n * 260n * 515n * 10n ** 6n)
  }
})

test('behaviour: where a page has no WebRTC the relay carries what it exchanges, and the certificate says so', async ({
  browser,
}) => {
  const without = await openNode(browser, 'honest', false)
  await openNode(browser)
  const [a, b] = [matrix('relay/a', 64, 80), matrix('relay/b', 80, 64)]
  const { result, certificate } = await client.matmul(a, b)
  expect(result.data).toEqual(matmulInt8Reference(a, b))
  expect(certificate.units[0]?.body.transport).toBe('relay')
  const traffic = await without.page.evaluate(() => window.gridNode.traffic())
  const relayed = traffic.filter(({ protocol, transport }) => protocol === REVEAL_PROTOCOL.id && transport === 'relay')
  expect(relayed.reduce((sum, row) => sum + row.sentBytes + row.receivedBytes, 0)).toBeGreaterThan(200)
})

const CAUGHT: readonly (readonly [Behaviour, string])[] = [
  ['wrong', 'with a wrong tile'],
  ['equivocator', 'that commits to one thing before the coordinator and to another before its peer'],
]
for (const [behaviour, does] of CAUGHT)
  test(`behaviour: a page ${does} is caught by the others, proven and not paid`, async ({ browser }) => {
    const wrong = await openNode(browser, behaviour)
    await openNode(browser)
    await openNode(browser)
    const hasFault = async () => (await logEntries()).some(({ type, node }) => type === 'fault' && node === wrong.node)
    // The draw is free: within a few jobs the wrong page has computed one.
    for (let attempt = 0; attempt < 12 && !(await hasFault()); attempt++) {
      const [a, b] = [matrix(`${behaviour}/a${attempt}`, 64, 80), matrix(`${behaviour}/b${attempt}`, 80, 64)]
      const { result, certificate } = await client.matmul(a, b)
      expect(result.data).toEqual(matmulInt8Reference(a, b))
      expect(certificate.units[0]?.body.replicas.map(({ lease }) => lease.body.node)).not.toContain(wrong.node)
    }
    expect(await hasFault()).toBe(true)
    expect(await earned(wrong.node)).toBe(0n)
  })

test('behaviour: a page that copies the commitment of its peer gains nothing', async ({ browser }) => {
  const copier = await openNode(browser, 'copier')
  await openNode(browser)
  const [a, b] = [matrix('copier/a', 64, 64), matrix('copier/b', 64, 64)]
  const running = client.matmul(a, b)
  await expect
    .poll(() => copier.page.evaluate(() => window.gridNode.state().units.some(({ outcome }) => outcome === 'rejected')))
    .toBe(true)
  await openNode(browser)
  expect((await running).result.data).toEqual(matmulInt8Reference(a, b))
  expect(await earned(copier.node)).toBe(0n)
})

test('behaviour: a page that vanishes in the middle of a unit loses it, and the job completes', async ({ browser }) => {
  const leaving = await openNode(browser)
  await openNode(browser)
  const [a, b] = [matrix('vanish/a', 700, 900), matrix('vanish/b', 900, 700)]
  const running = client.matmul(a, b)
  await leaving.page.waitForFunction(() => window.gridNode.state().units.some(({ outcome }) => outcome === 'computing'))
  await leaving.page.context().close()
  await openNode(browser)
  expect((await running).result.data).toEqual(matmulInt8Reference(a, b))
  expect(await earned(leaving.node)).toBe(0n)
})
