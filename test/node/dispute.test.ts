// Two replicas, one of them wrong: the quorum narrows the dispute to one part, the reference settles it, and the fault proof convicts
// the liar to anyone; copied commitments cannot be opened, and contradictions are proofs by themselves.
import { fromBase64url, toBase64url } from '#core/bytes.ts'
import { encodeCanonicalJson } from '#core/canonical-json.ts'
import { type Digest, digestOf } from '#core/digest.ts'
import { AppError } from '#core/errors.ts'
import { SchemaError } from '#core/schema.ts'
import { leafDigest, merkleRoot } from '#core/merkle.ts'
import { signMessage } from '#core/signed.ts'
import { verifyFault } from '#sdk/index.ts'
import { CLOSE_TYPE, type CloseBody } from '#verify/close.ts'
import {
  type Authority,
  type Evidence,
  openingNonce,
  openingOf,
  signClose,
  signCommitment,
  signReveal,
  verifyClose,
  verifyCommitment,
  verifyEvidence,
  verifyLease,
} from '#verify/commit.ts'
import { COMMITMENT_TYPE } from '#verify/commitment.ts'
import {
  type Equivocation,
  MAX_EQUIVOCATION_BYTES,
  decodeEquivocationProof,
  encodeEquivocationProof,
  equivocationSchema,
  equivocator,
  makeEquivocationProof,
  verifyEquivocation,
  verifyEquivocationProof,
} from '#verify/equivocation.ts'
import {
  UnknownEvidenceError,
  decodeFaultEvidence,
  isFaultEvidence,
  verifyFaultEvidence,
} from '#verify/fault-evidence.ts'
import {
  type FaultProof,
  MAX_FAULT_INPUT_PARTS,
  MAX_FAULT_PROOF_BYTES,
  NoFaultError,
  decodeFaultProof,
  encodeFaultProof,
  faultProofId,
  faultProofSchema,
  makeFaultProof,
  verifyFaultProof,
} from '#verify/fault-proof.ts'
import {
  type Claim,
  assuranceOf,
  decide,
  firstDisagreement,
  settleDispute,
  transportOf,
  verifyLeaves,
} from '#verify/quorum.ts'
import { REVEAL_TYPE, type Seen } from '#verify/reveal.ts'
import { kindOf } from '#work/kinds.ts'
import { leaseId } from '#work/lease.ts'
import { type Unit, unitId } from '#work/unit.ts'
import * as v from 'valibot'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type HeldContent,
  type TestNetwork,
  createTestNetwork,
  evidenceOf,
  honestTag,
  inputsOf,
  randomMatrix,
  recomputed,
  signLease,
} from '../support/certified-job.ts'
import { changesOf } from '../support/field-changes.ts'

const kind = kindOf('matmul', 1)

/** A unit of four parts that two nodes computed, the second of them with part 2 wrong. */
type Dispute = {
  readonly network: TestNetwork
  readonly authority: Authority
  readonly contents: readonly HeldContent[]
  readonly unit: Unit
  readonly honest: Evidence
  readonly liar: Evidence
  readonly right: readonly Digest[]
  readonly wrong: readonly Digest[]
  readonly proof: FaultProof
}

let dispute: Dispute
beforeAll(async () => {
  dispute = await createDispute()
})

describe('commitments', () => {
  test('default: evidence verifies step by step', () => {
    const { honest, authority } = dispute
    expect(verifyLease(honest.lease, authority).ok).toBe(true)
    expect(verifyCommitment(honest.commitment, honest.lease, authority).ok).toBe(true)
    expect(verifyClose(honest, authority).ok).toBe(true)
    expect(verifyEvidence(honest, authority)).toEqual({
      ok: true,
      checks: ['lease', 'commitment', 'close', 'reveal'].map((check) => ({ check, count: 1 })),
    })
  })

  test('behaviour: a copied commitment cannot be opened by the copier', async () => {
    const { network, authority, unit, honest, right } = dispute
    const [, , copier] = network.nodes
    if (copier === undefined) throw new Error('no node')
    const lease = await signLease(network, unit, digestOf('test', 'job'), copier)
    // The copier signs its peer's hash as its own, waits for the peer's reveal and opens with everything it learnt.
    const body = { lease: leaseId(lease), unit: unitId(unit), hash: honest.commitment.body.hash }
    const commitment = await signMessage(copier, COMMITMENT_TYPE, network.context, body)
    const at = { unit: unitId(unit), admissionLeaf: 1, attempt: 1, round: 1, epoch: 7 }
    const close = await signClose(network.coordinator, network.context, at, [honest, { lease, commitment }])
    const { tag, nonce } = honest.reveal.body
    const opening = openingOf(lease, { root: merkleRoot(right), tag, nonce })
    const reveal = await signReveal(copier, network.context, opening, close)
    expect(verifyClose({ lease, commitment, close }, authority).ok).toBe(true)
    expect(verifyEvidence({ lease, commitment, close, reveal }, authority)).toMatchObject({
      ok: false,
      check: 'reveal',
      reason: `The reveal of node ${copier.publicKey} does not open its commitment.`,
    })
    // Nor by handing on the peer's own signed messages.
    expect(verifyEvidence({ ...honest, lease, close }, authority)).toMatchObject({ check: 'commitment' })
    expect(verifyEvidence({ lease, commitment, close, reveal: honest.reveal }, authority)).toMatchObject({
      check: 'reveal',
    })
  })

  test('error: a lease, commitment or close by someone else', async () => {
    const { network, authority, honest, liar } = dispute
    const [node] = network.nodes
    if (node === undefined) throw new Error('no node')
    const lease = await signMessage(node, honest.lease.type, network.context, honest.lease.body)
    expect(verifyEvidence({ ...honest, lease }, authority)).toMatchObject({ check: 'lease' })
    expect(verifyEvidence({ ...honest, commitment: liar.commitment }, authority)).toMatchObject({ check: 'commitment' })
    const close = await signMessage(node, CLOSE_TYPE, network.context, honest.close.body)
    expect(verifyEvidence({ ...honest, close }, authority)).toMatchObject({ check: 'close' })
  })

  test('error: a close that leaves the node out, lists it twice, or is of another unit or an earlier attempt', async () => {
    const { network, authority, honest } = dispute
    const { body } = honest.close
    const [own, other] = body.entries
    if (own === undefined || other === undefined) throw new Error('no entries')
    const changes: Partial<CloseBody>[] = [
      { entries: [other] },
      { entries: [own, own] },
      { entries: [own, { ...own, commitment: other.commitment }] },
      { entries: [{ ...own, lease: other.lease }] },
      { unit: digestOf('test', 'unit') },
      { admissionLeaf: 2 },
      { attempt: 0 },
    ]
    for (const change of changes) {
      const close = await signMessage(network.coordinator, CLOSE_TYPE, network.context, { ...body, ...change })
      expect(verifyEvidence({ ...honest, close }, authority)).toMatchObject({ check: 'close' })
    }
  })

  test('error: a commitment or reveal of the same node for another lease, unit or close', async () => {
    const { network, authority, honest } = dispute
    const [node] = network.nodes
    if (node === undefined) throw new Error('no node')
    const elsewhere = digestOf('test', 'elsewhere')
    for (const change of [{ lease: elsewhere }, { unit: elsewhere }]) {
      const body = { ...honest.commitment.body, ...change }
      const commitment = await signMessage(node, COMMITMENT_TYPE, network.context, body)
      const at = { ...honest.close.body, entries: [] }
      const close = await signClose(network.coordinator, network.context, at, [{ lease: honest.lease, commitment }])
      expect(verifyClose({ lease: honest.lease, commitment, close }, authority)).toMatchObject({ check: 'commitment' })
    }
    for (const change of [{ lease: elsewhere }, { close: elsewhere }]) {
      const reveal = await signMessage(node, REVEAL_TYPE, network.context, { ...honest.reveal.body, ...change })
      expect(verifyEvidence({ ...honest, reveal }, authority)).toMatchObject({ check: 'reveal' })
    }
  })

  test('error: everything is bound to the network', () => {
    const authority = { ...dispute.authority, network: digestOf('test', 'other network') }
    expect(verifyEvidence(dispute.honest, authority)).toMatchObject({ check: 'lease' })
  })
})

describe('quorum', () => {
  const claim = (evidence: Evidence, leaves: readonly Digest[]): Claim => ({
    node: evidence.lease.body.node,
    root: evidence.reveal.body.root,
    leaves,
  })

  test('default: equal claims agree, too few are short of one', () => {
    const { honest, liar, right } = dispute
    const first = claim(honest, right)
    const second = { ...first, node: liar.lease.body.node }
    expect(decide([first, second], 2)).toEqual({ outcome: 'agreed', root: first.root, leaves: right })
    expect(decide([first], 2)).toEqual({ outcome: 'short', missing: 1 })
    expect(decide([], 3)).toEqual({ outcome: 'short', missing: 3 })
    expect(decide([first, second, first], 2)).toMatchObject({ outcome: 'agreed' })
  })

  test('behaviour: a dispute names the first part that differs, and the reference settles it', async () => {
    const { honest, liar, right, wrong, unit, contents } = dispute
    const decision = decide([claim(honest, right), claim(liar, wrong)], 2)
    if (decision.outcome !== 'disputed') throw new Error(decision.outcome)
    expect(decision.part).toBe(2)
    const settlement = settleDispute(decision, await recomputed(kind, unit, partInputs(dispute, 2), 2))
    expect(settlement.right).toEqual([honest.lease.body.node])
    expect(settlement.wrong).toEqual([liar.lease.body.node])
    expect(settlement.leaf).toBe(right[2])
    expect(leafDigest(settlement.bytes)).toBe(settlement.leaf)
    expect(contents).toHaveLength(2)
  })

  test('behaviour: all wrong, nobody is right', async () => {
    const { honest, liar, right, wrong, unit } = dispute
    const other = right.with(2, leafDigest(Uint8Array.of(9)))
    const decision = decide([claim(honest, other), claim(liar, wrong)], 2)
    if (decision.outcome !== 'disputed') throw new Error(decision.outcome)
    const settlement = settleDispute(decision, await recomputed(kind, unit, partInputs(dispute, 2), 2))
    expect(settlement.right).toEqual([])
    expect(settlement.wrong).toHaveLength(2)
  })

  test('error: leaves that are not those of the root, or too few', () => {
    const { unit, honest, right, wrong } = dispute
    const { root } = honest.reveal.body
    expect(verifyLeaves(kind, unit, root, right)).toMatchObject({ ok: true })
    expect(verifyLeaves(kind, unit, root, wrong)).toMatchObject({ check: 'root' })
    expect(verifyLeaves(kind, unit, merkleRoot(right.slice(1)), right.slice(1))).toMatchObject({ check: 'root' })
  })

  test('behaviour: delivered results are compared part by part', async () => {
    const { unit, contents } = dispute
    const inputs = inputsOf(kind, unit, contents)
    const parts = await Promise.all([0, 1, 2, 3].map((index) => recomputed(kind, unit, inputs, index)))
    const other = parts.map((part, at) => (at === 1 ? part.map((byte) => byte ^ 1) : part))
    expect(firstDisagreement(kind, unit, inputs, parts, parts)).toBeUndefined()
    expect(firstDisagreement(kind, unit, inputs, parts, other)).toBe(1)
    expect(firstDisagreement(kind, unit, inputs, parts, parts.slice(0, 3))).toBe(3)
  })

  test('behaviour: tolerant results agree within the bounds', async () => {
    const random = createTestNetwork('tolerant dispute').random
    const contents = [randomMatrix(random, 'f32', 30, 300), randomMatrix(random, 'f32', 300, 20)]
    const [unit] = kind.split({ params: {}, inputs: contents.map(({ ref }) => ref) })
    if (unit === undefined) throw new Error('no unit')
    const inputs = inputsOf(kind, unit, contents)
    const right = await recomputed(kind, unit, inputs, 0)
    const nudged = (steps: number): Uint8Array<ArrayBuffer> => {
      const copy = right.slice()
      new Uint32Array(copy.buffer)[5] = (new Uint32Array(right.buffer)[5] ?? 0) + steps
      return copy
    }
    expect(firstDisagreement(kind, unit, inputs, [right], [nudged(1)])).toBeUndefined()
    expect(firstDisagreement(kind, unit, inputs, [right], [nudged(1 << 20)])).toBe(0)
  })

  test('behaviour: assurance and transport say the worst', () => {
    expect(assuranceOf('exact', 1)).toBe('single')
    expect(assuranceOf('exact', 2)).toBe('replicated-2')
    expect(assuranceOf('exact', 5)).toBe('replicated-5')
    expect(assuranceOf('tolerant', 1)).toBe('single')
    expect(assuranceOf('tolerant', 2)).toBe('tolerant')
    const saw = (...transports: (Seen['transport'] | undefined)[]): ReturnType<typeof transportOf> =>
      transportOf(
        [dispute.honest, dispute.liar].map(({ lease, reveal }, at, both) => {
          const transport = transports[at]
          const node = both[1 - at]?.lease.body.node ?? lease.body.node
          const seen: Seen[] =
            transport === undefined ? [] : [{ node, root: reveal.body.root, verdict: 'agrees', transport }]
          return { lease, sighting: Object.assign({}, reveal, { body: { ...reveal.body, seen } }) }
        }),
      )
    expect(saw('webrtc', 'webrtc')).toBe('webrtc')
    expect(saw('webrtc', 'relay')).toBe('relay')
    expect(saw('websocket', 'webrtc')).toBe('websocket')
    expect(saw('webrtc', undefined)).toBe('none')
    expect(transportOf([])).toBe('none')
  })
})

describe('fault proof', () => {
  test('default: verifies offline from its text, with nothing but the network and its coordinator', async () => {
    const { proof, authority } = dispute
    const text = encodeFaultProof(proof)
    const verdict = await verifyFaultProof(decodeFaultProof(text), authority)
    expect(verdict).toMatchObject({ ok: true })
    const counts = Object.fromEntries(verdict.checks.map(({ check, count }) => [check, count]))
    // Part 2 needs one row of tiles of A and one column of tiles of B: two of each, and two checks for either input. No file is named.
    expect(counts).toMatchObject({ reveal: 1, root: 1, recompute: 1, fault: 1, input: 1 + 2 * (2 + 2) + 1 })
    expect(faultProofId(decodeFaultProof(text))).toBe(faultProofId(proof))
  })

  test('behaviour: an honest node cannot be framed', async () => {
    const { proof, honest, right, authority } = dispute
    // The same chain of signatures, with a part that the honest node did reveal.
    const framed = { ...proof, ...honest, part: { ...proof.part, leaf: right[2] ?? proof.part.leaf } }
    expect(await verifyFaultProof(framed, authority)).toMatchObject({ ok: false, check: 'root' })
    const rightPart = makeFaultProof({
      ...faultCase(dispute),
      evidence: honest,
      leaves: right,
      expected: digestOf('test', 'x'),
    })
    expect(await verifyFaultProof(rightPart, authority)).toMatchObject({ ok: false, check: 'recompute' })
    const { expected: _, ...rest } = rightPart
    expect(await verifyFaultProof({ ...rest, expected: right[2] ?? proof.expected }, authority)).toMatchObject({
      check: 'fault',
    })
  })

  test('behaviour: every changed field is refused', { timeout: 120_000 }, async () => {
    const { proof, authority } = dispute
    const believed: string[] = []
    let changes = 0
    for (const [path, changed] of changesOf(proof)) {
      changes++
      const parsed = v.safeParse(faultProofSchema, changed)
      if (parsed.success && (await verifyFaultProof(parsed.output, authority)).ok) believed.push(path)
    }
    expect(believed).toEqual([])
    expect(changes).toBeGreaterThan(100)
  })

  test('behaviour: parts that are missing, added, swapped, or of other bytes are refused', async () => {
    const { proof, authority } = dispute
    const [a, b] = proof.inputs
    const [first, second] = a?.parts ?? []
    if (a === undefined || b === undefined || first === undefined || second === undefined) throw new Error('no parts')
    const otherBytes = fromBase64url(first.bytes).map((byte, at) => (at === 9 ? byte ^ 1 : byte))
    for (const inputs of [
      [],
      [a],
      [b, a],
      [{ ...a, parts: [first] }, b],
      [{ ...a, parts: [first, second, second] }, b],
      [{ ...a, parts: [second, first] }, b],
      [{ ...a, parts: [{ ...first, bytes: toBase64url(otherBytes) }, second] }, b],
      [{ ...a, parts: [{ ...first, bytes: '' }, second] }, b],
      [{ ...a, root: b.root }, b],
      [a, b, b],
    ])
      expect(await verifyFaultProof({ ...proof, inputs }, authority)).toMatchObject({ ok: false, check: 'input' })
  })

  test('behaviour: other inputs, consistent in themselves, or another unit prove nothing', async () => {
    const { proof, authority } = dispute
    const random = createTestNetwork('other inputs').random
    const contents = [randomMatrix(random, 'i8', 300, 280), randomMatrix(random, 'i8', 280, 270)]
    const own = faultCase(dispute)
    const inputs = inputsOf(kind, own.unit, contents)
    const expected = leafDigest(await recomputed(kind, own.unit, inputs, 2))
    const forged = makeFaultProof({ ...own, inputs, inputLeaves: contents.map(({ leaves }) => leaves), expected })
    expect(await verifyFaultProof(forged, authority)).toMatchObject({ ok: false, check: 'input' })
    const [unit] = kind.split({ params: {}, inputs: contents.map(({ ref }) => ref) })
    if (unit === undefined) throw new Error('no unit')
    expect(await verifyFaultProof({ ...forged, unit }, authority)).toMatchObject({ ok: false, check: 'unit' })
    expect(await verifyFaultProof({ ...proof, unit }, authority)).toMatchObject({ ok: false, check: 'unit' })
  })

  test(`limit: ${MAX_FAULT_INPUT_PARTS} parts of an input accepted, one more refused`, () => {
    const { proof } = dispute
    const [a, b] = proof.inputs
    const [part] = a?.parts ?? []
    if (a === undefined || b === undefined || part === undefined) throw new Error('no parts')
    const withParts = (count: number): boolean => {
      const parts = Array.from({ length: count }, () => ({ ...part, bytes: '', path: [] }))
      return v.safeParse(faultProofSchema, { ...proof, inputs: [{ ...a, parts }, b] }).success
    }
    expect(withParts(MAX_FAULT_INPUT_PARTS)).toBe(true)
    expect(withParts(MAX_FAULT_INPUT_PARTS + 1)).toBe(false)
  })

  test('limit: a text of 128 MiB is read, one byte more is not', () => {
    const text = new Uint8Array(MAX_FAULT_PROOF_BYTES + 1)
    expect(() => decodeFaultProof(text)).toThrow(`more than ${MAX_FAULT_PROOF_BYTES}`)
    expect(() => decodeFaultProof(text.subarray(1))).toThrow('is not JSON')
  })

  test('error: another network or coordinator', async () => {
    const { proof, authority, honest } = dispute
    expect(await verifyFaultProof(proof, { ...authority, network: digestOf('test', 'n') })).toMatchObject({
      check: 'lease',
    })
    expect(await verifyFaultProof(proof, { ...authority, coordinator: honest.lease.body.node })).toMatchObject({
      check: 'lease',
    })
  })

  test('error: a unit of an unknown kind, or of one that is compared by bounds', async () => {
    const { proof, authority } = dispute
    const unknown = { ...proof, unit: { ...proof.unit, kind: 'divination' } }
    expect(await verifyFaultProof(unknown, authority)).toMatchObject({ check: 'unit' })
    const inputs = proof.unit.inputs.map(({ id, layout }) => ({ id, layout: { ...layout, dtype: 'f32' as const } }))
    const tolerant = { ...proof, unit: { ...proof.unit, inputs } } as FaultProof
    expect(await verifyFaultProof(tolerant, authority)).toMatchObject({ check: 'unit' })
    expect(() => makeFaultProof({ ...faultCase(dispute), unit: tolerant.unit })).toThrow('compared by bounds')
  })

  test('error: no fault to prove', () => {
    const { right } = dispute
    expect(() => makeFaultProof({ ...faultCase(dispute), leaves: right })).toThrow(NoFaultError)
    expect(() => makeFaultProof({ ...faultCase(dispute), part: 4 })).toThrow(NoFaultError)
  })

  test('error: text that is no fault proof', () => {
    const text = encodeFaultProof(dispute.proof)
    expect(() => decodeFaultProof(text.slice(0, -1))).toThrow('not in canonical form')
    expect(() => decodeFaultProof(encodeFaultProof({ ...dispute.proof, more: 1 } as FaultProof))).toThrow(SchemaError)
  })
})

describe('equivocation', () => {
  test('default: two commitments under one lease convict the node', async () => {
    const { network, honest, authority } = dispute
    const [node] = network.nodes
    if (node === undefined) throw new Error('no node')
    const other = await signCommitment(node, network.context, {
      ...openingOf(honest.lease, { ...honest.reveal.body, nonce: openingNonce(network.random) }),
    })
    const pair: Equivocation = { about: 'commitment', messages: [honest.commitment, other] }
    expect(verifyEquivocation(pair, authority)).toMatchObject({ ok: true })
    expect(v.parse(equivocationSchema, JSON.parse(JSON.stringify(pair)))).toEqual(pair)
    expect(v.safeParse(equivocationSchema, { ...pair, messages: [honest.commitment] }).success).toBe(false)
    expect(equivocator(pair)).toBe(node.publicKey)
  })

  test('default: two closes of one round, or two commitments for one lease in different rounds, convict the coordinator', async () => {
    const { network, honest, liar, authority } = dispute
    const { body } = honest.close
    const closed = (change: Partial<CloseBody>): Promise<typeof honest.close> =>
      signMessage(network.coordinator, CLOSE_TYPE, network.context, { ...body, ...change })
    const [first, second] = body.entries
    if (first === undefined || second === undefined) throw new Error('no entries')
    for (const other of [
      await closed({ entries: [first] }),
      await closed({ round: 2, entries: [{ ...first, commitment: second.commitment }] }),
    ])
      expect(verifyEquivocation({ about: 'close', messages: [honest.close, other] }, authority)).toMatchObject({
        ok: true,
      })
    for (const other of [
      await closed({}),
      await closed({ round: 2, entries: [first] }),
      await closed({ admissionLeaf: 9, entries: [first] }),
      await closed({ unit: digestOf('test', 'unit'), entries: [first] }),
    ])
      expect(verifyEquivocation({ about: 'close', messages: [honest.close, other] }, authority)).toMatchObject({
        check: 'conflict',
      })
    const foreign = await signMessage(network.nodes[0] ?? network.coordinator, CLOSE_TYPE, network.context, body)
    const again = await signMessage(network.nodes[0] ?? network.coordinator, CLOSE_TYPE, network.context, {
      ...body,
      entries: [first],
    })
    expect(verifyEquivocation({ about: 'close', messages: [foreign, again] }, authority)).toMatchObject({
      check: 'close',
    })
    expect(liar.close).toEqual(honest.close)
  })

  test('default: a pair of commitments is a document with the lease that they are under', async () => {
    const { network, honest, liar, authority } = dispute
    const [node] = network.nodes
    if (node === undefined) throw new Error('no node')
    const opening = openingOf(honest.lease, { ...honest.reveal.body, nonce: openingNonce(network.random) })
    const other = await signCommitment(node, network.context, opening)
    const messages = [honest.commitment, other] as const
    const proof = makeEquivocationProof({ about: 'commitment', messages }, honest.lease)
    const swapped: Equivocation = { about: 'commitment', messages: [other, honest.commitment] }
    expect(makeEquivocationProof(swapped, honest.lease)).toEqual(proof)
    const bytes = encodeEquivocationProof(proof)
    expect(decodeEquivocationProof(bytes)).toEqual(proof)
    expect(verifyEquivocationProof(proof, authority)).toMatchObject({ ok: true })
    expect(isFaultEvidence(bytes)).toBe(true)
    const { verdict, accused } = await verifyFault(bytes)
    expect(verdict).toMatchObject({ ok: true })
    expect(accused).toEqual({
      against: node.publicKey,
      says: `node ${node.publicKey} signed two different commitments under one lease`,
    })
    for (const lease of [null, liar.lease])
      expect(verifyEquivocationProof({ ...proof, lease }, authority)).toMatchObject({ ok: false, check: 'lease' })
    const forged = await signMessage(node, honest.lease.type, network.context, honest.lease.body)
    expect(verifyEquivocationProof({ ...proof, lease: forged }, authority)).toMatchObject({ ok: false, check: 'lease' })
    const believed: string[] = []
    for (const [path, change] of changesOf(proof)) {
      try {
        const changed = decodeFaultEvidence(encodeCanonicalJson(change))
        if ((await verifyFaultEvidence(changed, authority)).ok) believed.push(path)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
      }
    }
    expect(believed).toEqual([])
  })

  test('limit: an equivocation of 32 KiB is read, one byte more is not', () => {
    const text = (length: number) => new Uint8Array(length).fill(0x20)
    expect(() => decodeEquivocationProof(text(MAX_EQUIVOCATION_BYTES))).toThrow('is not JSON')
    expect(() => decodeEquivocationProof(text(MAX_EQUIVOCATION_BYTES + 1))).toThrow('more than')
    expect(() => decodeFaultEvidence(text(8))).toThrow(UnknownEvidenceError)
  })

  test('behaviour: the same said again, or by two nodes, is no equivocation', async () => {
    const { network, honest, liar, authority } = dispute
    const [node] = network.nodes
    if (node === undefined) throw new Error('no node')
    const context = { ...network.context, checkpoint: { size: 9, root: network.context.checkpoint.root } }
    const again = await signMessage(node, COMMITMENT_TYPE, context, honest.commitment.body)
    expect(verifyEquivocation({ about: 'commitment', messages: [honest.commitment, again] }, authority)).toMatchObject({
      check: 'conflict',
    })
    expect(
      verifyEquivocation({ about: 'commitment', messages: [honest.commitment, liar.commitment] }, authority),
    ).toMatchObject({ check: 'conflict' })
    // Another node says something under this node's lease: its own lie, nobody's equivocation.
    const [, second] = network.nodes
    if (second === undefined) throw new Error('no node')
    const body = { ...honest.commitment.body, hash: digestOf('test', 'other hash') }
    const planted = await signMessage(second, COMMITMENT_TYPE, network.context, body)
    for (const messages of [
      [honest.commitment, planted],
      [planted, honest.commitment],
    ] as const)
      expect(verifyEquivocation({ about: 'commitment', messages }, authority)).toMatchObject({
        check: 'conflict',
        reason: 'The two messages are by different signers.',
      })
    const forged = { ...again, body: { ...again.body, hash: digestOf('test', 'hash') } }
    expect(verifyEquivocation({ about: 'commitment', messages: [honest.commitment, forged] }, authority)).toMatchObject(
      {
        check: 'commitment',
      },
    )
  })
})

async function createDispute(): Promise<Dispute> {
  const network = createTestNetwork('dispute')
  const [first, second] = network.nodes
  if (first === undefined || second === undefined) throw new Error('no nodes')
  const contents = [randomMatrix(network.random, 'i8', 300, 280), randomMatrix(network.random, 'i8', 280, 270)]
  const [unit] = kind.split({ params: {}, inputs: contents.map(({ ref }) => ref) })
  if (unit === undefined) throw new Error('no unit')
  const inputs = inputsOf(kind, unit, contents)
  const parts = await Promise.all([0, 1, 2, 3].map((index) => recomputed(kind, unit, inputs, index)))
  const forged = parts.map((part, at) => (at < 2 ? part : part.map((byte, i) => (i === at ? byte ^ 1 : byte))))
  const job = digestOf('test', 'job')
  const [honest, liar] = await evidenceOf(
    network,
    unit,
    inputs,
    [
      { signer: first, lease: await signLease(network, unit, job, first), parts },
      { signer: second, lease: await signLease(network, unit, job, second), parts: forged },
    ],
    honestTag(unit, inputs),
  )
  if (honest === undefined || liar === undefined) throw new Error('no evidence')
  const right = parts.map((part) => leafDigest(part))
  const wrong = forged.map((part) => leafDigest(part))
  const authority = { network: network.context.network, coordinator: network.coordinator.publicKey }
  const partial = { network, authority, contents, unit, honest, liar, right, wrong }
  return { ...partial, proof: makeFaultProof(faultCase(partial)) }
}

function faultCase({
  unit,
  liar,
  wrong,
  right,
  contents,
}: Omit<Dispute, 'proof'>): Parameters<typeof makeFaultProof>[0] {
  return {
    kind,
    unit,
    evidence: liar,
    leaves: wrong,
    part: 2,
    expected: right[2] ?? digestOf('test', 'none'),
    inputs: inputsOf(kind, unit, contents),
    inputLeaves: contents.map(({ leaves }) => leaves),
  }
}

function partInputs({ unit, contents }: Dispute, index: number): ReturnType<typeof inputsOf> {
  return inputsOf({ ...kind, needs: () => kind.partNeeds(unit, index) }, unit, contents)
}
