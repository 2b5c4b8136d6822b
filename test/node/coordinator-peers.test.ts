// Whom the coordinator admits and whose beats it takes, judged in process against a real store.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { PublicKey, Signer } from '#core/ed25519.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { beatKeeper } from '#coordinator/peers/beat-keeper.ts'
import { helloJudge } from '#coordinator/peers/hello-judge.ts'
import { beatsOf } from '#coordinator/store/beats.ts'
import { banNode } from '#coordinator/store/nodes.ts'
import { type Split, type SplitBody, signSplit, siteCommitment } from '#identity/split.ts'
import type { Digest } from '#core/digest.ts'
import { delegate } from '#identity/delegation.ts'
import { DEVICE_BOUND_FLAGS, SYNCED_FLAGS, createSoftwareCredential } from '#identity/authenticator.fixture.ts'
import { type Beat, type BeatState, signBeat, signWitness } from '#liveness/beat.ts'
import { slotOf } from '#liveness/slot.ts'
import type { Hello } from '#net/protocols/hello/messages.ts'
import type { RemotePeer } from '#net/protocol.ts'
import { KINDS } from '#work/kinds.ts'
import { failedKernels } from '#work/self-test.ts'
import { WRONG_ANSWER, answerByReference } from '../support/self-test-answers.ts'
import { type TestApp, openTestApp } from '../support/coordinator-app.ts'

const random = seededRandom('coordinator-peers')
let nowMs = 1_800_000_000_000
const clock = { nowMs: () => nowMs, after: () => () => {} }
let site: TestApp
let isConnected = true

beforeAll(async () => {
  site = await openTestApp(clock)
}, 120_000)
afterAll(() => site.close())
beforeEach(() => {
  for (const { node } of site.nodes.all()) site.nodes.remove(node)
  isConnected = true
  nowMs += 3_600_000
})

const newSigner = (): Signer => signerFromSecret(random.bytes(32))
const remoteOf = ({ publicKey }: Signer): RemotePeer => ({ publicKey, transport: 'websocket' })
const context = () => ({ network: site.grid.network, checkpoint: site.grid.log.checkpoint })

function helloOf({ publicKey }: Signer, change: Partial<Hello> = {}): Hello {
  const capabilities = {
    backend: 'cpu',
    adapter: 'reference',
    isSoftware: true,
    maxMemoryBytes: 0,
    kinds: [{ name: 'matmul', version: 1 }],
  } as const
  return { delegation: null, payee: publicKey, capabilities, site: null, split: null, ...change }
}

function judgeOf() {
  const peer = {
    libp2p: { getConnections: () => (isConnected ? [{ remoteAddr: '/ip4/93.184.216.34/tcp/4747/ws' }] : []) },
  }
  const parts = {
    grid: site.grid,
    nodes: site.nodes,
    peer: peer as never,
    origins: ['http://localhost:4747'],
    failed: failedKernels,
  }
  const judge = helloJudge(parts)
  return async (signer: Signer, hello: Hello, isRight = true) => {
    const challenge = judge.challenge()
    const answer = isRight ? await answerByReference(challenge.seed, ['products']) : WRONG_ANSWER
    return judge.judge(hello, challenge, { answer, ratedMops: 10 }, remoteOf(signer))
  }
}

async function delegationOf(
  signer: Signer,
  change: { origin?: string; rpId?: string; flags?: number; payee?: PublicKey },
) {
  const { origin = 'http://localhost:4747', rpId = 'localhost', flags = DEVICE_BOUND_FLAGS, payee } = change
  const device = await createSoftwareCredential({ origin, rpId, flags })
  const request = { context: context(), sessionKey: signer.publicKey, rpId, origin }
  return delegate(device, payee === undefined ? request : { ...request, payee }, nowMs, random)
}

describe('hello', () => {
  test('behaviour: a node whose language kernels are wrong is admitted for products alone, and told', async () => {
    const signer = newSigner()
    const kinds = KINDS.map(({ name, version }) => ({ name, version }))
    const hello = helloOf(signer)
    const all = { ...hello, capabilities: { ...hello.capabilities, kinds } }
    const welcome = await judgeOf()(signer, all)
    expect(welcome).toMatchObject({
      outcome: 'admitted',
      withheld: expect.stringContaining('generate, embed') as string,
    })
    expect(site.nodes.get(signer.publicKey)?.capabilities.kinds).toEqual([{ name: 'matmul', version: 1 }])
  })

  test('default: a node without a device key is admitted at tier 0 and listed', async () => {
    const signer = newSigner()
    expect(await judgeOf()(signer, helloOf(signer))).toEqual({
      outcome: 'admitted',
      tier: 0,
      balance: '0',
      pending: '0',
    })
    expect(site.nodes.get(signer.publicKey)).toMatchObject({ ratedMops: 10, state: 'idle', leases: 0 })
  })

  test('behaviour: a delegation gives the tier that it proves, and its payee', async () => {
    const [signer, payee] = [newSigner(), newSigner().publicKey]
    for (const [flags, tier] of [
      [DEVICE_BOUND_FLAGS, 2],
      [SYNCED_FLAGS, 1],
    ] as const) {
      const delegation = await delegationOf(signer, { flags, payee })
      expect(await judgeOf()(signer, helloOf(signer, { delegation, payee }))).toMatchObject({
        outcome: 'admitted',
        tier,
      })
    }
    expect(site.nodes.get(signer.publicKey)?.payee).toBe(payee)
  })

  test('behaviour: a second hello keeps the leases that the node holds', async () => {
    const [signer, judge] = [newSigner(), judgeOf()]
    await judge(signer, helloOf(signer))
    const live = site.nodes.get(signer.publicKey)
    if (live === undefined) throw new Error('The node was admitted.')
    live.leases = 2
    const payee = newSigner().publicKey
    const delegation = await delegationOf(signer, { payee })
    await judge(signer, helloOf(signer, { delegation, payee }))
    expect(site.nodes.get(signer.publicKey)).toBe(live)
    expect(live.leases).toBe(2)
  })

  test('behaviour: a site’s share counts by the word of the node alone, for the site that the hello names', async () => {
    const [signer, other] = [newSigner(), newSigner()]
    const site1 = 'https://garden.example'
    const salt = newSigner().publicKey as string as Digest
    const issued = { account: other.publicKey, percent: 20, issuedMs: nowMs, expiresMs: nowMs + 1000 }
    const splitBy = (by: Signer, change: Partial<SplitBody> = {}) =>
      signSplit(by, context(), { ...issued, site: siteCommitment(site1, salt), ...change })
    const judge = judgeOf()
    const hello = async (split: Split, said: string | null = site1) =>
      judge(signer, helloOf(signer, { site: said, split: { split, salt } }))
    expect(await hello(await splitBy(signer))).toMatchObject({ outcome: 'admitted' })
    expect(site.nodes.get(signer.publicKey)).toMatchObject({ site: site1, split: { body: { percent: 20 } } })
    const wrong: [Split, string | null][] = [
      [await splitBy(other), site1],
      [{ ...(await splitBy(other)), signer: signer.publicKey }, site1],
      [await splitBy(signer, { expiresMs: nowMs }), site1],
      [await splitBy(signer, { issuedMs: nowMs + 60_001, expiresMs: nowMs + 60_002 }), site1],
      [await splitBy(signer), null],
      [await splitBy(signer), 'https://elsewhere.example'],
      [await splitBy(signer, { site: siteCommitment('a garden', salt) }), 'a garden'],
    ]
    for (const [split, said] of wrong)
      expect(await hello(split, said)).toMatchObject({
        outcome: 'refused',
        reason: expect.stringContaining('The split of its credit') as string,
      })
  })

  test('error: refused with the reason', async () => {
    const [signer, other] = [newSigner(), newSigner()]
    const judge = judgeOf()
    const foreign = await delegationOf(other, {})
    const cases: [Hello, string][] = [
      [helloOf(signer, { payee: other.publicKey }), 'Without a delegation a node is paid itself'],
      [helloOf(signer, { delegation: foreign, payee: other.publicKey }), 'The delegation is for'],
      [helloOf(signer, { delegation: await delegationOf(signer, {}), payee: other.publicKey }), 'names another payee'],
      [
        helloOf(signer, { delegation: await delegationOf(signer, { origin: 'http://localhost:4748' }) }),
        'which is not ours',
      ],
      [
        helloOf(signer, { delegation: await delegationOf(signer, { rpId: 'elsewhere.example' }) }),
        'relying party elsewhere.example',
      ],
    ]
    const { capabilities } = helloOf(signer)
    const later = { ...capabilities, kinds: [{ name: 'matmul', version: 2 }] }
    cases.push([helloOf(signer, { capabilities: later }), 'knows no kind of work'])
    for (const [hello, reason] of cases)
      expect(await judge(signer, hello)).toMatchObject({
        outcome: 'refused',
        reason: expect.stringContaining(reason) as string,
      })
    expect(await judge(signer, helloOf(signer), false)).toMatchObject({ outcome: 'refused' })
    expect(site.nodes.size).toBe(0)
  })

  test('behaviour: a node that was proven wrong twice is kept out until its time is over', async () => {
    const [signer, judge] = [newSigner(), judgeOf()]
    await judge(signer, helloOf(signer))
    await banNode(site.grid.store.db, signer.publicKey, nowMs + 10)
    expect(await judge(signer, helloOf(signer))).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('kept out until') as string,
    })
    nowMs += 10
    expect(await judge(signer, helloOf(signer))).toMatchObject({ outcome: 'admitted' })
  })

  test('behaviour: a node that went away meanwhile is not admitted', async () => {
    const signer = newSigner()
    isConnected = false
    expect(await judgeOf()(signer, helloOf(signer))).toMatchObject({ outcome: 'refused' })
    expect(site.nodes.size).toBe(0)
  })

  test('limit: 10 hellos in a row, the next is asked to wait', async () => {
    const [signer, judge] = [newSigner(), judgeOf()]
    for (let n = 0; n < 10; n++) await judge(signer, helloOf(signer))
    await expect(judge(signer, helloOf(signer))).rejects.toMatchObject({ name: 'coordinator.RateLimited' })
  })
})

describe('beats', () => {
  let sequence = 0
  const beatBy = (signer: Signer, state: BeatState = 'idle', slot = slotOf(nowMs)) =>
    signBeat(signer, context(), { slot, state, ratedMops: 1, unitsDone: 0, sequence: ++sequence })

  async function admitted(count: number): Promise<Signer[]> {
    const signers = Array.from({ length: count }, newSigner)
    for (const signer of signers) await judgeOf()(signer, helloOf(signer))
    return signers
  }

  async function slots({ publicKey }: Signer) {
    return beatsOf(site.grid.store.db, publicKey, 0)
  }

  test('default: another node is drawn as witness, and its word is kept', async () => {
    const [a, b] = await admitted(2)
    if (a === undefined || b === undefined) throw new Error('Two were admitted.')
    const keeper = beatKeeper(site.grid, site.nodes)
    const beat = await beatBy(a, 'working')
    const { witness } = await keeper.draw(beat, remoteOf(a))
    expect(witness?.node).toBe(b.publicKey)
    const word = await signWitness(b, context(), beat)
    expect(await keeper.keep(beat, word, remoteOf(a))).toMatchObject({ ok: true })
    expect(await slots(a)).toEqual([{ slot: slotOf(nowMs), state: 'working', isWitnessed: true }])
    expect(site.nodes.get(a.publicKey)).toMatchObject({ state: 'working', lastBeatMs: nowMs })
  })

  test('behaviour: a witness that was not drawn, or saw another beat, does not count', async () => {
    const [a, b] = await admitted(2)
    if (a === undefined || b === undefined) throw new Error('Two were admitted.')
    const keeper = beatKeeper(site.grid, site.nodes)
    const first = await beatBy(a)
    await keeper.keep(first, await signWitness(b, context(), first), remoteOf(a))
    const second = await beatBy(a)
    await keeper.draw(second, remoteOf(a))
    await keeper.keep(second, await signWitness(b, context(), first), remoteOf(a))
    await keeper.keep(await beatBy(a), await signWitness(newSigner(), context(), second), remoteOf(a))
    expect((await slots(a)).every(({ isWitnessed }) => !isWitnessed)).toBe(true)
  })

  test('behaviour: a paused node says so and is a witness still, a stopped one is none', async () => {
    const [a, b] = await admitted(2)
    if (a === undefined || b === undefined) throw new Error('Two were admitted.')
    const keeper = beatKeeper(site.grid, site.nodes)
    const send = async (state: BeatState) => keeper.keep(await beatBy(b, state), null, remoteOf(b))
    await send('paused')
    expect((await keeper.draw(await beatBy(a), remoteOf(a))).witness?.node).toBe(b.publicKey)
    await send('stopped')
    expect((await keeper.draw(await beatBy(a), remoteOf(a))).witness).toBe(null)
    expect(site.nodes.get(b.publicKey)?.state).toBe('stopped')
  })

  test('error: beats of others, replayed, out of their slot, or of nobody who was admitted', async () => {
    const [a, b] = await admitted(2)
    if (a === undefined || b === undefined) throw new Error('Two were admitted.')
    const keeper = beatKeeper(site.grid, site.nodes)
    const beat: Beat = await beatBy(a)
    expect(await keeper.keep(beat, null, remoteOf(a))).toMatchObject({ ok: true })
    const stranger = newSigner()
    for (const [one, sender, reason] of [
      [beat, a, 'does not follow'],
      [beat, b, 'of another node'],
      [await beatBy(a, 'idle', slotOf(nowMs) - 2), a, 'slot'],
      [await beatBy(stranger), stranger, 'say hello first'],
    ] as const) {
      expect(await keeper.keep(one, null, remoteOf(sender))).toMatchObject({
        ok: false,
        reason: expect.stringContaining(reason) as string,
      })
      expect(await keeper.draw(one, remoteOf(sender))).toMatchObject(
        one === beat && sender === a ? {} : { witness: null },
      )
    }
  })
})
