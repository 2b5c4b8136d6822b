// Contributors' nodes in a real page: workers with WebGPU, libp2p over WebRTC, the browser's storage, against the real coordinator.
import { afterEach, describe, expect, test } from 'vitest'
import { cdp, commands } from 'vitest/browser'
import { partCount } from '#core/content.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { EMPTY_ROOT, leafDigest } from '#core/merkle.ts'
import { seededRandom, systemRandom } from '#core/random.ts'
import { createMemorySessionStore, obtainSession } from '#identity/session-store.ts'
import { decodeJobCertificate } from '#ledger/job-certificate.ts'
import type { ContributorPeer } from '#net/contributor-peer.ts'
import { COMMIT_PROTOCOL } from '#net/protocols/commit/constants.ts'
import { REVEAL_PROTOCOL } from '#net/protocols/reveal/constants.ts'
import { browserParts, startContribution } from '#node/browser.ts'
import { signConsent } from '#node/consent.ts'
import { type NodeContribution, type NodeParts, startNode } from '#node/contribution.ts'
import type { NodeIdentity } from '#node/identity.ts'
import { openLocalStore } from '#node/local-store.ts'
import { obtainPageIdentity } from '#node/page-identity.ts'
import type { Contribution, NodeState } from '#node/state.ts'
import { type WorkerHandle, linkWorker } from '#node/worker-link.ts'
import { kindOf } from '#work/kinds.ts'
import { inputsOf, randomMatrix, recomputed } from '../support/certified-job.ts'
import { wrongTileWorker } from '../support/misbehaving-nodes.ts'
import { TestRequester } from '../support/test-requester.ts'
// oxlint-disable-next-line import/default -- Vite makes the built worker's address the default export of this name.
import watchedWorkerUrl from '../support/watched-worker.ts?worker&url'

const PATIENCE_MS = 60_000
const running: Contribution[] = []

afterEach(async () => {
  for (const node of running.splice(0)) await node.stop()
  await commands.stopCoordinators()
})

function consent(change = {}) {
  return { gpuShare: 1, expiresMs: Date.now() + 3_600_000, site: null, ...change }
}

/** An identity of its own for each node of this page. */
async function freshIdentity(): Promise<NodeIdentity> {
  const { signer, record } = await obtainSession(createMemorySessionStore())
  const noPasskey = () => Promise.reject(new Error('There is no passkey in this test.'))
  return {
    signer,
    beatKey: record.pair,
    isPersistent: false,
    delegation: () => null,
    protect: noPasskey,
    close: () => {},
  }
}

function newNode(
  url: string,
  change: Partial<NodeParts> = {},
): { node: NodeContribution; peer: () => ContributorPeer } {
  const parts = browserParts({ coordinator: url, consent: consent() })
  let peer: ContributorPeer | undefined
  const openPeer: NodeParts['openPeer'] = async (options) => (peer = await parts.openPeer(options))
  const node = startNode({ ...parts, obtainIdentity: freshIdentity, openPeer, ...change })
  running.push(node)
  return {
    node,
    peer: () => {
      if (peer === undefined) throw new Error('The node has no peer yet.')
      return peer
    },
  }
}

function until(node: Contribution, test: (state: NodeState) => boolean): Promise<NodeState> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop()
      reject(new Error(`The state did not come; it is ${JSON.stringify(node.state)}`))
    }, PATIENCE_MS)
    const check = (state: NodeState) => {
      if (!test(state)) return
      clearTimeout(timer)
      stop()
      resolve(state)
    }
    const stop = node.onChange(check)
    check(node.state)
  })
}

async function untilJobEnds(requester: TestRequester, id: string): Promise<Record<string, unknown>> {
  for (;;) {
    const { body } = await requester.get(`/api/v1/jobs/${id}`)
    if (body.state !== 'running') return body
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function product(url: string, m: number, k: number, n: number) {
  const random = seededRandom(`product ${m} ${k} ${n}`)
  const inputs = [randomMatrix(random, 'i8', m, k), randomMatrix(random, 'i8', k, n)]
  const requester = new TestRequester(url)
  await requester.openAccount()
  const { body } = await requester.submit(inputs)
  return { requester, inputs, id: String(body.id) }
}

function watchedWorker(): WorkerHandle {
  const worker = new Worker(watchedWorkerUrl, { type: 'module' })
  return linkWorker(worker, {
    terminate: () => worker.terminate(),
    onFailure: (listener) => worker.addEventListener('error', (event) => listener(event.message)),
  })
}

describe('nodes in a page', () => {
  test('default: two nodes on WebGPU complete a job; commitments and reveals go over WebRTC and never cross the relay', async () => {
    const url = await commands.startCoordinator()
    const [a, b] = [newNode(url), newNode(url)]
    const states = await Promise.all([a, b].map(({ node }) => until(node, ({ phase }) => phase === 'waiting')))
    expect(states.map(({ device }) => device?.backend)).toEqual(['webgpu', 'webgpu'])
    const { requester, inputs, id } = await product(url, 600, 512, 300)
    const job = await untilJobEnds(requester, id)
    expect(job).toMatchObject({ state: 'done' })
    const answer = await fetch(new URL(`/api/v1/jobs/${id}/certificate`, url))
    const certificate = decodeJobCertificate(new Uint8Array(await answer.arrayBuffer()))
    expect(certificate.units.map(({ body }) => [body.transport, body.assurance])).toEqual([['webrtc', 'freivalds']])
    const kind = kindOf('matmul', 1)
    const [unit] = kind.split({ params: {}, inputs: inputs.map(({ ref }) => ref) })
    if (unit === undefined) throw new Error('The job has no unit.')
    const own = inputsOf(kind, unit, inputs)
    const expected: string[] = []
    for (let index = 0; index < partCount(kind.resultLayout(unit)); index++)
      expected.push(leafDigest(await recomputed(kind, unit, own, index)))
    expect(certificate.units[0]?.body.leaves).toEqual(expected)
    for (const { id: protocol } of [COMMIT_PROTOCOL, REVEAL_PROTOCOL])
      for (const { peer } of [a, b]) {
        expect(peer().traffic.bytes({ protocol, transport: 'webrtc' })).toBeGreaterThan(500)
        expect(peer().traffic.bytes({ protocol, transport: 'relay' })).toBe(0)
      }
    for (const { node } of [a, b]) {
      const { units, creditedSession } = await until(node, ({ unitsDone }) => unitsDone === 1)
      expect(units[0]).toMatchObject({ outcome: 'agreed', credited: creditedSession })
      expect(units[0]?.peers[0]?.transport).toBe('webrtc')
    }
  })

  test('behaviour: a third node that returns a wrong tile is caught, gets no credit, and the job still completes', async () => {
    const url = await commands.startCoordinator()
    const honest = newNode(url)
    const { openWorker } = browserParts({ coordinator: url, consent: consent() })
    const wrong = newNode(url, { openWorker: wrongTileWorker(openWorker) })
    await Promise.all([honest, wrong].map(({ node }) => until(node, ({ phase }) => phase === 'waiting')))
    const { requester, id } = await product(url, 300, 64, 300)
    const { units } = await until(wrong.node, (state) => state.units[0]?.outcome === 'rejected')
    expect(units[0]).toMatchObject({ credited: '0' })
    const third = newNode(url)
    await until(third.node, ({ phase }) => phase === 'waiting' || phase === 'working')
    expect(await untilJobEnds(requester, id)).toMatchObject({ state: 'done' })
    expect(wrong.node.state.creditedSession).toBe('0')
    const done = await until(honest.node, ({ unitsDone }) => unitsDone === 1)
    expect(BigInt(done.creditedSession)).toBeGreaterThan(0n)
  })

  test('behaviour: nothing touches the GPU before a consent that holds is given to the worker', async () => {
    let touched = 0
    const channel = new BroadcastChannel('watched-worker')
    channel.addEventListener('message', () => touched++)
    const gpu = Object.getOwnPropertyDescriptor(Navigator.prototype, 'gpu')
    let asked = 0
    Object.defineProperty(navigator, 'gpu', { configurable: true, get: () => (asked++, gpu?.get?.call(navigator)) })
    browserParts({ coordinator: 'http://unused.invalid', consent: consent() })
    const worker = watchedWorker()
    const expired = consent({ expiresMs: Date.now() - 1 })
    const signer = signerFromSecret(systemRandom.bytes(32))
    const context = { network: EMPTY_ROOT, checkpoint: { size: 0, root: EMPTY_ROOT } }
    await expect(worker.api.open('webgpu', await signConsent(signer, context, expired))).rejects.toMatchObject({
      name: 'node.Consent',
      kind: 'input',
    })
    await expect(worker.api.selfTest(leafDigest(new Uint8Array(0)), ['products'])).rejects.toMatchObject({
      name: 'node.NotOpen',
    })
    expect([asked, touched]).toEqual([0, 0])
    const { info } = await worker.api.open('webgpu', await signConsent(signer, context, consent()))
    expect(info.backend).toBe('webgpu')
    await expect.poll(() => touched).toBeGreaterThan(0)
    expect(asked).toBe(0)
    worker.terminate()
    Reflect.deleteProperty(navigator, 'gpu')
    channel.close()
  })

  // A busy machine can take longer to schedule the end; a node that takes longer does so every time.
  test('behaviour: stopping ends the worker within 100 ms in the middle of a unit', { retry: 2 }, async () => {
    const url = await commands.startCoordinator()
    const { node } = newNode(url, { openWorker: watchedWorker })
    await until(node, ({ phase }) => phase === 'waiting')
    const { requester, inputs } = await product(url, 1024, 2048, 1024)
    await requester.submit(inputs, { replication: 1 })
    await until(node, ({ phase }) => phase === 'working')
    const startMs = performance.now()
    const stopping = node.stop()
    // The lock is free when the worker is gone.
    await navigator.locks.request('watched-worker', () => undefined)
    expect(performance.now() - startMs).toBeLessThan(100)
    await stopping
    expect(node.state.phase).toBe('off')
  })

  test('behaviour: the identity and what was measured on the device are there after a reload, and one tab at a time is the node', async () => {
    const url = await commands.startCoordinator()
    const first = await startContribution({ coordinator: url, consent: consent() })
    running.push(first)
    const { node: key, isIdentityPersistent } = await until(first, ({ phase }) => phase === 'waiting')
    expect(isIdentityPersistent).toBe(true)
    const second = await startContribution({ coordinator: url, consent: consent() })
    running.push(second)
    const { error } = await until(second, ({ phase }) => phase === 'attention')
    expect(error).toMatchObject({ name: 'node.OtherTab', kind: 'input' })
    await first.stop()
    const identity = await obtainPageIdentity()
    expect(identity.signer.publicKey).toBe(key)
    identity.close()
    const store = await openLocalStore()
    const keys = await store.keys()
    expect(keys.filter((name) => name.startsWith('tuning/'))).not.toEqual([])
  })

  test('behaviour: a passkey raises the tier at once, and the delegation is there for the next visit', async () => {
    await cdp().send('WebAuthn.enable', {})
    const { authenticatorId } = await cdp().send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        defaultBackupEligibility: true,
        defaultBackupState: true,
      },
    })
    const url = await commands.startCoordinator([location.origin])
    const node = await startContribution({ coordinator: url, consent: consent() })
    running.push(node)
    expect((await until(node, ({ phase }) => phase === 'waiting')).tier).toBe(0)
    await node.protectWithPasskey()
    expect(node.state.tier).toBe(1)
    await node.stop()
    const again = await startContribution({ coordinator: url, consent: consent() })
    running.push(again)
    expect((await until(again, ({ phase }) => phase === 'waiting')).tier).toBe(1)
    await cdp().send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
  })

  test('error: NoCoordinator keeps trying, and Stop ends that too', async () => {
    const { node } = newNode('http://localhost:9')
    const { reason } = await until(node, ({ phase }) => phase === 'reconnecting')
    expect(reason).toContain('There is no coordinator at http://localhost:9')
    await node.stop()
    expect(node.state.phase).toBe('off')
  })
})
