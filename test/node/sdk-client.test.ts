// The SDK against a real coordinator with two real nodes, and against one that lies on the way.
import { rm } from 'node:fs/promises'
import { type Coordinator, openCoordinator } from '#coordinator/coordinator.ts'
import { digestOf } from '#core/digest.ts'
import { seededRandom } from '#core/random.ts'
import { startProcessNode } from '#node/process.ts'
import { type Matrix, connect, formatCredits, signerFromSecret, verifyCertificate } from '#sdk/index.ts'
import type { Fetcher } from '#sdk/http.ts'
import { NetworkChangedError } from '#sdk/network.ts'
import { CertificateRefusedError, OverBudgetError } from '#sdk/run.ts'
import { ContentMismatchError } from '#sdk/download.ts'
import { matmulInt8 } from '#tensor/cpu/matmul-int8.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newDataDir } from '../support/empty-store.ts'

const OTHER_NETWORK = digestOf('test', 'another network')
const random = seededRandom('sdk client')
const account = signerFromSecret(random.bytes(32))
const shape = { m: 260, k: 300, n: 270 }
const a = int8Matrix(shape.m, shape.k)
const b = int8Matrix(shape.k, shape.n)

let folder = ''
let coordinator: Coordinator
let nodes: ReturnType<typeof startProcessNode>[] = []

beforeAll(async () => {
  folder = await newDataDir('sdk')
  coordinator = await openCoordinator({ dataDir: folder })
}, 120_000)

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()))
  await coordinator.close()
  await rm(folder, { recursive: true, force: true })
})

describe('without nodes', () => {
  test('behaviour: an abort cancels the job and what it held is refunded', async () => {
    const client = await connect(coordinator.url, { account })
    const controller = new AbortController()
    const reason = new Error('enough')
    const run = client.matmul(a, b, {
      signal: controller.signal,
      onProgress: (stage) => {
        if (stage === 'compute') controller.abort(reason)
      },
    })
    await expect(run).rejects.toBe(reason)
    const { balance, escrowed, grant } = await client.accountOf(client.account)
    expect({ balance, escrowed }).toEqual({ balance: grant, escrowed: '0' })
  })

  test('error: OverBudget before anything is uploaded', async () => {
    const client = await connect(coordinator.url, { account })
    const stages: string[] = []
    const run = client.matmul(a, b, { maxPrice: 1n, onProgress: (stage) => stages.push(stage) })
    await expect(run).rejects.toThrow(OverBudgetError)
    expect(new Set(stages)).toEqual(new Set(['digest']))
  })

  test('error: shapes that do not fit are refused before anything is uploaded', async () => {
    const client = await connect(coordinator.url, { account })
    await expect(client.matmul(a, a)).rejects.toMatchObject({ kind: 'input' })
  })

  test('error: an unknown job', async () => {
    const client = await connect(coordinator.url, { account })
    await expect(client.job(digestOf('test', 'nothing'))).rejects.toMatchObject({ kind: 'input' })
  })

  test('error: NetworkChanged when another network answers than the one that is known', async () => {
    await expect(connect(coordinator.url, { network: OTHER_NETWORK })).rejects.toThrow(NetworkChangedError)
  })

  test('error: a network that is not its genesis', async () => {
    const lying = lyingFetch('/network', (text) => text.replace(/"name":"[^"]*"/, '"name":"elsewhere"'))
    await expect(connect(coordinator.url, { fetch: lying })).rejects.toMatchObject({
      name: 'sdk.Answer',
      kind: 'hostile',
    })
  })
})

describe('with two nodes', () => {
  beforeAll(() => {
    const consent = { gpuShare: 1, expiresMs: Date.now() + 3_600_000, site: null }
    nodes = [1, 2].map(() => {
      const signer = signerFromSecret(random.bytes(32))
      return startProcessNode({ coordinator: coordinator.url, consent, signer, isKeyKept: false })
    })
  })

  test('default: a verified product, its certificate, and what was paid', { timeout: 120_000 }, async () => {
    const client = await connect(coordinator.url, { account })
    const { result, certificateBytes, paid, checks, job } = await client.matmul(a, b)
    expect(result).toEqual({ rows: 260, cols: 270, data: matmulInt8(a.data, b.data, shape) })
    expect(formatCredits(paid)).toBe('0.000084')
    expect(checks.map(({ check }) => check)).toContain('receipt')
    expect(await client.job(job)).toMatchObject({ state: 'done', units: { total: 1, done: 1 } })
    const { verdict } = await client.verify(certificateBytes, { recompute: true })
    expect(verdict).toMatchObject({ ok: true })
    const { escrowed, balance, grant } = await client.accountOf(client.account)
    expect(escrowed).toBe('0')
    expect(BigInt(grant) - BigInt(balance)).toBe(paid)
    expect(await verifyCertificate(certificateBytes, { network: OTHER_NETWORK })).toMatchObject({
      verdict: { check: 'network' },
    })
  })

  test('error: a coordinator that hands out another certificate or result is not believed', async () => {
    const forged = lyingFetch('/certificate', (text) => text.replace('"replication": 2', '"replication": 1'))
    const forgedClient = await connect(coordinator.url, { account, fetch: forged })
    await expect(forgedClient.matmul(a, b)).rejects.toThrow(CertificateRefusedError)
    const swapped: Fetcher = async (url, init) => {
      const response = await fetch(url, init)
      if (init.method === 'PUT' || !url.endsWith('/parts/1')) return response
      return new Response(new Uint8Array(await response.arrayBuffer()).map((byte, at) => (at === 7 ? byte ^ 1 : byte)))
    }
    const swappedClient = await connect(coordinator.url, { account, fetch: swapped })
    await expect(swappedClient.matmul(a, b)).rejects.toThrow(ContentMismatchError)
  })
})

/** What a coordinator, or whoever sits between, could make of the answer of one path. */
function lyingFetch(path: string, change: (text: string) => string): Fetcher {
  return async (url, init) => {
    const response = await fetch(url, init)
    if (!url.endsWith(path)) return response
    return new Response(change(await response.text()), response)
  }
}

function int8Matrix(rows: number, cols: number): Matrix<Int8Array<ArrayBuffer>> {
  return { rows, cols, data: new Int8Array(random.bytes(rows * cols).buffer) }
}
