// A certificate is believed only as a whole: every changed byte and every changed field is refused, and a coordinator that signs
// something else than the evidence says is caught by the check that is named for it.
import { utf8 } from '#core/bytes.ts'
import { encodeCanonicalJson } from '#core/canonical-json.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { leafDigest, merkleRoot } from '#core/merkle.ts'
import { randomInt, seededRandom } from '#core/random.ts'
import { type PlainValue, type Signed, signMessage } from '#core/signed.ts'
import type { Payment } from '#ledger/entry.ts'
import {
  JOB_CERTIFICATE_FORMAT,
  type JobCertificate,
  MAX_JOB_CERTIFICATE_BYTES,
  decodeJobCertificate,
  encodeJobCertificate,
} from '#ledger/job-certificate.ts'
import { ATTO_PER_OPERATION } from '#ledger/price.ts'
import { type CheckpointNote, openCheckpoint, signCheckpoint } from '#ledger/checkpoint.ts'
import { recomputeJob, resultLeaves, verifyJobCertificate, verifyResult } from '#ledger/verify-job-certificate.ts'
import { openCpuBackend } from '#tensor/cpu-backend.ts'
import { CERTIFICATE_TYPE, type Certificate, type CertificateBody, type Replica } from '#verify/certificate.ts'
import { SIGHTING_TYPE, type SightingBody } from '#verify/reveal.ts'
import type { PartSource } from '#verify/content-file.ts'
import { CHECKS, type Verdict } from '#verify/verdict.ts'
import { verifyCertificate } from '#verify/verify-certificate.ts'
import { JOB_TYPE } from '#work/job.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Books, type CertifiedJob, certifyMatmul, honestPayments, logJob } from '../support/certified-job.ts'
import { changesOf } from '../support/field-changes.ts'

/** Positions at which one byte is changed, from a seed that is printed with every failure. */
const POSITIONS = 2_000

let job: CertifiedJob
let large: CertifiedJob
beforeAll(async () => {
  job = await certifyMatmul('tampering', { m: 300, k: 40, n: 20 })
  large = await certifyMatmul('units', { m: 1100, k: 9, n: 1030 })
})

describe('job certificate', () => {
  test('default: verifies, and its text comes back byte for byte', async () => {
    for (const { certificate } of [job, large]) {
      const text = encodeJobCertificate(certificate)
      const back = decodeJobCertificate(text)
      expect(encodeJobCertificate(back)).toEqual(text)
      expect(await verifyJobCertificate(back)).toMatchObject({ ok: true })
    }
    expect(large.certificate.units).toHaveLength(4)
  })

  test('default: a tolerant job', async () => {
    const { certificate } = await certifyMatmul('tolerant', { m: 5, k: 6, n: 7, dtype: 'f32' })
    expect(await verifyJobCertificate(certificate)).toMatchObject({ ok: true })
    expect(certificate.units[0]?.body.assurance).toBe('tolerant')
  })

  test('behaviour: a single replica is labelled single', async () => {
    const { certificate } = await certifyMatmul('single', { m: 5, k: 6, n: 7, replication: 1 })
    expect(await verifyJobCertificate(certificate)).toMatchObject({ ok: true })
    expect(certificate.units[0]?.body).toMatchObject({ assurance: 'single', transport: 'none' })
  })

  test('behaviour: every check that is applied is counted under its name', async () => {
    const verdict = await verifyJobCertificate(large.certificate)
    const counts = Object.fromEntries(verdict.checks.map(({ check, count }) => [check, count]))
    expect(counts).toMatchObject({ 'certificate-signature': 4, commitment: 8, reveal: 8, result: 1, checkpoint: 1 })
    expect(Object.keys(counts).every((name) => name in CHECKS)).toBe(true)
  })

  test('error: another network than expected', async () => {
    const { network } = job.network.context
    expect(await verifyJobCertificate(job.certificate, { networkExpected: network })).toMatchObject({ ok: true })
    const other = digestOf('test', 'another network')
    expect(await verifyJobCertificate(job.certificate, { networkExpected: other })).toMatchObject({ check: 'network' })
  })
})

describe('tampering', () => {
  test(`behaviour: ${POSITIONS} changed bytes are refused, each by a named check`, { timeout: 240_000 }, async () => {
    const text = encodeJobCertificate(job.certificate)
    const seed = 'tampered bytes'
    const random = seededRandom(seed)
    const named = new Map<string, number>()
    for (let i = 0; i < POSITIONS; i++) {
      const at = randomInt(random, text.length)
      const changed = text.slice()
      // Half of the changes keep a digit a digit, so that they pass the form and must fail a check.
      changed[at] = i % 2 === 0 ? otherByte(text[at] ?? 0, randomInt(random, 255)) : otherDigit(text[at] ?? 0)
      const name = await refusal(changed)
      expect(name, `byte ${at} of "${seed}"`).not.toBeUndefined()
      named.set(name ?? '', (named.get(name ?? '') ?? 0) + 1)
    }
    expect([...named.keys()]).toEqual(
      expect.arrayContaining(['verify.CanonicalJson', 'core.Schema', 'certificate-signature', 'job', 'receipt']),
    )
  })

  test('behaviour: every changed, missing, doubled or added field is refused', { timeout: 240_000 }, async () => {
    const value = JSON.parse(new TextDecoder().decode(encodeJobCertificate(job.certificate))) as PlainValue
    const believed: string[] = []
    let changes = 0
    for (const [path, changed] of changesOf(value)) {
      changes++
      if ((await refusal(encodeCanonicalJson(changed))) === undefined) believed.push(path)
    }
    expect(believed).toEqual([])
    expect(changes).toBeGreaterThan(400)
  })

  test('behaviour: units in another order, left out, doubled, or of another job', async () => {
    const { certificate } = large
    const [first, second, ...rest] = certificate.units
    if (first === undefined || second === undefined) throw new Error('no units')
    const foreign = job.certificate.units[0] ?? first
    for (const units of [
      [second, first, ...rest],
      [second, ...rest],
      [first, first, ...rest],
      [foreign, second, ...rest],
    ])
      expect(await verifyJobCertificate({ ...certificate, units })).toMatchObject({ ok: false, check: 'units' })
  })

  test('behaviour: receipts swapped, or an admission of another job', async () => {
    const { certificate } = large
    const [first, second, ...rest] = certificate.receipts
    if (first === undefined || second === undefined) throw new Error('no receipts')
    const swapped = { ...certificate, receipts: [second, first, ...rest] }
    expect(await verifyJobCertificate(swapped)).toMatchObject({ check: 'receipt' })
    const doubled = { ...certificate, receipts: [first, { ...second, index: first.index }, ...rest] }
    expect(await verifyJobCertificate(doubled)).toMatchObject({ reason: 'Two units share a receipt.' })
    const short = { ...certificate, receipts: [first, second] }
    expect(await verifyJobCertificate(short)).toMatchObject({ reason: 'There are 2 receipts for 4 units.' })
    const misplaced = { ...certificate, receipts: [first, { ...second, path: first.path }, ...rest] }
    expect(await verifyJobCertificate(misplaced)).toMatchObject({ check: 'receipt' })
    const elsewhere = { ...certificate, admission: { ...certificate.admission, path: first.path } }
    expect(await verifyJobCertificate(elsewhere)).toMatchObject({ reason: 'The admission is not in the log.' })
    const moved = { ...certificate, admission: { ...certificate.admission, salt: digestOf('test', 'other salt') } }
    expect(await verifyJobCertificate(moved)).toMatchObject({ check: 'admission' })
  })

  test('behaviour: a unit that was certified for the same product of another job', async () => {
    const sizes = { m: 3, k: 4, n: 5 }
    const [own, other] = [
      await certifyMatmul('twins', sizes),
      await certifyMatmul('twins', { ...sizes, maxPrice: 7n ** 20n }),
    ]
    expect(other.certificate.units[0]?.body.unit).toEqual(own.certificate.units[0]?.body.unit)
    expect(await verifyJobCertificate({ ...own.certificate, units: other.certificate.units })).toMatchObject({
      ok: false,
      check: 'unit',
    })
  })

  test('behaviour: a job, result or checkpoint that someone else signed or that says something else', async () => {
    const { certificate, network } = job
    const [node] = network.nodes
    if (node === undefined) throw new Error('no node')
    const verdictOn = (change: Partial<JobCertificate>): Promise<Verdict> =>
      verifyJobCertificate({ ...certificate, ...change })
    expect(await verdictOn({ job: { ...certificate.job, signer: node.publicKey } })).toMatchObject({ check: 'job' })
    const unknown = { ...certificate.job.body, kind: 'divination' }
    expect(
      await verdictOn({ job: await signMessage(network.requester, JOB_TYPE, network.context, unknown) }),
    ).toMatchObject({
      check: 'job',
      reason: expect.stringContaining('no kind of work "divination"') as unknown,
    })
    const { id, layout } = certificate.result
    expect(await verdictOn({ result: { id: digestOf('test', 'result'), layout } })).toMatchObject({ check: 'result' })
    expect(await verdictOn({ result: { id, layout: { form: 'blob', sizeBytes: 9 } } })).toMatchObject({
      check: 'result',
    })
    const id32 = network.context.network
    const checkpoint = openCheckpoint(certificate.checkpoint, {
      network: id32,
      coordinator: network.coordinator.publicKey,
    })
    if (checkpoint === undefined) throw new Error('no checkpoint')
    for (const signed of [
      await signCheckpoint(node, id32, checkpoint),
      await signCheckpoint(network.coordinator, digestOf('test', 'another network'), checkpoint),
      certificate.checkpoint.replace(`\n${checkpoint.size}\n`, `\n${checkpoint.size + 1}\n`) as CheckpointNote,
      '' as CheckpointNote,
    ])
      expect(await verdictOn({ checkpoint: signed })).toMatchObject({ ok: false, check: 'checkpoint' })
  })

  test('limit: a text of 256 MiB and one byte is refused unread', () => {
    expect(() => decodeJobCertificate(new Uint8Array(MAX_JOB_CERTIFICATE_BYTES + 1))).toThrow(
      `more than ${MAX_JOB_CERTIFICATE_BYTES}`,
    )
  })

  test('error: text that is not a certificate', () => {
    for (const text of ['', 'null\n', '{}\n', '[]\n', `{\n  "format": "${JOB_CERTIFICATE_FORMAT}"\n}\n`])
      expect(() => decodeJobCertificate(utf8(text))).toThrow(AppError)
  })
})

describe('a coordinator that signs what the evidence does not say', () => {
  test.each([
    ['assurance', { assurance: 'replicated-3' }],
    ['assurance', { assurance: 'single' }],
    ['assurance', { transport: 'relay' }],
    ['assurance', { transport: 'none' }],
    ['root', { root: digestOf('test', 'root') }],
    ['root', { leaves: [digestOf('test', 'leaf')] }],
    ['lease', { job: digestOf('test', 'job') }],
    ['lease', { admissionLeaf: 7 }],
    ['lease', { attempt: 0 }],
  ] as const)('error: %s when it says %j', async (check, change) => {
    expect(await verdictOnChanged((body) => ({ ...body, ...change }))).toMatchObject({ ok: false, check })
  })

  test('error: certificate-signature, when a node signs it', async () => {
    const { coordinator, context, nodes } = job.network
    const [unit] = job.certificate.units
    const [node] = nodes
    if (unit === undefined || node === undefined) throw new Error('no unit')
    const forged = await signMessage(node, CERTIFICATE_TYPE, context, unit.body)
    expect(
      await verifyCertificate(forged, { network: context.network, coordinator: coordinator.publicKey }),
    ).toMatchObject({
      check: 'certificate-signature',
    })
  })

  test('error: replicas, when they are fewer than the job asked for', async () => {
    const { certificate } = await certifyMatmul('few', { m: 3, k: 4, n: 5, replication: 3, replicas: 2 })
    expect(await verifyJobCertificate(certificate)).toMatchObject({
      check: 'replicas',
      reason: 'A unit has 2 replicas; the job asked for 3.',
    })
  })

  test('error: admission, when the log has it elsewhere; receipt, when it is logged before it', async () => {
    const { job: signed, units, result } = job.certificate
    const [grant, genesis] = [
      { type: 'grant', account: signed.signer, amount: '1' },
      { type: 'genesis', genesis: job.network.genesis },
    ] as const
    const later = await logJob(job.network, signed, units, result, { before: [genesis, grant] })
    expect(await verifyJobCertificate(later)).toMatchObject({ check: 'admission' })
    const early = await logJob(job.network, signed, units, result, { before: [], areReceiptsFirst: true })
    expect(early.admission.index).toBe(1)
    expect(await verifyJobCertificate(early)).toMatchObject({ check: 'receipt' })
  })

  test('error: receipt, when it says of a result that nobody audited that it was', async () => {
    const { job: signed, units, result } = job.certificate
    expect(units.every(({ body }) => body.audit === null)).toBe(true)
    const audited = units[0]?.body.replicas.map(({ lease }) => lease.body.node) ?? []
    const cleared = await logJob(job.network, signed, units, result, { audited })
    expect(await verifyJobCertificate(cleared)).toMatchObject({ check: 'receipt' })
  })

  test('error: unit, of a kind that is unknown or a block that is none of its units', async () => {
    const withUnit = (unit: Partial<CertificateBody['unit']>): Promise<Verdict> =>
      verdictOnChanged((body) => ({ ...body, unit: { ...body.unit, ...unit } }))
    expect(await withUnit({ kind: 'divination' })).toMatchObject({ check: 'unit' })
    expect(await withUnit({ params: { rowStart: 0, rowEnd: 1, colStart: 0, colEnd: 1 } })).toMatchObject({
      check: 'unit',
    })
  })

  test('error: root, when a wrong result is certified with the right evidence', async () => {
    const wrong = [leafDigest(Uint8Array.of(1)), leafDigest(Uint8Array.of(2))]
    const change = { leaves: wrong, root: merkleRoot(wrong) }
    expect(await verdictOnChanged((body) => ({ ...body, ...change }))).toMatchObject({ check: 'root' })
  })

  test('error: replicas, when one node is listed twice', async () => {
    const verdict = await verdictOnChanged((body) => ({
      ...body,
      replicas: body.replicas.map(() => replicaOf(body, 0)),
    }))
    expect(verdict).toMatchObject({ ok: false, check: 'replicas' })
  })

  test('error: evidence of one node under the lease of the other', async () => {
    const mixed = (change: (own: Replica, other: Replica) => Replica): Promise<Verdict> =>
      verdictOnChanged((body) => {
        const [own, other] = [replicaOf(body, 0), replicaOf(body, 1)]
        return { ...body, replicas: [change(own, other), other] }
      })
    expect(await mixed((own, other) => ({ ...own, commitment: other.commitment }))).toMatchObject({
      check: 'commitment',
    })
    expect(await mixed((own, other) => ({ ...own, reveal: other.reveal }))).toMatchObject({ check: 'reveal' })
    expect(await mixed((own, other) => ({ ...own, sighting: other.sighting }))).toMatchObject({ check: 'sighting' })
  })

  test('error: sighting, when a replica said that the other differs or did not mention it', async () => {
    const seenAs = (change: (body: SightingBody) => SightingBody): Promise<Verdict> => verdictOnSighting(change)
    const [agrees] = replicaOf(job.certificate.units[0]?.body, 0).sighting.body.seen
    if (agrees === undefined) throw new Error('no sighting')
    expect(await seenAs((body) => body)).toMatchObject({ ok: true })
    for (const seen of [
      [],
      [{ ...agrees, verdict: 'differs' as const }],
      [{ ...agrees, verdict: 'invalid' as const, root: null }],
      [{ ...agrees, root: digestOf('test', 'root') }],
      [{ ...agrees, transport: null }],
      [agrees, agrees],
    ])
      expect(await seenAs((body) => ({ ...body, seen }))).toMatchObject({ ok: false, check: 'sighting' })
  })

  test('error: sighting, when it is signed by another node or about another close', async () => {
    const [node, other] = job.network.nodes
    const body = job.certificate.units[0]?.body
    if (node === undefined || other === undefined) throw new Error('no nodes')
    const own = replicaOf(body, 0)
    const close = digestOf('test', 'close')
    for (const [signer, change] of [
      [other, {}],
      [node, { close }],
      [node, { lease: close }],
    ] as const) {
      const changed = { ...own.sighting.body, ...change }
      const sighting = await signMessage(signer, SIGHTING_TYPE, job.network.context, changed)
      const verdict = await verdictOnChanged((certified) => ({
        ...certified,
        replicas: [{ ...own, sighting }, replicaOf(certified, 1)],
      }))
      expect(verdict).toMatchObject({ ok: false, check: 'sighting' })
    }
  })

  test('behaviour: replicas that could not reach each other have no transport to claim', async () => {
    const missing = (transport: 'none' | 'webrtc'): Promise<Verdict> =>
      verdictOnSighting(
        (body) => ({
          ...body,
          seen: body.seen.map(({ node }) => ({ node, root: null, verdict: 'missing' as const, transport: null })),
        }),
        transport,
      )
    expect(await missing('none')).toMatchObject({ ok: true })
    expect(await missing('webrtc')).toMatchObject({ ok: false, check: 'assurance' })
  })
})

describe('prices', () => {
  const logged = (books: Books): Promise<JobCertificate> => {
    const { job: signed, units, result } = large.certificate
    return logJob(large.network, signed, units, result, books)
  }
  const total = (): bigint => large.certificate.units.reduce((sum, { body }) => sum + BigInt(body.price), 0n)

  test('error: price, when a payment is more, less, missing, or another account’s', async () => {
    expect(await verifyJobCertificate(await logged({}))).toMatchObject({ ok: true })
    const changes: ((payments: Payment[]) => Payment[])[] = [
      ([first, ...rest]) => (first === undefined ? [] : [{ ...first, amount: `${first.amount}0` }, ...rest]),
      ([first, ...rest]) => (first === undefined ? [] : [{ ...first, amount: '1' }, ...rest]),
      (payments) => payments.slice(1),
      () => [],
      ([first, ...rest]) =>
        first === undefined ? [] : [{ ...first, account: large.certificate.genesis.coordinator }, ...rest],
    ]
    for (const change of changes) {
      const paymentsOf = (unit: Certificate): Payment[] => change(honestPayments(unit))
      expect(await verifyJobCertificate(await logged({ paymentsOf }))).toMatchObject({ ok: false, check: 'price' })
    }
  })

  test('error: price, when a unit is priced otherwise than the list says, and paid so', async () => {
    const dear = await certifyMatmul('dear', { m: 3, k: 4, n: 5, price: 10n ** 15n })
    const { job: signed, units, result } = dear.certificate
    const paymentsOf = (unit: Certificate): Payment[] =>
      honestPayments(unit).map(({ node, account }) => ({ node, account, amount: (10n ** 15n / 2n).toString() }))
    const certificate = await logJob(dear.network, signed, units, result, { paymentsOf })
    expect(await verifyJobCertificate(certificate)).toMatchObject({
      check: 'price',
      reason: expect.stringContaining('the list says') as unknown,
    })
  })

  test('limit: an escrow of the price accepted, one less refused', async () => {
    expect(await verifyJobCertificate(await logged({ escrow: total() }))).toMatchObject({ ok: true })
    expect(await verifyJobCertificate(await logged({ escrow: total() - 1n }))).toMatchObject({ check: 'price' })
  })

  test("limit: the requester's ceiling accepted, one more refused", async () => {
    const price = 2n * 3n * 4n * 5n * 2n * ATTO_PER_OPERATION
    const within = await certifyMatmul('ceiling', { m: 3, k: 4, n: 5, maxPrice: price })
    expect(await verifyJobCertificate(within.certificate)).toMatchObject({ ok: true })
    const beyond = await certifyMatmul('ceiling', { m: 3, k: 4, n: 5, maxPrice: price - 1n })
    expect(await verifyJobCertificate(beyond.certificate)).toMatchObject({ ok: false, check: 'price' })
  })
})

describe('result', () => {
  test('default: the certified leaves are accepted', () => {
    const leaves = large.result.map((part) => leafDigest(part))
    expect(resultLeaves(large.certificate)).toEqual(leaves)
    expect(verifyResult(large.certificate, leaves)).toMatchObject({ ok: true })
  })

  test('error: bytes, with the part that differs', () => {
    const leaves = large.result.map((part) => leafDigest(part))
    const changed = leaves.map((leaf, at) => (at === 7 ? leafDigest(utf8('x')) : leaf))
    expect(verifyResult(large.certificate, changed)).toMatchObject({
      check: 'bytes',
      reason: 'Part 7 of the result is not the one that was certified.',
    })
    expect(verifyResult(large.certificate, leaves.slice(1))).toMatchObject({ check: 'bytes' })
  })
})

describe('recomputation', () => {
  test('default: by the reference and by a backend, with progress', async () => {
    const backend = await openCpuBackend()
    for (const options of [{}, { backend }]) {
      const progress: number[] = []
      const verdict = await recomputeJob(
        large.certificate,
        sourceOf(large),
        ({ done, total }) => {
          expect(total).toBe(large.result.length)
          progress.push(done)
        },
        options,
      )
      expect(verdict).toMatchObject({ ok: true })
      expect(progress).toEqual(large.result.map((_, at) => at + 1))
      expect(verdict.checks.find(({ check }) => check === 'possession')?.count).toBe(8)
    }
    await backend.close()
  })

  test('default: a tolerant job within its bounds', async () => {
    const tolerant = await certifyMatmul('tolerant', { m: 5, k: 6, n: 7, dtype: 'f32' })
    expect(await recomputeJob(tolerant.certificate, sourceOf(tolerant))).toMatchObject({ ok: true })
    const other = tolerant.result.map((part) => part.map(() => 0))
    expect(await recomputeJob(tolerant.certificate, sourceOf({ ...tolerant, result: other }))).toMatchObject({
      check: 'recompute',
    })
  })

  test('error: recompute, when replicas agreed on a wrong result', async () => {
    // Two colluders: everything is signed and consistent, and only the result is wrong.
    const forged = await certifyMatmul('forged', { m: 300, k: 40, n: 20, wrongPart: 1 })
    expect(await verifyJobCertificate(forged.certificate)).toMatchObject({ ok: true })
    expect(await recomputeJob(forged.certificate, sourceOf(forged))).toMatchObject({
      ok: false,
      check: 'recompute',
      reason: expect.stringContaining('Part 1') as unknown,
    })
  })

  test('error: possession, when a replica did not know intermediate values', async () => {
    const lookedUp = await certifyMatmul('looked up', { m: 300, k: 40, n: 20, hasWrongTags: true })
    expect(await verifyJobCertificate(lookedUp.certificate)).toMatchObject({ ok: true })
    expect(await recomputeJob(lookedUp.certificate, sourceOf(lookedUp))).toMatchObject({ check: 'possession' })
  })

  test('error: input, when the source gives other bytes or leaves', async () => {
    const source = sourceOf(job)
    const wrongPart = { ...source, part: async () => new Uint8Array(3) }
    expect(await recomputeJob(job.certificate, wrongPart)).toMatchObject({ check: 'input' })
    const wrongLeaves = { ...source, leaves: async () => [leafDigest(utf8('x'))] }
    expect(await recomputeJob(job.certificate, wrongLeaves)).toMatchObject({ check: 'input' })
    // Other inputs of the same sizes, consistent in themselves.
    const other = await certifyMatmul('other inputs', { m: 300, k: 40, n: 20 })
    const swapped = sourceOf({ ...other, certificate: job.certificate })
    const idOf = new Map(job.inputs.map(({ ref }, at) => [ref.id, other.inputs[at]?.ref ?? ref]))
    const forged: PartSource = {
      leaves: (content) => swapped.leaves(idOf.get(content.id) ?? content),
      part: (content, index) => swapped.part(idOf.get(content.id) ?? content, index),
    }
    expect(await recomputeJob(job.certificate, forged)).toMatchObject({
      check: 'input',
      reason: expect.stringContaining('The leaves of input') as unknown,
    })
  })

  test('error: unit, when a unit is of a kind that is unknown', async () => {
    const units = job.certificate.units.map((unit): Certificate => {
      const { body } = unit
      return Object.assign({}, unit, { body: { ...body, unit: { ...body.unit, version: 9 } } })
    })
    const { kind, version } = job.certificate.job.body
    expect([kind, version]).toEqual(['matmul', 1])
    expect(await recomputeJob({ ...job.certificate, units }, sourceOf(job))).toMatchObject({ check: 'unit' })
  })

  test('behaviour: stops with its signal, and passes on what the source throws', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(recomputeJob(job.certificate, sourceOf(job), undefined, { signal })).rejects.toThrow('enough')
    const broken = { ...sourceOf(job), part: () => Promise.reject(new Error('unreachable')) }
    await expect(recomputeJob(job.certificate, broken)).rejects.toThrow('unreachable')
  })
})

/** The error or check that refuses `text`; undefined when it is believed. */
async function refusal(text: Uint8Array): Promise<string | undefined> {
  let certificate: JobCertificate
  try {
    certificate = decodeJobCertificate(text)
  } catch (error) {
    if (error instanceof AppError) return error.name
    throw error
  }
  const verdict = await verifyJobCertificate(certificate, { networkExpected: job.network.context.network })
  return verdict.ok ? undefined : verdict.check
}

function otherByte(byte: number, choice: number): number {
  return choice < byte ? choice : choice + 1
}

function otherDigit(byte: number): number {
  const digits = utf8('0123456789abcdef')
  const at = digits.indexOf(byte)
  return at === -1 ? otherByte(byte, 0x30) : (digits[(at + 1) % 16] ?? 0)
}

function replicaOf(body: CertificateBody | undefined, at: number): Replica {
  const replica = body?.replicas[at]
  if (replica === undefined) throw new Error(`There is no replica ${at}.`)
  return replica
}

/** The verdict on the first unit's certificate, changed and signed again by the coordinator. */
async function verdictOnChanged(change: (body: CertificateBody) => CertificateBody): Promise<Verdict> {
  const { coordinator, context } = job.network
  const [unit] = job.certificate.units
  if (unit === undefined) throw new Error('no unit')
  const changed: Certificate = await signMessage(coordinator, CERTIFICATE_TYPE, context, change(unit.body))
  return verifyCertificate(changed, { network: context.network, coordinator: coordinator.publicKey })
}

/** The same where every replica signed another sighting. */
async function verdictOnSighting(
  change: (body: SightingBody) => SightingBody,
  transport: 'webrtc' | 'none' = 'webrtc',
): Promise<Verdict> {
  const body = job.certificate.units[0]?.body
  if (body === undefined) throw new Error('no unit')
  const replicas = await Promise.all(
    body.replicas.map(async (replica, at): Promise<Replica> => {
      const signer = job.network.nodes[at]
      if (signer === undefined) throw new Error('no node')
      const changed = at === 0 || transport === 'none' ? change(replica.sighting.body) : replica.sighting.body
      const sighting: Signed<SightingBody> = await signMessage(signer, SIGHTING_TYPE, job.network.context, changed)
      return Object.assign({}, replica, { sighting })
    }),
  )
  return verdictOnChanged((own) => ({ ...own, replicas, transport }))
}

function sourceOf({ inputs, result, certificate }: CertifiedJob): PartSource {
  const contents = new Map(inputs.map((content) => [content.ref.id, content]))
  return {
    leaves: async ({ id }): Promise<readonly Digest[]> => contents.get(id)?.leaves ?? [],
    part: async ({ id }, index) => {
      const parts = id === certificate.result.id ? result : contents.get(id)?.parts
      return parts?.[index] ?? new Uint8Array(0)
    },
  }
}
