// Witnesses of the log against coordinators that fork it, roll it back or show two nodes different ones: real logs, real proofs, real peers.
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openCoordinator } from '#coordinator/coordinator.ts'
import { systemClock } from '#core/clock.ts'
import { type Signer, signerFromSecret } from '#core/ed25519.ts'
import type { AppError } from '#core/errors.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import { signCheckpoint } from '#ledger/checkpoint.ts'
import { cosign, cosignaturesOf } from '#ledger/cosignature.ts'
import { type Fork, decodeFork, encodeFork, verifyFork } from '#ledger/fork.ts'
import { seenCheckpoint } from '#ledger/log-view.ts'
import { MAX_NOTE_CHARS, decodeNote } from '#ledger/note.ts'
import { coordinator as openHub, node as openPeer } from '#net/peers.fixture.ts'
import { type NodeContribution, startNode } from '#node/contribution.ts'
import { memoryPlace } from '#node/evidence-store.ts'
import { type LogSource, httpLogSource } from '#node/log-source.ts'
import { serveLogViews } from '#node/log-views.ts'
import { LogWitness, type WitnessParts } from '#node/log-witness.ts'
import { processParts } from '#node/process.ts'
import type { NodeState } from '#node/state.ts'
import { LogForkedError, connect, verifyLogFork } from '#sdk/index.ts'
import { type TestApp, openTestApp } from '../support/coordinator-app.ts'

const random = seededRandom('log-witness')
const cleanups: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A coordinator; all of them have one key and one genesis, so that two of them are one that shows two logs. */
async function openSite(): Promise<TestApp> {
  const site = await openTestApp(systemClock)
  cleanups.push(() => site.close())
  return site
}

async function grow({ grid }: TestApp, count: number, mark: number): Promise<void> {
  await grid.log.transaction(async (_, append) => {
    for (let at = 0; at < count; at++) await append({ type: 'roster', root: EMPTY_ROOT, size: mark })
  })
}

function sourceOf({ app }: TestApp): LogSource {
  return httpLogSource('http://log.invalid', async (url, init) => app.request(url instanceof URL ? url.href : '', init))
}

function witnessOf(site: TestApp, change: Partial<WitnessParts> = {}) {
  const documents: Fork[] = []
  const broken: AppError[] = []
  const witness = new LogWitness({
    genesis: site.grid.genesis,
    signer: signerFromSecret(random.bytes(32)),
    clock: systemClock,
    source: sourceOf(site),
    place: memoryPlace(),
    keep: async ({ document }) => void documents.push(document as Fork),
    onBroken: (error) => broken.push(error),
    ...change,
  })
  cleanups.push(() => witness.close())
  return { witness, documents, broken }
}

function admit({ nodes }: TestApp, { publicKey }: Signer): void {
  nodes.admit({ node: publicKey } as Parameters<typeof nodes.admit>[0])
}

async function untilState(node: NodeContribution, isThere: (state: NodeState) => boolean): Promise<void> {
  if (isThere(node.state)) return
  await new Promise<void>((resolve) => {
    const stop = node.onChange((state) => {
      if (!isThere(state)) return
      stop()
      resolve()
    })
  })
}

describe('a log that grows', () => {
  test('default: is followed, remembered across runs, and cosigned by admitted nodes', async () => {
    const site = await openSite()
    const place = memoryPlace()
    const signer = signerFromSecret(random.bytes(32))
    const first = witnessOf(site, { place, signer })
    await first.witness.start()
    await grow(site, 700, 1)
    await first.witness.look()
    admit(site, signer)
    await first.witness.look()
    const { size } = site.grid.log.checkpoint
    expect(first.witness.seen?.checkpoint).toEqual(site.grid.log.checkpoint)
    const served = decodeNote(await sourceOf(site).checkpoint())
    expect(cosignaturesOf(served).map(({ witness }) => witness)).toEqual([signer.publicKey])
    await grow(site, 5, 2)
    const second = witnessOf(site, { place })
    await second.witness.start()
    expect(second.witness.seen?.checkpoint.size).toBe(size + 5)
    expect([...first.documents, ...second.documents]).toEqual([])
  })

  test('limit: 15 cosignatures are kept, the next is not; those of others, of other sizes and of the future are refused', async () => {
    const site = await openSite()
    await grow(site, 3, 1)
    const note = await sourceOf(site).checkpoint()
    const { text } = decodeNote(note)
    const { size } = site.grid.log.checkpoint
    const nowSeconds = Math.floor(Date.now() / 1000)
    const post = async (body: unknown) =>
      site.app.request('/api/v1/log/cosignatures', { method: 'POST', body: JSON.stringify(body) })
    for (let at = 0; at < 16; at++) {
      const signer = signerFromSecret(random.bytes(32))
      const line = await cosign(signer, text, nowSeconds)
      if (at === 0) expect((await post({ size, line })).status).toBe(400)
      admit(site, signer)
      if (at === 0)
        for (const bad of [
          { size: size + 1, line },
          { size: 1, line },
          { size, line: await cosign(signer, text, nowSeconds + 1_000) },
          { size, line: line.padEnd(257, 'x') },
        ])
          expect((await post(bad)).status).toBe(400)
      expect(await (await post({ size, line })).json()).toEqual({ isKept: at < 15 })
    }
    expect(cosignaturesOf(decodeNote(await sourceOf(site).checkpoint()))).toHaveLength(15)
  })
})

describe('a coordinator that lies', () => {
  test.each([
    ['a larger log', 40, 300],
    ['a log of the same size', 40, 40],
    ['a log past a power of two', 62, 400],
  ])(
    'behaviour: %s that does not continue the one that was seen is a fork, proven by the document',
    async (_, had, has) => {
      const [one, other] = [await openSite(), await openSite()]
      await grow(one, had, 1)
      await grow(other, has, 2)
      const place = memoryPlace()
      const { witness } = witnessOf(one, { place })
      await witness.start()
      const again = witnessOf(other, { place })
      await expect(again.witness.start()).rejects.toMatchObject({ name: 'node.LogFork', kind: 'hostile' })
      const [document] = again.documents
      if (document === undefined) throw new Error('no proof')
      expect(verifyFork(document)).toMatchObject({ ok: true })
      expect(verifyFork(decodeFork(encodeFork(document)), one.grid.network)).toMatchObject({ ok: true })
      expect(verifyFork(document, EMPTY_ROOT)).toMatchObject({ ok: false, check: 'network' })
      const [smaller, larger] = document.notes
      const forged = await signCheckpoint(signerFromSecret(random.bytes(32)), one.grid.network, one.grid.log.checkpoint)
      for (const notes of [[forged, larger] as const, [smaller, forged] as const])
        expect(verifyFork({ ...document, notes })).toMatchObject({ ok: false })
      const honest = { ...document, root: one.grid.log.checkpoint.root }
      expect(verifyFork(honest)).toMatchObject({ ok: false, check: 'fork' })
    },
  )

  test('behaviour: a shorter log is a rollback', async () => {
    const [one, other] = [await openSite(), await openSite()]
    await grow(one, 40, 1)
    const place = memoryPlace()
    await witnessOf(one, { place }).witness.start()
    await expect(witnessOf(other, { place }).witness.start()).rejects.toMatchObject({ name: 'node.LogRollback' })
  })

  test('behaviour: tiles of another tree than the signed one, or none, prove nothing and are not accepted', async () => {
    const [one, other] = [await openSite(), await openSite()]
    const place = memoryPlace()
    await witnessOf(one, { place }).witness.start()
    await grow(one, 40, 1)
    await grow(other, 40, 2)
    const mixed = { ...sourceOf(one), read: (path: string) => sourceOf(other).read(path) }
    const { witness, documents } = witnessOf(one, { place, source: mixed })
    await expect(witness.start()).rejects.toMatchObject({ name: 'node.LogUnproven' })
    const none = { ...sourceOf(one), read: (path: string) => sourceOf(one).read(path.replace('tile/0', 'tile/9')) }
    await expect(witnessOf(one, { place, source: none }).witness.start()).rejects.toMatchObject({
      name: 'node.LogMissing',
    })
    expect(documents).toEqual([])
  })

  test('behaviour: forged, foreign and oversized notes count as nothing; a log that cannot be reached is looked at later', async () => {
    const site = await openSite()
    await grow(site, 4, 1)
    const { genesis, network, log } = site.grid
    const note = await sourceOf(site).checkpoint()
    const forged = await signCheckpoint(signerFromSecret(random.bytes(32)), network, log.checkpoint)
    for (const bad of [
      forged,
      note.replace(genesis.coordinator, EMPTY_ROOT).replace(network, EMPTY_ROOT),
      note.padEnd(MAX_NOTE_CHARS + 1, 'x'),
      '',
    ])
      expect(seenCheckpoint(bad, genesis)).toBeUndefined()
    const source = { ...sourceOf(site), checkpoint: async () => forged }
    await expect(witnessOf(site, { source }).witness.start()).rejects.toMatchObject({ name: 'node.LogUnproven' })
    const unreachable = httpLogSource('http://log.invalid', async () => Promise.reject(new TypeError('refused')))
    const { witness } = witnessOf(site, { source: unreachable })
    await witness.start()
    expect(witness.seen).toBeUndefined()
    const { witness: own } = witnessOf(site)
    await own.start()
    await own.compare(forged, genesis.coordinator)
    expect(own.seen?.checkpoint).toEqual(log.checkpoint)
  })

  test('behaviour: two nodes that were shown different logs find out when they compare', async () => {
    const [one, other] = [await openSite(), await openSite()]
    await grow(one, 20, 1)
    await grow(other, 30, 2)
    const hub = await openHub()
    const [a, b] = [await openPeer(hub), await openPeer(hub)]
    const [first, second] = [witnessOf(one), witnessOf(other)]
    await first.witness.start()
    await second.witness.start()
    const { promise: isFound, resolve: onBroken } = Promise.withResolvers<unknown>()
    const views = await serveLogViews({ peer: a, witness: first.witness, onBroken })
    cleanups.push(() => views.close())
    const theirs = await serveLogViews({ peer: b, witness: second.witness, onBroken })
    cleanups.push(() => theirs.close())
    // A commitment of b would carry this checkpoint.
    views.heard(other.grid.log.checkpoint, b.publicKey)
    expect(await isFound).toMatchObject({ kind: 'hostile' })
    await expect.poll(() => second.documents.length, { timeout: 10_000 }).toBe(1)
    expect(verifyFork(second.documents[0] as Fork, one.grid.network)).toMatchObject({ ok: true })
  })
})

test('behaviour: a requester that saw a log refuses another one, with a proof, and a shorter one', async () => {
  const [one, other] = [await openSite(), await openSite()]
  await grow(one, 40, 1)
  const connectTo = ({ app }: TestApp, checkpoint?: string) =>
    connect('http://log.invalid', { fetch: async (url, init) => app.request(url, init), checkpoint })
  const { note } = (await connectTo(one)).network
  await expect(connectTo(other, note)).rejects.toMatchObject({ name: 'sdk.LogShorter' })
  await grow(other, 60, 2)
  const error: unknown = await connectTo(other, note).catch((reason: unknown) => reason)
  if (!(error instanceof LogForkedError)) throw error
  expect(verifyLogFork(error.proof, one.grid.network)).toMatchObject({ verdict: { ok: true } })
  expect(verifyLogFork(error.proof.slice(1))).toMatchObject({ verdict: { ok: false, check: 'form' } })
  await grow(one, 300, 3)
  expect((await connectTo(one, note)).network.checkpoint).toEqual(one.grid.log.checkpoint)
})

test('behaviour: a coordinator that is restored from an older copy of its directory is noticed by a node that saw the newer one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollback-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  const [dataDir, copy] = [join(folder, 'data'), join(folder, 'copy')]
  const open = async (port: number) => {
    const coordinator = await openCoordinator({ dataDir, port })
    cleanups.push(() => coordinator.close())
    return coordinator
  }
  const before = await open(0)
  const port = Number(new URL(before.url).port)
  await before.close()
  await cp(dataDir, copy, { recursive: true })

  const newer = await open(port)
  for (let at = 0; at < 3; at++) await (await connect(newer.url)).openAccount()
  const place = memoryPlace()
  const parts = () => {
    const consent = { gpuShare: 1, expiresMs: Date.now() + 3_600_000, site: null }
    const signer = signerFromSecret(random.bytes(32))
    return processParts({ coordinator: newer.url, consent, signer, logPlace: () => place })
  }
  const node = startNode(parts())
  cleanups.push(() => node.stop())
  await untilState(node, ({ phase }: NodeState) => phase === 'waiting')
  await newer.close()
  await rm(dataDir, { recursive: true })
  await cp(copy, dataDir, { recursive: true })
  const restored = await open(port)
  // The node that is there notices when it reconnects, one that is started again when it starts.
  const again = startNode(parts())
  cleanups.push(() => again.stop())
  for (const each of [node, again]) {
    await untilState(each, ({ phase }: NodeState) => phase === 'attention')
    expect(each.state.error).toMatchObject({ name: expect.stringMatching(/^node\.Log(?:Rollback|Fork)$/) as string })
  }
  // Once it has grown past what was seen there is a proof for everyone.
  for (let at = 0; at < 40; at++) await (await connect(restored.url)).openAccount()
  const third = startNode(parts())
  cleanups.push(() => third.stop())
  await untilState(third, ({ phase }: NodeState) => phase === 'attention')
  expect(third.state.error).toMatchObject({ name: 'node.LogFork' })
  expect(third.state.evidence).toMatchObject([{ says: expect.stringContaining('signed two logs') as string }])
})
