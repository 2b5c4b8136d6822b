// What nodes say of a text before it is certified: who is told, who is not, and what becomes of nodes that say it wrongly.
import { rm } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { fromHex, utf8 } from '#core/bytes.ts'
import { Transcript, transcriptOf } from '#core/transcript.ts'
import { type Coordinator, openCoordinator } from '#coordinator/coordinator.ts'
import type { NodeLease, Offer } from '#net/protocols/lease/handler.ts'
import { parseEvents, type ServerEvent } from '#sdk/event-stream.ts'
import { type SignedProgress, signProgress } from '#verify/progress.ts'
import { generateParams, tokenBytes } from '#work/kinds/generate/task.ts'
import type { JobBody } from '#work/job.ts'
import { kindOf } from '#work/kinds.ts'
import { newDataDir } from '../support/empty-store.ts'
import { type LeaseScript, type Puppet, hearAll, openPuppet } from '../support/lease-puppet.ts'
import { TestRequester } from '../support/test-requester.ts'
import { TINY_CONFIG, holdBlob, tinyModelFile } from '../support/tiny-model.ts'

const shape = { ...TINY_CONFIG, fractionBits: 16, activationBits: 16, keyBits: 8 } as const
const model = holdBlob(await tinyModelFile('progress'))
const prompt = holdBlob(tokenBytes([...utf8('Once')]))
const bugs: unknown[] = []
const puppets: Puppet[] = []
const open = new Set<AbortController>()
let dir = ''
let coordinator: Coordinator
let requester: TestRequester

beforeAll(async () => {
  dir = await newDataDir('progress')
  coordinator = await openCoordinator({ dataDir: dir, report: (error) => bugs.push(error) })
  requester = new TestRequester(coordinator.url)
  await requester.openAccount()
}, 120_000)
afterAll(async () => {
  await coordinator.close()
  await rm(dir, { recursive: true, force: true })
})
afterEach(async () => {
  for (const controller of open) controller.abort()
  open.clear()
  for (const puppet of puppets.splice(0)) await puppet.close()
  expect(bugs.splice(0)).toEqual([])
})

async function puppet(script: LeaseScript): Promise<Puppet> {
  const opened = await openPuppet(coordinator.url, script)
  puppets.push(opened)
  return opened
}

async function submit(change: Partial<JobBody> = {}): Promise<string> {
  const { name: kind, version } = kindOf('generate', 2)
  const body = { kind, version, params: generateParams(shape, 20), replication: 1, ...change }
  return String((await requester.submit([model, prompt], body)).body.id)
}

/** The events that `account` hears of a job, as they come; null when it may not. */
async function follow(job: string, account = requester): Promise<AsyncGenerator<ServerEvent>> {
  const controller = new AbortController()
  open.add(controller)
  const response = await fetch(new URL(`/api/v1/jobs/${job}/events`, coordinator.url), {
    method: 'POST',
    body: JSON.stringify(await account.sign('follow', { job: job as never })),
    signal: controller.signal,
  })
  if (response.body === null || response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  return parseEvents(response.body)
}

type Told = { unit: string; lease: object | null; skipped: string; progress: SignedProgress }

/** The next progress, passing over everything else. */
async function nextProgress(events: AsyncGenerator<ServerEvent>): Promise<Told> {
  for (;;) {
    const { value, done } = await events.next()
    if (done === true) throw new Error('There were no more events.')
    if (value.event === 'progress') return JSON.parse(value.data) as Told
  }
}

/** Accepts a lease, waits to be asked, and gives what says pieces of progress. */
async function untilAsked(offer: Offer, lease: NodeLease, { signer, context }: Puppet) {
  await lease.say({ say: 'accept' })
  const message = await lease.hear()
  if (message.say !== 'stream') throw new Error(`The coordinator said ${message.say}.`)
  const said = new Transcript()
  const make = async (bytes: Uint8Array) => {
    const progress = await signProgress(signer, context, { lease: offer.lease, said, bytes })
    said.append(bytes)
    return progress
  }
  return { make, say: async (bytes: Uint8Array) => lease.say({ say: 'progress', progress: await make(bytes) }) }
}

describe('progress', { timeout: 60_000 }, () => {
  test('default: the requester is told, signed, with the lease first; whoever comes later is told everything', async () => {
    const go = Promise.withResolvers<void>()
    await puppet(async (offer, lease, own) => {
      const { say } = await untilAsked(offer, lease, own)
      await say(utf8('aaaa'))
      await go.promise
      await say(utf8('bbbb'))
      await hearAll(lease)
    })
    const job = await submit()
    const events = await follow(job)
    const first = await nextProgress(events)
    expect(first).toMatchObject({ skipped: '', progress: { body: { offset: 0 } } })
    expect(first.lease).toMatchObject({ body: { job, unit: first.unit } })
    go.resolve()
    const second = await nextProgress(events)
    expect(second).toMatchObject({ lease: null, skipped: '', progress: { body: { offset: 4 } } })
    const late = await nextProgress(await follow(job))
    expect(late.lease).toEqual(first.lease)
    expect(fromHex(late.skipped)).toEqual(utf8('aaaa'))
    expect(late.progress).toEqual(second.progress)
    expect(late.progress.body.transcript).toBe(transcriptOf(utf8('aaaabbbb')))
    await cancel(job)
  })

  test('behaviour: nobody else is told: the public events hold none, and a stranger is refused', async () => {
    const saying = Promise.withResolvers<void>()
    await puppet(async (offer, lease, own) => {
      const { say } = await untilAsked(offer, lease, own)
      await say(utf8('aaaa'))
      await saying.promise
      await lease.say({ say: 'failed', reason: 'the test goes on' })
    })
    const job = await submit()
    const stranger = new TestRequester(coordinator.url)
    await expect(follow(job, stranger)).rejects.toThrow('coordinator.NotYours')
    const listening = requester.events(job)
    await nextProgress(await follow(job))
    saying.resolve()
    await cancel(job)
    const names = (await listening).map(({ event }) => event)
    expect(names.at(-1)).toBe('failed')
    expect(names).not.toContain('progress')
  })

  test('behaviour: of two replicas one is asked, and when it is lost the other one is', async () => {
    const asked: string[] = []
    const both = Promise.withResolvers<void>()
    const lost = Promise.withResolvers<void>()
    const script: LeaseScript = async (offer, lease, own) => {
      const { say } = await untilAsked(offer, lease, own)
      asked.push(own.signer.publicKey)
      await say(utf8('aaaa'))
      if (asked.length === 2) both.resolve()
      await lost.promise
      if (asked.length === 1) await lease.say({ say: 'failed', reason: 'the device is gone' })
      await hearAll(lease)
    }
    await Promise.all([puppet(script), puppet(script)])
    const job = await submit({ replication: 2 })
    const events = await follow(job)
    const first = await nextProgress(events)
    expect(asked).toEqual([first.progress.signer])
    lost.resolve()
    await both.promise
    expect((await nextProgress(events)).progress.signer).toBe(asked[1])
    expect(new Set(asked).size).toBe(2)
    await cancel(job)
  })

  test.each([
    [
      'progress that nobody asked for',
      false,
      async (offer, lease, { signer, context }) => {
        await lease.say({ say: 'accept' })
        const said = new Transcript()
        const progress = await signProgress(signer, context, { lease: offer.lease, said, bytes: utf8('aaaa') })
        await lease.say({ say: 'progress', progress })
      },
    ],
    [
      'progress with a gap',
      true,
      async (offer, lease, own) => {
        const { make, say } = await untilAsked(offer, lease, own)
        await make(utf8('aaaa'))
        await say(utf8('bbbb'))
      },
    ],
    [
      'more progress than the unit has',
      true,
      async (offer, lease, own) => {
        const { say } = await untilAsked(offer, lease, own)
        await say(new Uint8Array(4 * 20 + 1))
      },
    ],
    [
      'progress with another signature',
      true,
      async (offer, lease, own) => {
        const { make } = await untilAsked(offer, lease, own)
        const progress = await make(utf8('aaaa'))
        const signature = progress.signature.replace(/^../, (two) => (two === '00' ? '01' : '00')) as never
        await lease.say({ say: 'progress', progress: { ...progress, signature } })
      },
    ],
  ] as [string, boolean, LeaseScript][])('error: %s drops the node', async (_name, isFollowed, misbehave) => {
    const done = Promise.withResolvers<void>()
    const { peer } = await puppet(async (...call) => {
      await misbehave(...call).then(done.resolve, done.reject)
      await hearAll(call[1])
    })
    const dropped = new Promise((resolve) => peer.libp2p.addEventListener('peer:disconnect', resolve, { once: true }))
    const job = await submit()
    if (isFollowed) await follow(job)
    await done.promise
    await dropped
    expect((await requester.get('/healthz')).body).toEqual({ ok: true })
    await cancel(job)
  })
})

async function cancel(job: string): Promise<void> {
  await requester.send('DELETE', `/api/v1/jobs/${job}`, await requester.sign('cancel', { job: job as never }))
}
