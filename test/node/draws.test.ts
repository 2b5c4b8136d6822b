// Draws that anyone can make again: a certificate's replicas against the roster, the secret and the rules; on records that lie, and on a grid.
import { beforeAll, describe, expect, test } from 'vitest'
import { type Digest, digestOf } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { utf8 } from '#core/bytes.ts'
import { decodeJobCertificate, encodeJobCertificate } from '#ledger/job-certificate.ts'
import { pendingDraws, verifyJobCertificate } from '#ledger/verify-job-certificate.ts'
import { EvidenceStore, memoryPlace } from '#node/evidence-store.ts'
import { connect, verifyFault } from '#sdk/index.ts'
import type { CertificateBody, Replica } from '#verify/certificate.ts'
import { secretOf } from '#verify/epoch-secret.ts'
import type { DrawRecord } from '#verify/draw-record.ts'
import { type Roster, rosterRoot } from '#verify/roster.ts'
import { verdictOf } from '#verify/verdict.ts'
import { drawFormOutcomes, drawOutcomes } from '#verify/verify-draw.ts'
import { type CertifiedJob, TEST_EPOCH, certifyMatmul, randomMatrix, testChain } from '../support/certified-job.ts'
import { gridsOfTests } from '../support/grids-of-tests.ts'
import { type LiveGrid, until } from '../support/live-grid.ts'
import { pickCheckers } from '../support/lying-coordinator.ts'
import { openPuppet } from '../support/lease-puppet.ts'
import type { TestRequester } from '../support/test-requester.ts'
import { signDecline } from '#verify/decline.ts'

describe('verification', () => {
  let job: CertifiedJob
  beforeAll(async () => {
    job = await certifyMatmul('draws', { m: 20, k: 20, n: 20, replication: 3 })
  })

  const parts = () => {
    const { network, certificate } = job
    const [unit] = certificate.units
    const [roster] = certificate.rosters
    if (unit === undefined || roster === undefined) throw new Error('The job has no unit.')
    const { seed, chain } = testChain(network)
    const known = { secret: secretOf(seed, chain, TEST_EPOCH), chainLeaf: 3 }
    const authority = { network: network.context.network, coordinator: network.coordinator.publicKey }
    return { body: unit.body, nodes: roster.nodes, known, authority }
  }

  function verdict(change: (draw: DrawRecord) => DrawRecord, nodes?: Roster, body?: Partial<CertificateBody>) {
    const given = parts()
    const roster = nodes ?? given.nodes
    const draws = given.body.draws.map(change)
    const changed = { ...given.body, ...body, draws }
    const form = verdictOf(drawFormOutcomes(changed, given.authority))
    const sources = { rosters: new Map([[rosterRoot(roster), roster]]), secretOf: () => given.known }
    return form.ok ? verdictOf(drawOutcomes(changed, given.authority.network, sources)) : form
  }

  test('default', () => {
    expect(verdict((draw) => draw)).toMatchObject({ ok: true })
    expect(pendingDraws(job.certificate)).toEqual([TEST_EPOCH])
  })

  const lies: [string, (draw: DrawRecord) => DrawRecord][] = [
    ['checkers in another order', (draw) => ({ ...draw, drawn: draw.drawn.toReversed() })],
    ['a checker left out', (draw) => ({ ...draw, drawn: draw.drawn.slice(1) })],
    ['no primary', (draw) => ({ ...draw, primary: null })],
    ['a checker as the primary', (draw) => ({ ...draw, primary: draw.drawn[0] ?? null })],
    ['somebody who is not on the roster', (draw) => ({ ...draw, drawn: [...draw.drawn, key('stranger')] })],
    ['another epoch', (draw) => ({ ...draw, epoch: draw.epoch + 1 })],
    ['another attempt', (draw) => ({ ...draw, attempt: draw.attempt + 1 })],
    ['another roster', (draw) => ({ ...draw, rosterRoot: digestOf('test', 'roster') })],
    ['a roster that came after the leases', (draw) => ({ ...draw, rosterLeaf: 4 })],
  ]
  test.each(lies)('behaviour: refused: %s', (_what, change) => {
    expect(verdict(change)).toMatchObject({ ok: false, check: 'draw' })
  })

  test('behaviour: a roster with one more node draws others', () => {
    const { nodes } = parts()
    const extra = Array.from({ length: 12 }, (_, at) => ({ ...nodes[0], node: key(`extra ${at}`), groups: [] }))
    const larger = [...nodes, ...extra].sort((a, b) => ((a.node ?? '') < (b.node ?? '') ? -1 : 1)) as Roster
    const lie = verdict((draw) => ({ ...draw, rosterRoot: rosterRoot(larger) }), larger, {
      replicas: parts().body.replicas.map((replica) => onRoster(replica, larger)),
    })
    expect(lie).toMatchObject({ ok: false, check: 'draw' })
  })

  test('behaviour: an absence needs a lease of that draw, and a decline its signature', async () => {
    const { network } = job
    const [replica] = parts().body.replicas
    const [node] = network.nodes
    if (replica === undefined || node === undefined) throw new Error('There is no replica.')
    const [stranger] = network.nodes.slice(1)
    if (stranger === undefined) throw new Error('There is one node.')
    const honest = await signDecline(node, network.context, replica.lease, 'busy')
    const forged = await signDecline(stranger, network.context, replica.lease, 'busy')
    const forgedVerdict = verdict((draw) => ({ ...draw, absent: [{ lease: replica.lease, decline: forged }] }))
    expect(forgedVerdict).toMatchObject({ ok: false, check: 'draw' })
    // Whoever is said to be absent cannot have given the result.
    const both = verdict((draw) => ({ ...draw, absent: [{ lease: replica.lease, decline: honest }] }))
    expect(both).toMatchObject({ ok: false, check: 'draw' })
  })

  test('behaviour: without the secret the draw waits, and the rest is checked', async () => {
    expect(await verifyJobCertificate(job.certificate)).toMatchObject({ ok: true })
  })
})

describe('grid', { timeout: 120_000 }, () => {
  const openGrid = gridsOfTests()

  async function certificateOf(grid: LiveGrid, requester: TestRequester, seed: string, replication: number) {
    const random = seededRandom(seed)
    const inputs = [randomMatrix(random, 'i8', 40, 30), randomMatrix(random, 'i8', 30, 20)]
    const { body } = await requester.submit(inputs, { replication })
    expect((await requester.events(String(body.id))).at(-1)?.event).toBe('done')
    const text = await (await fetch(`${grid.url}/api/v1/jobs/${String(body.id)}/certificate`)).text()
    return decodeJobCertificate(utf8(text))
  }

  test('behaviour: a certificate waits for its epoch, then its draw comes out the same', async () => {
    const grid = await openGrid({ config: { drawEpochMs: 1_000 } })
    await Promise.all([grid.node(), grid.node(), grid.node()])
    const requester = await grid.requester()
    for (const [at, replication] of [1, 2, 3].entries()) {
      const certificate = await certificateOf(grid, requester, `draw ${at}`, replication)
      const [draw] = certificate.units.flatMap(({ body }) => body.draws)
      if (draw === undefined) throw new Error('Nothing was drawn.')
      expect(draw.drawn).toHaveLength(replication - 1)
      const revealed = await grid.beacon(draw.epoch)
      // A node that is lost on a busy machine is replaced in a later epoch.
      const others = pendingDraws(certificate, [revealed])
      const beacons = [revealed, ...(await Promise.all(others.map((epoch) => grid.beacon(epoch))))]
      expect(pendingDraws(certificate, beacons)).toEqual([])
      expect(await verifyJobCertificate(certificate, { beacons })).toMatchObject({ ok: true })
      const wrong = {
        ...revealed,
        secret: { ...revealed.secret, entry: { ...revealed.secret.entry, secret: key('x') as Digest } },
      }
      expect(await verifyJobCertificate(certificate, { beacons: [wrong] })).toMatchObject({ ok: false, check: 'draw' })
      const roster = (await requester.get(`/api/v1/rosters/${draw.rosterRoot}`)).body
      expect(rosterRoot(roster.nodes as Roster)).toBe(draw.rosterRoot)
    }
  })

  test('behaviour: one that declines is named with its signature, and another one is drawn', async () => {
    const grid = await openGrid({ config: { drawEpochMs: 1_000 } })
    const decliner = await openPuppet(grid.url, async (offer, lease, { signer, context }) => {
      await lease.say({ say: 'decline', decline: await signDecline(signer, context, offer.lease, 'busy') })
    })
    await Promise.all([grid.node(), grid.node()])
    const requester = await grid.requester()
    let declined: DrawRecord | undefined
    for (let at = 0; declined === undefined && at < 20; at++) {
      const certificate = await certificateOf(grid, requester, `decline ${at}`, 2)
      const draws = certificate.units.flatMap(({ body }) => body.draws)
      declined = draws.find(({ absent }) => absent.length > 0)
      const beacons = await Promise.all(draws.map(({ epoch }) => grid.beacon(epoch)))
      expect(await verifyJobCertificate(certificate, { beacons })).toMatchObject({ ok: true })
    }
    expect(declined?.absent.map(({ decline }) => decline?.signer)).toEqual([decliner.signer.publicKey])
    await decliner.close()
  })

  test('behaviour: one that is lost is named with the lease it was offered, and its peer draws all attempts again', async () => {
    const grid = await openGrid({ config: { drawEpochMs: 1_000 } })
    const lost = await openPuppet(grid.url, async (_offer, lease) => {
      await lease.say({ say: 'accept' })
      await lease.close()
    })
    const nodes = await Promise.all([grid.node(), grid.node()])
    const requester = await grid.requester()
    let absent: DrawRecord['absent'] = []
    let jobs = 0
    for (; absent.length === 0 && jobs < 20; jobs++) {
      const certificate = await certificateOf(grid, requester, `lost ${jobs}`, 2)
      const draws = certificate.units.flatMap(({ body }) => body.draws)
      absent = draws.flatMap((draw) => draw.absent)
      const beacons = await Promise.all(draws.map(({ epoch }) => grid.beacon(epoch)))
      expect(await verifyJobCertificate(certificate, { beacons })).toMatchObject({ ok: true })
    }
    expect(absent.map(({ lease, decline }) => [lease.body.node, decline])).toContainEqual([lost.signer.publicKey, null])
    for (const node of nodes) {
      await until(node, () => node.state.draws.checked === jobs)
      expect(node.state).toMatchObject({ draws: { unchecked: 0 }, evidence: [] })
    }
    await lost.close()
  })

  test('behaviour: nodes make their own draws again, and keep nothing against an honest coordinator', async () => {
    const grid = await openGrid({ config: { drawEpochMs: 1_000 } })
    const nodes = await Promise.all([grid.node(), grid.node(), grid.node()])
    const requester = await grid.requester()
    await certificateOf(grid, requester, 'again', 3)
    for (const node of nodes) await until(node, () => node.state.draws.checked === 1)
    expect(nodes.map(({ state }) => [state.draws.unchecked, state.evidence.length])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ])
  })

  test('behaviour: a coordinator that picks its checkers is convicted by its nodes and by the requester', async () => {
    const grid = await openGrid({ config: { drawEpochMs: 1_000 } })
    const stores = [0, 1, 2].map(() => new EvidenceStore(memoryPlace()))
    const nodes = await Promise.all(stores.map((evidence) => grid.node({ evidence })))
    const requester = await grid.requester()
    const repent = pickCheckers()
    try {
      const certificate = await certificateOf(grid, requester, 'picked', 2)
      const replicas = new Set(
        certificate.units.flatMap(({ body }) => body.replicas.map(({ lease }) => lease.body.node)),
      )
      expect(replicas.size).toBe(2)
      const part = nodes.map((node, at) => ({ node, evidence: stores[at] }))
      for (const { node, evidence } of part) {
        if (node.state.node === null || !replicas.has(node.state.node)) continue
        await until(node, () => node.state.evidence.length === 1)
        const [kept] = evidence?.kept ?? []
        expect(await verifyFault(utf8(kept?.body ?? ''))).toMatchObject({ verdict: { ok: true } })
      }
      const client = await connect(grid.url)
      const verification = await client.verify(encodeJobCertificate(certificate), { drawWaitMs: 30_000 })
      expect(verification).toMatchObject({ verdict: { ok: false, check: 'draw' } })
      const { verdict, accused } = await verifyFault(verification.evidence ?? new Uint8Array())
      expect(verdict).toMatchObject({ ok: true })
      expect(accused?.against).toBe(certificate.genesis.coordinator)
    } finally {
      repent()
    }
  })

  test('behaviour: secrets outlive a restart', async () => {
    const grid = await openGrid({ config: { drawEpochMs: 1_000 } })
    await Promise.all([grid.node(), grid.node()])
    const requester = await grid.requester()
    const certificate = await certificateOf(grid, requester, 'restart', 2)
    await grid.restart(async () => undefined)
    const epochs = pendingDraws(certificate)
    const beacons = await Promise.all(epochs.map((epoch) => grid.beacon(epoch)))
    expect(await verifyJobCertificate(certificate, { beacons })).toMatchObject({ ok: true })
  })
})

function onRoster(replica: Replica, roster: Roster): Replica {
  const { lease } = replica
  return { ...replica, lease: { ...lease, body: { ...lease.body, rosterRoot: rosterRoot(roster) } } }
}

function key(text: string): PublicKey & Digest {
  return digestOf('test', text) as PublicKey & Digest
}
