// Leases that go wrong: silent, lying, late and greedy nodes against the real coordinator, whose clock runs faster where it must wait.
import { rm } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { utf8 } from '#core/bytes.ts'
import { contentId } from '#core/content.ts'
import { type Clock, systemClock } from '#core/clock.ts'
import { digestOf } from '#core/digest.ts'
import { EMPTY_ROOT, leafDigest } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import { signMessage } from '#core/signed.ts'
import { type Coordinator, openCoordinator } from '#coordinator/coordinator.ts'
import { PART_TIMEOUT_MS } from '#net/protocols/blob/constants.ts'
import { fetchContent, putContent } from '#net/protocols/blob/handler.ts'
import { HELLO_ANSWER_TIMEOUT_MS, SELF_TEST_TIMEOUT_MS } from '#net/protocols/hello/constants.ts'
import { ACCEPT_TIMEOUT_MS, HEARTBEAT_MS, HEARTBEAT_TIMEOUT_MS } from '#net/protocols/lease/constants.ts'
import type { NodeLease } from '#net/protocols/lease/handler.ts'
import type { FromCoordinator } from '#net/protocols/lease/messages.ts'
import { connect, verifyFault } from '#sdk/index.ts'
import { openingNonce, openingOf, signCommitment, signReveal } from '#verify/commit.ts'
import { signDecline } from '#verify/decline.ts'
import { leaseId } from '#work/lease.ts'
import { type HeldContent, randomMatrix } from '../support/certified-job.ts'
import { newDataDir } from '../support/empty-store.ts'
import { type LeaseScript, type Puppet, hearAll, openPuppet } from '../support/lease-puppet.ts'
import { TestRequester } from '../support/test-requester.ts'
import { WRONG_ANSWER } from '../support/self-test-answers.ts'

const GRANT = (1000n * 10n ** 18n).toString()
const FACTOR = 8
const random = seededRandom('coordinator-leases')
const bugs: unknown[] = []
const puppets: Puppet[] = []
let dir = ''
let coordinator: Coordinator
let requester: TestRequester

/** What a node is given to answer in: no sooner over than elsewhere, or a busy machine would break it. */
const PATIENCE_MS: readonly number[] = [
  ACCEPT_TIMEOUT_MS,
  HEARTBEAT_TIMEOUT_MS,
  HELLO_ANSWER_TIMEOUT_MS,
  SELF_TEST_TIMEOUT_MS,
  PART_TIMEOUT_MS,
]

/** Time that passes faster, for leases that run out and nodes that cool down. */
const clock: Clock = (() => {
  const start = systemClock.nowMs()
  return {
    nowMs: () => start + (systemClock.nowMs() - start) * FACTOR,
    after: (delayMs, callback) =>
      systemClock.after(PATIENCE_MS.includes(delayMs) ? delayMs : delayMs / FACTOR, callback),
  }
})()

beforeAll(async () => {
  dir = await newDataDir('leases')
  coordinator = await openCoordinator({ dataDir: dir, clock, config: { leaseMs: 80_000 }, report: (e) => bugs.push(e) })
  requester = new TestRequester(coordinator.url)
  await requester.openAccount()
}, 120_000)
afterAll(async () => {
  await coordinator.close()
  await rm(dir, { recursive: true, force: true })
})
afterEach(async () => {
  for (const puppet of puppets.splice(0)) await puppet.close()
  expect(bugs.splice(0)).toEqual([])
})

async function puppet(script: LeaseScript): Promise<Puppet> {
  const opened = await openPuppet(coordinator.url, script)
  puppets.push(opened)
  expect(opened.welcome.outcome).toBe('admitted')
  return opened
}

const inputs = (): HeldContent[] => [randomMatrix(random, 'i8', 6, 5), randomMatrix(random, 'i8', 5, 7)]

async function job(change = {}): Promise<string> {
  const { body } = await requester.submit(inputs(), { replication: 1, deadlineMs: 3_600_000, ...change })
  return String(body.id)
}

async function cancel(id: string): Promise<void> {
  await requester.send('DELETE', `/api/v1/jobs/${id}`, await requester.sign('cancel', { job: id }))
}

function stayAlive(lease: NodeLease): void {
  const beat = () => {
    if (lease.ended.aborted) return
    lease.say({ say: 'alive' }).catch(() => undefined)
    setTimeout(beat, HEARTBEAT_MS)
  }
  beat()
}

/** The first of what `script` gives, when a lease comes. */
function firstLease<T>(script: (...args: Parameters<LeaseScript>) => Promise<T>): {
  script: LeaseScript
  done: Promise<T>
} {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  return { script: (...args) => script(...args).then(resolve, reject), done: promise }
}

const last = (heard: readonly FromCoordinator[]) => heard.at(-1)

describe('a lease', { timeout: 120_000 }, () => {
  test('behaviour: silence ends it, and the unit goes to the next node', async () => {
    const silent = firstLease(async (_offer, lease) => {
      await lease.say({ say: 'accept' })
      return hearAll(lease)
    })
    await puppet(silent.script)
    const id = await job()
    expect(last(await silent.done)).toBeUndefined()
    const next = firstLease(async (offer) => offer.lease.body.attempt)
    await puppet(next.script)
    expect(await next.done).toBeGreaterThan(1)
    await cancel(id)
  })

  test('behaviour: an offer that is declined comes again later, and costs the unit nothing', async () => {
    const attempts: number[] = []
    const third = Promise.withResolvers<void>()
    await puppet(async (offer, lease, { signer, context }) => {
      attempts.push(offer.lease.body.attempt)
      await lease.say({ say: 'decline', decline: await signDecline(signer, context, offer.lease, 'busy') })
      if (attempts.length === 3) third.resolve()
    })
    const id = await job()
    await third.promise
    expect(attempts).toEqual([1, 2, 3])
    expect((await requester.get(`/api/v1/jobs/${id}`)).body).toMatchObject({ state: 'running' })
    await cancel(id)
  })

  test('behaviour: a unit that nodes fail 8 times ends its job, which is refunded', async () => {
    await puppet(async (_offer, lease) => {
      await lease.say({ say: 'accept' })
      await lease.say({ say: 'failed', reason: 'the device is lost' })
      await hearAll(lease)
    })
    const events = await requester.events(await job())
    expect(events.at(-1)).toMatchObject({ event: 'failed', data: { error: { name: 'coordinator.Attempts' } } })
    expect(JSON.stringify(events.at(-1))).toContain('failed 8 times, the last time because: the device is lost')
    const { body } = await requester.get(`/api/v1/accounts/${requester.signer.publicKey}`)
    expect(body).toMatchObject({ balance: GRANT, escrowed: '0' })
  })

  test('behaviour: one that runs out is refused with a sentence, however alive its node is', async () => {
    const slow = firstLease(async (_offer, lease) => {
      await lease.say({ say: 'accept' })
      stayAlive(lease)
      return hearAll(lease)
    })
    await puppet(slow.script)
    const id = await job()
    expect(last(await slow.done)).toEqual({
      say: 'rejected',
      reason: 'The lease is over: the lease ran out.',
      fault: null,
    })
    await cancel(id)
  })

  test('behaviour: cancelling a job ends its leases with the reason', async () => {
    const accepted = Promise.withResolvers<void>()
    const working = firstLease(async (_offer, lease) => {
      await lease.say({ say: 'accept' })
      stayAlive(lease)
      accepted.resolve()
      return hearAll(lease)
    })
    await puppet(working.script)
    const id = await job()
    await accepted.promise
    await cancel(id)
    expect(last(await working.done)).toMatchObject({ say: 'rejected', reason: expect.stringContaining('cancelled') })
  })

  test('behaviour: what was not computed cannot be opened: an invented result has no possession tag', async () => {
    const inventor = firstLease(async (offer, lease, { signer, context }) => {
      await lease.say({ say: 'accept' })
      stayAlive(lease)
      const leaf = leafDigest(new Uint8Array(6 * 7 * 4))
      const secret = { root: leaf, tag: EMPTY_ROOT, nonce: openingNonce(random) }
      const opening = openingOf(offer.lease, secret)
      await lease.say({ say: 'committed', commitment: await signCommitment(signer, context, opening) })
      const closed = await lease.hear()
      if (closed.say !== 'closed') throw new Error(`The coordinator said ${closed.say}.`)
      const reveal = await signReveal(signer, context, opening, closed.close)
      const body = { lease: leaseId(offer.lease), close: reveal.body.close, seen: [] }
      const sighting = await signMessage(signer, 'sighting', context, body)
      await lease.say({ say: 'revealed', reveal, leaves: [leaf], sighting })
      return hearAll(lease)
    })
    const { signer } = await puppet(inventor.script)
    const id = await job()
    const said = last(await inventor.done)
    expect(said).toMatchObject({ say: 'rejected', reason: 'The possession tag is not that of a computed result.' })
    const fault = said?.say === 'rejected' ? said.fault : null
    const evidence = utf8(await (await fetch(`${coordinator.url}/api/v1/faults/${fault}`)).text())
    const { verdict, proof } = await (await connect(coordinator.url)).verifyFault(evidence)
    expect(verdict).toMatchObject({ ok: true })
    expect(proof?.format).toBe('commonwatt/false-tag/v1')
    await expect(verifyFault(evidence)).rejects.toThrow('needs content')
    expect((await requester.get(`/api/v1/accounts/${signer.publicKey}`)).body).toMatchObject({ earned: '0' })
    await cancel(id)
  })

  test.each([
    [
      'a commitment for another lease',
      async (offer, lease, { signer, context }) => {
        const opening = { ...openingOf(offer.lease, { root: EMPTY_ROOT, tag: EMPTY_ROOT, nonce: EMPTY_ROOT }) }
        const commitment = await signCommitment(signer, context, { ...opening, lease: digestOf('other', 1) })
        await lease.say({ say: 'committed', commitment })
      },
    ],
    [
      'a reveal before the close',
      async (offer, lease, { signer, context }) => {
        const opening = openingOf(offer.lease, { root: EMPTY_ROOT, tag: EMPTY_ROOT, nonce: EMPTY_ROOT })
        const reveal = await signReveal(signer, context, opening, { ...offer.lease, type: 'close' } as never)
        await lease.say({ say: 'revealed', reveal, leaves: [], sighting: { ...reveal, type: 'sighting' } as never })
      },
    ],
    ['a message of another form', async (_offer, lease) => lease.say({ say: 'nonsense' } as never)],
  ] as [string, LeaseScript][])('error: %s drops the node, and the coordinator goes on', async (_name, misbehave) => {
    const hostile = firstLease(async (offer, lease, own) => {
      await lease.say({ say: 'accept' })
      await misbehave(offer, lease, own)
      return hearAll(lease)
    })
    const { peer } = await puppet(hostile.script)
    const dropped = new Promise((resolve) => peer.libp2p.addEventListener('peer:disconnect', resolve, { once: true }))
    const id = await job()
    await hostile.done
    await dropped
    expect((await requester.get('/healthz')).body).toEqual({ ok: true })
    await cancel(id)
  })
})

describe('contents over libp2p', { timeout: 60_000 }, () => {
  test('behaviour: inputs go to who holds a lease on them and to nobody else', async () => {
    const fetched = firstLease(async (offer, lease, { peer }) => {
      await lease.say({ say: 'accept' })
      stayAlive(lease)
      const parts: Uint8Array[] = []
      for (const { id } of offer.unit.inputs)
        await fetchContent(peer, peer.coordinator, id, { onPart: (_n, bytes) => void parts.push(bytes) })
      await lease.close()
      return parts
    })
    await puppet(fetched.script)
    const [a, b] = inputs()
    if (a === undefined || b === undefined) throw new Error('There are two inputs.')
    const { body } = await requester.submit([a, b], { replication: 1 })
    expect(await fetched.done).toEqual([a.parts[0], b.parts[0]])
    await cancel(String(body.id))
    const stranger = await puppet(async () => {})
    const attempt = fetchContent(stranger.peer, stranger.peer.coordinator, a.ref.id, { onPart: () => {} })
    await expect(attempt).rejects.toMatchObject({ name: 'net.ContentRefused', reason: 'forbidden' })
  })

  test('error: a result that nobody asked for is unwanted', async () => {
    const { peer } = await puppet(async () => {})
    const part = new Uint8Array(10)
    const leaves = [leafDigest(part)]
    const layout = { form: 'blob', sizeBytes: 10 } as const
    const offer = { lease: EMPTY_ROOT, id: contentId(layout, leaves), layout }
    const source = { leaves: async () => leaves, part: async () => part }
    await expect(putContent(peer, peer.coordinator, offer, source)).rejects.toMatchObject({ reason: 'unwanted' })
  })
})

describe('admission of nodes', { timeout: 60_000 }, () => {
  test('behaviour: admitted nodes are listed, and away when they leave', async () => {
    const { signer, welcome, close } = await puppet(async () => {})
    expect(welcome).toEqual({ outcome: 'admitted', tier: 0, balance: '0', pending: '0' })
    const find = async () => {
      const { body } = await requester.get('/api/v1/nodes')
      return (body.nodes as { node: string; state: string }[]).find(({ node }) => node === signer.publicKey)
    }
    expect(await find()).toMatchObject({ state: 'idle', backend: 'cpu', adapter: 'puppet', tier: 0 })
    await close()
    await expect.poll(async () => (await find())?.state, { timeout: 20_000 }).toBe('away')
  })

  test('error: a wrong self-test is refused with the reason', async () => {
    const { hello } = await puppet(async () => {})
    const welcome = await hello(async () => WRONG_ANSWER)
    expect(welcome).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('wrong result in the self-test'),
    })
  })
})
