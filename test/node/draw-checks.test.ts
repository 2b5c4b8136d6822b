// What a node makes of what it was paid for: honest draws and receipts, and those of a coordinator that picked its checkers, put roster or receipt
// elsewhere, answers with something else or not at all.
import { beforeAll, describe, expect, test } from 'vitest'
import type { Clock } from '#core/clock.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import { encodeCbor } from '#core/cbor.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { leafDigest, merkleProof } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import { type Roster, rosterRoot } from '#verify/roster.ts'
import { signMessage } from '#core/signed.ts'
import { BEACON_FORMAT, type Beacon } from '#ledger/beacon.ts'
import { signCheckpoint } from '#ledger/checkpoint.ts'
import { type LogEntry, type ReceiptEntry, entryLeaf } from '#ledger/entry.ts'
import {
  type FalseDraw,
  type PartialRoster,
  decodeFalseDraw,
  encodeFalseDraw,
  falseDraw,
  falseDrawAuthority,
  falseDrawSays,
  findDrawLie,
  verifyFalseDraw,
} from '#ledger/false-draw.ts'
import {
  type FalseReceipt,
  decodeFalseReceipt,
  encodeFalseReceipt,
  falseReceipt,
  verifyFalseReceipt,
} from '#ledger/false-receipt.ts'
import { encodeJobCertificate } from '#ledger/job-certificate.ts'
import { inclusionPath } from '#ledger/log-tree.ts'
import { promiseReceipt } from '#ledger/receipt-promise.ts'
import { type DrawCheck, DrawChecks, FIRST_LOOK_MS, MAX_WAITING, MAX_WAIT_MS } from '#node/draw-checks.ts'
import { type DrawSource, DrawUnansweredError } from '#node/draw-source.ts'
import type { NewEvidence } from '#node/evidence-store.ts'
import type { Settled } from '#node/lease-run.ts'
import { Http } from '#sdk/http.ts'
import { isEvidence, verifyCertificate, verifyFault } from '#sdk/index.ts'
import { CERTIFICATE_TYPE, type Certificate, type CertificateBody, certificateId } from '#verify/certificate.ts'
import type { DrawRecord } from '#verify/draw-record.ts'
import { secretOf } from '#verify/epoch-secret.ts'
import type { Lease } from '#work/lease.ts'
import {
  type CertifiedJob,
  TEST_EPOCH,
  certifyMatmul,
  logJob,
  openingEntries,
  testChain,
  testRoster,
} from '../support/certified-job.ts'
import { changesOf } from '../support/field-changes.ts'
import { MemoryLog } from '../support/log-nodes.ts'

const SIZES = { m: 20, k: 20, n: 20, replication: 2 }
let honest: CertifiedJob
let picked: CertifiedJob
/** Its second replica is on no roster. */
let invented: CertifiedJob

beforeAll(async () => {
  honest = await certifyMatmul('checked draw', SIZES)
  picked = await pickedJob()
  invented = await certifyMatmul('invented node', { ...SIZES, onRoster: 1 })
})

/** A job whose coordinator took the second node, though the rules draw the third. */
async function pickedJob(): Promise<CertifiedJob> {
  for (let at = 0; at < 64; at++) {
    const job = await certifyMatmul(`picked ${at}`, { ...SIZES, onRoster: 3 })
    if (findDrawLie(unitOf(job), authorityOf(job), rostersOf(job), [await beaconOf(job)]) !== undefined) return job
  }
  throw new Error('Every draw was as the coordinator wanted it.')
}

function unitOf({ certificate }: CertifiedJob): Certificate {
  const [unit] = certificate.units
  if (unit === undefined) throw new Error('The job has no unit.')
  return unit
}

function leaseOf(job: CertifiedJob): Lease {
  const lease = unitOf(job).body.replicas[1]?.lease
  if (lease === undefined) throw new Error('There is no checker.')
  return lease
}

function authorityOf({ network }: CertifiedJob) {
  return { network: network.context.network, coordinator: network.coordinator.publicKey }
}

function rostersOf({ certificate }: CertifiedJob) {
  return new Map(certificate.rosters.map(({ entry, nodes }) => [entry.root, nodes]))
}

async function logOf(job: CertifiedJob): Promise<{ entries: readonly LogEntry[]; log: MemoryLog; root: Digest }> {
  const { admission, rosters, job: signed } = job.certificate
  const [roster] = rosters
  if (roster === undefined) throw new Error('There is no roster.')
  const { seed, chain } = testChain(job.network)
  const secret = { type: 'epoch-secret', epoch: TEST_EPOCH, secret: secretOf(seed, chain, TEST_EPOCH) } as const
  const opening = openingEntries(job.network, signed, BigInt(admission.entry.escrow), roster.nodes)
  const entries = [...opening, secret, receiptOf(job)]
  const log = new MemoryLog()
  return { entries, log, root: await log.append(...entries.map((entry) => entryLeaf(entry))) }
}

function receiptOf({ certificate }: CertifiedJob): ReceiptEntry {
  const [receipt] = certificate.receipts
  if (receipt === undefined) throw new Error('There is no receipt.')
  return receipt.entry
}

/** What the coordinator said when it settled the unit; `logIndex` is the receipt's where it tells the truth. */
async function settledOf(job: CertifiedJob, logIndex = 5): Promise<Settled> {
  const { entries, root } = await logOf(job)
  const { coordinator, context } = job.network
  const receipt = receiptOf(job)
  const at = { network: context.network, checkpoint: { size: entries.length, root } }
  return { receipt, promise: await promiseReceipt(coordinator, at, receipt, logIndex) }
}

async function beaconOf(job: CertifiedJob): Promise<Beacon> {
  const { entries, log, root } = await logOf(job)
  const size = entries.length
  const logged = async (index: number) => ({
    index,
    entry: entries[index] as never,
    path: await inclusionPath(log, index, size),
  })
  const checkpoint = await signCheckpoint(job.network.coordinator, job.network.context.network, { size, root })
  return { format: BEACON_FORMAT, chain: await logged(3), secret: await logged(4), checkpoint }
}

/** The coordinator of `job`, truthful but for `change`. */
function sourceOf(job: CertifiedJob, change: Partial<DrawSource> = {}): DrawSource {
  return {
    certificate: async () => unitOf(job),
    roster: async (root) => rostersOf(job).get(root) ?? [],
    beacon: () => beaconOf(job),
    async logEntry(index, size) {
      const { entries, log } = await logOf(job)
      return { index, entry: entries[index] as LogEntry, path: await inclusionPath(log, index, size) }
    },
    ...change,
  }
}

/** A clock that a test moves: it calls what is due and waits for nothing else. */
function handClock() {
  let nowMs = 1_000
  const timers = new Set<{ atMs: number; callback: () => void }>()
  const clock: Clock = {
    nowMs: () => nowMs,
    after(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
  }
  return {
    clock,
    pauses: () => [...timers].map(({ atMs }) => atMs - nowMs),
    move(byMs: number) {
      nowMs += byMs
      for (const timer of timers)
        if (timer.atMs <= nowMs) {
          timers.delete(timer)
          timer.callback()
        }
    },
  }
}

function open(job: CertifiedJob, source: DrawSource) {
  const hand = handClock()
  const kept: NewEvidence[] = []
  const ended: DrawCheck[] = []
  let tell = (_check: DrawCheck) => {}
  const checks = new DrawChecks({
    clock: hand.clock,
    authority: () => authorityOf(job),
    source,
    keep: async (evidence) => void kept.push(evidence),
    onCheckpoint: () => {},
    onChecked: (check) => {
      ended.push(check)
      tell(check)
    },
  })
  const next = () => new Promise<DrawCheck>((resolve) => (tell = resolve))
  return { checks, hand, kept, ended, next }
}

async function checkOnce(job: CertifiedJob, source: DrawSource, logIndex?: number) {
  const opened = open(job, source)
  const checked = opened.next()
  const { promise, receipt } = await settledOf(job, logIndex)
  const certificate = certificateId(await source.certificate('' as Digest))
  opened.checks.add(leaseOf(job), { promise, receipt: { ...receipt, certificate } })
  opened.hand.move(FIRST_LOOK_MS)
  const check = await checked
  opened.checks.close()
  return { check, kept: opened.kept }
}

/** The coordinator's signature under another draw. */
async function redrawn(
  job: CertifiedJob,
  change: Partial<DrawRecord>,
  others: Partial<CertificateBody> = {},
): Promise<Certificate> {
  const { coordinator, context } = job.network
  const { body } = unitOf(job)
  const [draw] = body.draws
  if (draw === undefined) throw new Error('There is no draw.')
  return signMessage(coordinator, CERTIFICATE_TYPE, context, { ...body, draws: [{ ...draw, ...change }], ...others })
}

/** The coordinator's signature under a draw of its own node, which is on no roster. */
function certifiedByInvented(job = invented): Promise<Certificate> {
  const own = job.network.nodes[1]?.publicKey
  if (own === undefined) throw new Error('There is no second node.')
  return redrawn(job, { drawn: [own] })
}

/** The same under any roster: its leases name that one too. */
async function inventedUnder(job: CertifiedJob, roster: Roster): Promise<Certificate> {
  const root = rosterRoot(roster)
  const { body } = await certifiedByInvented(job)
  const replicas = await Promise.all(
    body.replicas.map(async (replica) => {
      const { type, body: lease, checkpoint } = replica.lease
      const context = { ...job.network.context, checkpoint }
      const signed = await signMessage(job.network.coordinator, type, context, { ...lease, rosterRoot: root })
      return { ...replica, lease: signed }
    }),
  )
  return redrawn(job, { rosterRoot: root, drawn: body.draws[0]?.drawn ?? [] }, { replicas })
}

function document(kept: readonly NewEvidence[]): FalseDraw {
  const [evidence] = kept
  if (evidence === undefined) throw new Error('Nothing was kept.')
  return evidence.document as FalseDraw
}

describe('a node', () => {
  test('default: a draw by the rules is checked, and nothing is kept', async () => {
    const { check, kept } = await checkOnce(honest, sourceOf(honest))
    expect(check).toMatchObject({ lie: null, unchecked: null })
    expect(kept).toEqual([])
  })

  test('behaviour: a coordinator that picks its checkers is convicted by a document of its own signature', async () => {
    const { check, kept } = await checkOnce(picked, sourceOf(picked))
    expect(check).toMatchObject({ lie: 'draw', unchecked: null })
    expect(kept).toMatchObject([{ against: picked.network.coordinator.publicKey }])
    const proof = document(kept)
    expect(verifyFalseDraw(proof, authorityOf(picked))).toMatchObject({ ok: true })
    const bytes = encodeFalseDraw(proof)
    expect(isEvidence(bytes)).toBe(true)
    expect(decodeFalseDraw(bytes)).toEqual(proof)
    expect(await verifyFault(bytes)).toMatchObject({ verdict: { ok: true }, named: authorityOf(picked) })
  })

  test('behaviour: something else where a receipt was promised convicts', async () => {
    const { check, kept } = await checkOnce(honest, sourceOf(honest), 4)
    expect(check).toMatchObject({ lie: 'receipt', unchecked: null })
    expect(kept).toMatchObject([{ against: honest.network.coordinator.publicKey }])
    const bytes = encodeFalseReceipt(kept[0]?.document as FalseReceipt)
    expect(isEvidence(bytes)).toBe(true)
    expect(await verifyFault(bytes)).toMatchObject({ verdict: { ok: true }, named: authorityOf(honest) })
    const other = { network: digestOf('test', 'other network'), coordinator: honest.network.coordinator.publicKey }
    expect(await verifyFault(bytes, other)).toMatchObject({ verdict: { ok: false, check: 'receipt' } })
  })

  test('behaviour: a promise that is kept makes no document, and no change of one that convicts is believed', async () => {
    const { log, entries } = await logOf(honest)
    const { promise } = await settledOf(honest)
    const kept = falseReceipt(promise, promise.body.leaf, await inclusionPath(log, 5, entries.length))
    expect(verifyFalseReceipt(kept, authorityOf(honest))).toMatchObject({ ok: false, check: 'false-receipt' })
    const believed: string[] = []
    const { promise: broken } = await settledOf(honest, 4)
    const lie = falseReceipt(broken, entryLeaf(entries[4] as LogEntry), await inclusionPath(log, 4, entries.length))
    expect(verifyFalseReceipt(lie, authorityOf(honest))).toMatchObject({ ok: true })
    for (const [path, change] of changesOf(lie)) {
      try {
        const read = decodeFalseReceipt(encodeFalseReceipt(change as FalseReceipt))
        if (verifyFalseReceipt(read, authorityOf(honest)).ok) believed.push(path)
      } catch (error) {
        expect(error).toHaveProperty('kind', 'hostile')
      }
    }
    expect(believed).toEqual([])
  })

  test('behaviour: a record that contradicts itself convicts without a roster', async () => {
    const certificate = await redrawn(honest, { rosterLeaf: 4 })
    const { check, kept } = await checkOnce(honest, sourceOf(honest, { certificate: async () => certificate }))
    expect(check.lie).toBe('record')
    expect(verifyFalseDraw(document(kept), authorityOf(honest))).toMatchObject({ ok: true })
  })

  test('behaviour: another entry where the roster should be convicts', async () => {
    const certificate = await redrawn(honest, { rosterLeaf: 1 })
    const { check, kept } = await checkOnce(honest, sourceOf(honest, { certificate: async () => certificate }))
    expect(check.lie).toBe('place')
    expect(verifyFalseDraw(document(kept), authorityOf(honest))).toMatchObject({ ok: true })
  })

  const answers: [string, (job: CertifiedJob) => Partial<DrawSource>][] = [
    ['another certificate', () => ({ certificate: async () => unitOf(picked) })],
    ['a shorter roster', () => ({ roster: async (root) => (rostersOf(honest).get(root) ?? []).slice(1) })],
    ["another network's beacon", () => ({ beacon: () => beaconOf(picked) })],
    [
      'an entry without its path',
      (job) => ({ logEntry: async (...at) => ({ ...(await sourceOf(job).logEntry(...at)), path: [] }) }),
    ],
  ]
  test.each(answers)('behaviour: %s is no answer, and convicts nobody', async (_what, change) => {
    const opened = open(honest, sourceOf(honest, change(honest)))
    const checked = opened.next()
    opened.checks.add(leaseOf(honest), await settledOf(honest))
    opened.hand.move(FIRST_LOOK_MS)
    expect((await checked).unchecked).toContain('cannot be checked')
    expect(opened.kept).toEqual([])
    opened.checks.close()
  })

  test('behaviour: it asks again while the secret is not out, less and less often', async () => {
    const asked: (() => void)[] = []
    let isRevealed = false
    const source = sourceOf(honest, {
      async beacon() {
        const answer = isRevealed ? await beaconOf(honest) : null
        queueMicrotask(() => asked.shift()?.())
        return answer
      },
    })
    const { checks, hand, next } = open(honest, source)
    checks.add(leaseOf(honest), await settledOf(honest))
    const pauses: number[] = []
    for (let look = 0; look < 9; look++) {
      const [pause = 0] = hand.pauses()
      pauses.push(pause)
      const answered = new Promise<void>((resolve) => asked.push(resolve))
      hand.move(pause)
      await answered
      // The next look is planned once this one is over.
      while (hand.pauses().length === 0) await Promise.resolve()
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
    expect(checks.waiting).toBe(1)
    isRevealed = true
    const checked = next()
    hand.move(60_000)
    expect(await checked).toMatchObject({ lie: null, unchecked: null })
    checks.close()
  })

  test('behaviour: a coordinator that gives no answer for an hour leaves the draw unchecked', async () => {
    const unanswered = () => Promise.reject(new DrawUnansweredError('certificates', 'it is not there'))
    const { checks, hand, kept, next } = open(honest, sourceOf(honest, { certificate: unanswered }))
    const checked = next()
    checks.add(leaseOf(honest), await settledOf(honest))
    hand.move(MAX_WAIT_MS)
    expect((await checked).unchecked).toContain('no answer')
    expect(kept).toEqual([])
    expect(checks.waiting).toBe(0)
    checks.close()
  })

  test(`limit: ${MAX_WAITING} leases wait, for one more the oldest gives way`, async () => {
    const { checks, ended } = open(honest, sourceOf(honest, { beacon: async () => null }))
    const { coordinator, context } = honest.network
    const { body, type } = leaseOf(honest)
    const leases = await Promise.all(
      Array.from({ length: MAX_WAITING + 1 }, (_, at) =>
        signMessage(coordinator, type, context, { ...body, admissionLeaf: at }),
      ),
    )
    const settled = await settledOf(honest)
    for (const lease of leases.slice(0, MAX_WAITING)) checks.add(lease, settled)
    expect(ended).toEqual([])
    for (const lease of leases.slice(MAX_WAITING)) checks.add(lease, settled)
    expect(ended.map(({ lease }) => lease.body.admissionLeaf)).toEqual([0])
    expect(checks.waiting).toBe(MAX_WAITING)
    checks.close()
  })
})

describe('the document', () => {
  async function proofOf(job: CertifiedJob): Promise<FalseDraw> {
    const lie = findDrawLie(unitOf(job), authorityOf(job), rostersOf(job), [await beaconOf(job)])
    if (lie === undefined) throw new Error('There is no lie.')
    return falseDraw(unitOf(job), lie)
  }

  test('behaviour: a change of any field convicts nobody', async () => {
    const proof = await proofOf(picked)
    const believed: string[] = []
    let at = 0
    for (const [path, change] of changesOf(proof)) {
      // One signature covers all of the certificate: some of its fields do for all.
      if (path.startsWith('.certificate') && at++ % 16 !== 0) continue
      try {
        const read = decodeFalseDraw(encodeFalseDraw(change as FalseDraw))
        if (verifyFalseDraw(read, authorityOf(picked)).ok) believed.push(path)
      } catch (error) {
        expect(error).toHaveProperty('kind', 'hostile')
      }
    }
    expect(believed).toEqual([])
  })

  test('behaviour: an honest draw is convicted by no part of its roster, its record or its place', async () => {
    const certificate = unitOf(honest)
    const beacon = await beaconOf(honest)
    const [roster] = honest.certificate.rosters
    const draw = certificate.body.draws[0]
    if (roster === undefined || draw === undefined) throw new Error('There is no draw.')
    const root = roster.entry.root
    const refused = (lie: FalseDraw['lie']) => verifyFalseDraw(falseDraw(certificate, lie), authorityOf(honest))
    expect(refused({ shows: 'record' })).toMatchObject({ ok: false, check: 'false-draw' })
    const entry = await sourceOf(honest).logEntry(draw.rosterLeaf, 4)
    expect(refused({ shows: 'place', attempt: 1, entry })).toMatchObject({ ok: false, check: 'false-draw' })
    const other = await sourceOf(honest).logEntry(1, 4)
    expect(refused({ shows: 'place', attempt: 1, entry: other })).toMatchObject({ ok: false, check: 'false-draw' })
    const parts = await proofOf(picked)
    if (parts.lie.shows !== 'draw') throw new Error('It shows something else.')
    const whole: PartialRoster = {
      root,
      size: roster.nodes.length,
      entries: roster.nodes.map((node, index) => ({ index, entry: node, path: pathOf(roster.nodes, index) })),
    }
    const convicts = (rosters: PartialRoster[]) => refused({ shows: 'draw', attempt: 1, rosters, beacon })
    expect(convicts([whole])).toMatchObject({ ok: false, check: 'false-draw' })
    expect(convicts([{ ...whole, entries: whole.entries.slice(1) }])).toMatchObject({ ok: false, check: 'draw' })
    expect(convicts([])).toMatchObject({ ok: false, check: 'draw' })
    expect(convicts([...parts.lie.rosters])).toMatchObject({ ok: false, check: 'draw' })
  })

  test('behaviour: somebody who is not on the roster shows by its neighbours there, before any secret is out', async () => {
    const certificate = await certifiedByInvented()
    const lie = findDrawLie(certificate, authorityOf(invented), rostersOf(invented), [])
    expect(lie).toMatchObject({ shows: 'unlisted', attempt: 1, roster: { size: 1, entries: [{ index: 0 }] } })
    if (lie === undefined) return
    const proof = falseDraw(certificate, lie)
    expect(verifyFalseDraw(proof, authorityOf(invented))).toMatchObject({ ok: true })
    expect(decodeFalseDraw(encodeFalseDraw(proof))).toEqual(proof)
    expect(falseDrawSays(proof)).toContain('not on the roster')
  })

  test('behaviour: wherever it would be among four others, one or two of them show that it is not there', async () => {
    const random = seededRandom('four others')
    const shown = new Map<number, number>() // entries by place
    for (let at = 0; shown.size < 5; at++) {
      if (at === 16) throw new Error(`Only ${[...shown.keys()].join(', ')} were met.`)
      const job = await certifyMatmul(`invented node ${at}`, { ...SIZES, onRoster: 1 })
      const [primary, own] = job.network.nodes
      if (primary === undefined || own === undefined) throw new Error('Somebody is missing.')
      for (let others = 0; others < 8; others++) {
        const three = Array.from({ length: 3 }, () => signerFromSecret(random.bytes(32)))
        const roster = testRoster([primary, ...three], unitOf(job).body.unit)
        const certificate = await inventedUnder(job, roster)
        const lie = findDrawLie(certificate, authorityOf(job), new Map([[rosterRoot(roster), roster]]), [])
        if (lie?.shows !== 'unlisted') throw new Error(`It shows ${lie?.shows}.`)
        expect(verifyFalseDraw(falseDraw(certificate, lie), authorityOf(job))).toMatchObject({ ok: true })
        shown.set(roster.filter(({ node }) => node < own.publicKey).length, lie.roster.entries.length)
      }
    }
    expect([0, 1, 2, 3, 4].map((place) => shown.get(place))).toEqual([1, 2, 2, 2, 1])
  })

  test('behaviour: the whole roster with the beacon convicts as well, as documents from before have it', async () => {
    const [roster] = invented.certificate.rosters
    const nodes = roster?.nodes ?? []
    const entries = nodes.map((entry, index) => ({ index, entry, path: pathOf(nodes, index) }))
    const rosters: PartialRoster[] = [{ root: rosterRoot(nodes), size: nodes.length, entries }]
    const lie = { shows: 'draw', attempt: 1, rosters, beacon: await beaconOf(invented) } as const
    const proof = falseDraw(await certifiedByInvented(), lie)
    expect(verifyFalseDraw(proof, authorityOf(invented))).toMatchObject({ ok: true })
  })

  test('behaviour: a roster convicts nobody who is on it, nor by neighbours that are none', async () => {
    const [roster] = picked.certificate.rosters
    const certificate = unitOf(picked)
    if (roster === undefined) throw new Error('There is no roster.')
    const { nodes } = roster
    const { root } = roster.entry
    const entries = nodes.map((entry, index) => ({ index, entry, path: pathOf(nodes, index) }))
    const refused = (part: typeof entries, size = nodes.length, attempt = 1) => {
      const lie = { shows: 'unlisted', attempt, roster: { root, size, entries: part } } as const
      return verifyFalseDraw(falseDraw(certificate, lie), authorityOf(picked))
    }
    expect(nodes).toHaveLength(3)
    const apart = entries.filter(({ index }) => index !== 1)
    for (const part of [
      [],
      entries,
      apart,
      entries.slice(1),
      entries.slice(0, 2),
      entries.slice(0, 1),
      entries.slice(2),
    ])
      expect(refused(part)).toMatchObject({ ok: false, check: 'false-draw' })
    // Whoever says that the roster ends earlier has no path.
    expect(refused(entries.slice(0, 2), 2)).toMatchObject({ ok: false, check: 'draw' })
    expect(refused(entries.slice(1, 2), 2)).toMatchObject({ ok: false, check: 'draw' })
    const changed = entries.map((each) => ({ ...each, entry: { ...each.entry, stake: `${each.entry.stake}0` } }))
    expect(refused(changed)).toMatchObject({ ok: false, check: 'draw' })
    expect(refused(entries, nodes.length, 2)).toMatchObject({ ok: false, check: 'false-draw' })
  })

  test('behaviour: the SDK makes one of a node that is on no roster, though no secret is ever revealed', async () => {
    const { result, job: signed } = invented.certificate
    const books = { onRoster: 1 }
    const certificate = await logJob(invented.network, signed, [await certifiedByInvented()], result, books)
    const { verdict, evidence, pendingDraws } = await verifyCertificate(encodeJobCertificate(certificate))
    expect(verdict).toMatchObject({ ok: false, check: 'draw' })
    expect(pendingDraws).toEqual([TEST_EPOCH])
    if (evidence === undefined) throw new Error('There is no evidence.')
    expect(await verifyFault(evidence)).toMatchObject({ verdict: { ok: true }, named: authorityOf(invented) })
  })

  test('behaviour: it names the network and the coordinator that signed', async () => {
    expect(falseDrawAuthority(await proofOf(picked))).toEqual(authorityOf(picked))
    const stranger = { ...authorityOf(picked), coordinator: honest.network.coordinator.publicKey }
    expect(verifyFalseDraw(await proofOf(picked), stranger)).toMatchObject({
      ok: false,
      check: 'certificate-signature',
    })
  })

  test('behaviour: the SDK makes it of a certificate whose draw fails', async () => {
    const asked: string[] = []
    const fetch = async (url: string) => {
      asked.push(new URL(url).pathname)
      const isRevealed = asked.length > 2
      const missing = { error: { name: 'coordinator.NotFound', kind: 'input', message: 'There is no such secret.' } }
      return Response.json(isRevealed ? await beaconOf(picked) : missing, { status: isRevealed ? 200 : 404 })
    }
    const clock: Clock = {
      nowMs: () => 0,
      after(delayMs, callback) {
        // Pauses take no time; time limits never end.
        if (delayMs <= 1_000) queueMicrotask(callback)
        return () => {}
      },
    }
    const http = new Http('http://coordinator.test', { fetch, clock, random: seededRandom('sdk') })
    const bytes = encodeJobCertificate(picked.certificate)
    const once = await verifyCertificate(bytes, { http })
    expect(once).toMatchObject({ verdict: { ok: true }, pendingDraws: [TEST_EPOCH], evidence: undefined })
    const waited = await verifyCertificate(bytes, { http, drawWaitMs: 10_000 })
    expect(waited).toMatchObject({ verdict: { ok: false, check: 'draw' }, pendingDraws: [] })
    expect(asked).toEqual(Array.from({ length: 3 }, () => `/api/v1/beacons/${TEST_EPOCH}`))
    if (waited.evidence === undefined) throw new Error('There is no evidence.')
    const proof = decodeFalseDraw(waited.evidence)
    expect(verifyFalseDraw(proof, authorityOf(picked))).toMatchObject({ ok: true })
  })
})

function pathOf(nodes: Roster, index: number): Digest[] {
  const leaves = nodes.map((node) => leafDigest(encodeCbor(node)))
  return merkleProof(leaves, index)
}
