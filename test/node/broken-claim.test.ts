// A node that signed, while it computed, another beginning than its result has: the document convicts it, without model or inputs.
import { fromBase64url, toBase64url, utf8 } from '#core/bytes.ts'
import { CHUNK_BYTES } from '#core/content.ts'
import { digestOf } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { Transcript } from '#core/transcript.ts'
import {
  type BrokenClaimProof,
  MAX_BROKEN_CLAIM_BYTES,
  MAX_CLAIM_PARTS,
  brokenClaimSchema,
  decodeBrokenClaim,
  encodeBrokenClaim,
  makeBrokenClaim,
  verifyBrokenClaim,
} from '#verify/broken-claim.ts'
import type { Authority, Evidence } from '#verify/commit.ts'
import { accusation, decodeFaultEvidence } from '#verify/fault-evidence.ts'
import { signProgress } from '#verify/progress.ts'
import { generateParams, tokenBytes } from '#work/kinds/generate/task.ts'
import { kindOf } from '#work/kinds.ts'
import type { Unit } from '#work/unit.ts'
import * as v from 'valibot'
import { beforeAll, describe, expect, test } from 'vitest'
import { createTestNetwork, evidenceOf, inputsOf, recomputed, signLease } from '../support/certified-job.ts'
import { TINY_CONFIG, holdBlob, tinyModelFile } from '../support/tiny-model.ts'

const kind = kindOf('generate', 2)
const shape = { ...TINY_CONFIG, fractionBits: 16, activationBits: 16, keyBits: 8 } as const
const network = createTestNetwork('broken-claim')
const authority: Authority = { network: network.context.network, coordinator: network.coordinator.publicKey }
const [node, other] = network.nodes as [Signer, Signer]

let unit: Unit
let parts: Uint8Array<ArrayBuffer>[]
let evidence: Evidence
let proof: BrokenClaimProof
beforeAll(async () => {
  const contents = [holdBlob(await tinyModelFile('claims')), holdBlob(tokenBytes([...utf8('Once')]))]
  const [only] = kind.split({ params: generateParams(shape, 6), inputs: contents.map(({ ref }) => ref) })
  if (only === undefined) throw new Error('no unit')
  unit = only
  const inputs = inputsOf(kind, unit, contents)
  parts = [await recomputed(kind, unit, inputs, 0)]
  const lease = await signLease(network, unit, digestOf('test', 'job'), node)
  const [own] = await evidenceOf(network, unit, inputs, [{ signer: node, lease, parts }])
  if (own === undefined) throw new Error('no evidence')
  evidence = own
  proof = await claim(utf8('none of it'))
})

async function claim(bytes: Uint8Array, signer = node): Promise<BrokenClaimProof> {
  const progress = await signProgress(signer, network.context, { lease: evidence.lease, said: new Transcript(), bytes })
  return makeBrokenClaim(evidence, unit, progress, parts)
}

describe('broken claim', () => {
  test('default: what was said and is not in the result convicts, offline', () => {
    expect(verifyBrokenClaim(proof, authority)).toMatchObject({ ok: true })
    const read = decodeFaultEvidence(encodeBrokenClaim(proof))
    expect(read).toEqual(proof)
    expect(accusation(read).against).toBe(node.publicKey)
  })

  test('behaviour: who said how the result begins, all of it too, has contradicted nothing', async () => {
    const whole = kind.progress?.of(unit, parts) ?? new Uint8Array(0)
    for (const said of [whole, whole.subarray(0, 4)])
      expect(verifyBrokenClaim(await claim(said), authority)).toMatchObject({ ok: false, check: 'conflict' })
    const longer = new Uint8Array([...whole, 1])
    expect(verifyBrokenClaim(await claim(longer), authority)).toMatchObject({ ok: true })
  })

  test('error: progress of another node, of another lease; a result that is not the revealed one', async () => {
    const foreign = await claim(utf8('none of it'), other)
    expect(verifyBrokenClaim(foreign, authority)).toMatchObject({ ok: false, check: 'progress' })
    const lease = await signLease(network, unit, digestOf('test', 'another job'), node)
    const said = new Transcript()
    const elsewhere = await signProgress(node, network.context, { lease, said, bytes: utf8('none') })
    const moved = { ...proof, progress: elsewhere }
    expect(verifyBrokenClaim(moved, authority)).toMatchObject({ ok: false, check: 'progress' })
    const [first = ''] = proof.parts
    const changed = fromBase64url(first).map((byte, at) => (at === 0 ? byte ^ 1 : byte))
    for (const given of [[toBase64url(changed)], [], [first, first], ['!']])
      expect(verifyBrokenClaim({ ...proof, parts: given }, authority)).toMatchObject({ ok: false, check: 'root' })
    const stranger = { ...authority, coordinator: other.publicKey }
    expect(verifyBrokenClaim(proof, stranger)).toMatchObject({ ok: false, check: 'lease' })
  })

  test(`limit: ${MAX_CLAIM_PARTS} parts of 64 KiB, and no byte more of text`, () => {
    const part = 'A'.repeat(Math.ceil((CHUNK_BYTES * 4) / 3))
    const holding = (...given: string[]) => v.safeParse(brokenClaimSchema, { ...proof, parts: given }).success
    expect(holding(...Array.from({ length: MAX_CLAIM_PARTS }, () => 'A'))).toBe(true)
    expect(holding(...Array.from({ length: MAX_CLAIM_PARTS + 1 }, () => 'A'))).toBe(false)
    expect(holding(part)).toBe(true)
    expect(holding(`${part}A`)).toBe(false)
    expect(() => decodeBrokenClaim(new Uint8Array(MAX_BROKEN_CLAIM_BYTES + 1))).toThrow('more than')
  })
})
