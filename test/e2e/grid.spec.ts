// The whole grid in real pages: Chromium nodes with WebGPU, commitments and reveals over WebRTC, the real coordinator, the real SDK.
// Pages that break the rules are in test/adversary/pages-grid.test.ts.
import { rmSync } from 'node:fs'
import { type Browser, type Page, expect, test } from '@playwright/test'
import { type Coordinator, openCoordinator } from '#coordinator/coordinator.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { COMMIT_PROTOCOL } from '#net/protocols/commit/constants.ts'
import { REVEAL_PROTOCOL } from '#net/protocols/reveal/constants.ts'
import { type Client, type Matrix, connect } from '#sdk/index.ts'
import { newDataDir } from '../support/empty-store.ts'
import { matmulInt8Reference } from '../support/matmul-truth.ts'
import { type HarnessSite, openHarness } from '../support/harness-site.ts'

let harness: HarnessSite
let coordinator: Coordinator
let dataDir = ''
let client: Client
const closers: (() => Promise<unknown>)[] = []
const bugs: unknown[] = []

test.beforeAll(async () => {
  harness = await openHarness('grid-node.html')
})
test.afterAll(() => harness.close())

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
async function openNode(browser: Browser, hasWebRtc = true): Promise<{ page: Page; node: PublicKey }> {
  const context = await browser.newContext()
  if (!hasWebRtc) await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'RTCPeerConnection'))
  closers.push(() => context.close())
  const page = await context.newPage()
  await page.goto(harness.url)
  await page.waitForFunction(() => 'gridNode' in window)
  const state = await page.evaluate((url) => window.gridNode.start(url, 'honest'), coordinator.url)
  expect(state.device?.backend).toBe('webgpu')
  if (state.node === null) throw new Error('The node has no key.')
  return { page, node: state.node }
}

function matrix(seed: string, rows: number, cols: number): Matrix<Int8Array<ArrayBuffer>> {
  console.log(`seed: ${seed}`)
  return { rows, cols, data: new Int8Array(seededRandom(seed).bytes(rows * cols).buffer) }
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
  const without = await openNode(browser, false)
  await openNode(browser)
  const [a, b] = [matrix('relay/a', 64, 80), matrix('relay/b', 80, 64)]
  const { result, certificate } = await client.matmul(a, b)
  expect(result.data).toEqual(matmulInt8Reference(a, b))
  expect(certificate.units[0]?.body.transport).toBe('relay')
  const traffic = await without.page.evaluate(() => window.gridNode.traffic())
  const relayed = traffic.filter(({ protocol, transport }) => protocol === REVEAL_PROTOCOL.id && transport === 'relay')
  expect(relayed.reduce((sum, row) => sum + row.sentBytes + row.receivedBytes, 0)).toBeGreaterThan(200)
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
