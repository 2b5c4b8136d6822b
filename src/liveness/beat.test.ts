import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { decodeCbor, encodeCbor } from '#core/cbor.ts'
import { digestOf } from '#core/digest.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { messageId, signMessage } from '#core/signed.ts'
import {
  BEAT_STATES,
  BEAT_TYPE,
  type Beat,
  type BeatBody,
  MAX_RATED_MOPS,
  WITNESS_TYPE,
  type Witness,
  isSuccessor,
  signBeat,
  signWitness,
  verifyBeat,
  verifyWitness,
} from './beat.ts'
import { SLOT_MS, slotOf, slotStartMs } from './slot.ts'

const network = digestOf('test-network', 1)
const elsewhere = digestOf('test-network', 2)
const node = signerFromSecret(new Uint8Array(32).fill(1))
const peer = signerFromSecret(new Uint8Array(32).fill(2))
const context = { network, checkpoint: { size: 0, root: digestOf('test-root', 0) } }
const nowMs = 30_000_000 * SLOT_MS + 12_345
const body = { slot: slotOf(nowMs), state: 'working', ratedMops: 5000, unitsDone: 3, sequence: 7 } as const

/** A beat whose body need not be what signBeat would write. */
const forge = (changes: Partial<Record<keyof BeatBody | 'extra', unknown>>) =>
  signMessage(node, BEAT_TYPE, context, { ...body, node: node.publicKey, ...changes } as BeatBody)

let beat: Beat
let witness: Witness
beforeAll(async () => {
  beat = await signBeat(node, context, body)
  witness = await signWitness(peer, context, beat)
})

describe('beats', () => {
  test('default', () => {
    expect(beat.body).toEqual({ ...body, node: node.publicKey })
    expect(verifyBeat(beat, network, nowMs)).toEqual({ ok: true, beat })
    expect(verifyBeat(decodeCbor(encodeCbor(beat)), network, nowMs)).toEqual({ ok: true, beat })
  })

  test.each(BEAT_STATES)('behaviour: a node may say that it is %s', async (state) => {
    expect(verifyBeat(await signBeat(node, context, { ...body, state }), network, nowMs).ok).toBe(true)
  })

  test('limit: one slot off accepted, two refused, either way', () => {
    const first = slotStartMs(body.slot - 1)
    const last = slotStartMs(body.slot + 2) - 1
    for (const at of [first, last]) expect(verifyBeat(beat, network, at).ok).toBe(true)
    for (const at of [first - 1, last + 1, Number.NaN])
      expect(verifyBeat(beat, network, at)).toMatchObject({ ok: false, check: 'slot' })
  })

  test('limit: numbers at their bounds accepted, past them refused', async () => {
    for (const changes of [
      { ratedMops: 0, unitsDone: 0, sequence: 0 },
      { ratedMops: MAX_RATED_MOPS, unitsDone: Number.MAX_SAFE_INTEGER, sequence: Number.MAX_SAFE_INTEGER },
    ])
      expect(verifyBeat(await forge(changes), network, nowMs).ok).toBe(true)
    for (const changes of [
      { ratedMops: MAX_RATED_MOPS + 1 },
      { ratedMops: -1 },
      { unitsDone: -1 },
      { sequence: -1 },
      { slot: -1 },
      { slot: String(body.slot) },
      { state: 'asleep' },
      { state: null },
      { node: '00'.repeat(32) },
      { extra: 1 },
    ])
      expect(verifyBeat(await forge(changes), network, nowMs)).toMatchObject({ ok: false, check: 'form' })
  })

  test('behaviour: tampering is named', async () => {
    const refused = (message: unknown, check: string) =>
      expect(verifyBeat(message, network, nowMs)).toMatchObject({ ok: false, check })
    refused({ ...beat, body: { ...beat.body, state: 'idle' } }, 'signature')
    refused({ ...beat, signature: '00'.repeat(64) }, 'signature')
    refused({ ...beat, signer: peer.publicKey }, 'signer')
    refused({ ...beat, body: { ...beat.body, node: peer.publicKey } }, 'signer')
    refused({ ...beat, type: WITNESS_TYPE }, 'type')
    refused({ ...beat, network: elsewhere }, 'network')
    refused(await forge({ node: peer.publicKey }), 'signer')
    refused(await signMessage(node, 'receipt', context, beat.body), 'type')
    refused(await signBeat(node, { ...context, network: elsewhere }, body), 'network')
  })

  test('behaviour: anything at all gives a verdict', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(verifyBeat(value, network, nowMs)).toMatchObject({ ok: false, check: 'form' })
        expect(verifyWitness(value, beat, network)).toMatchObject({ ok: false, check: 'form' })
      }),
    )
  })
})

describe('witnesses', () => {
  test('default', () => {
    expect(witness.body).toEqual({ beat: messageId(beat), slot: body.slot, witness: peer.publicKey })
    expect(verifyWitness(witness, beat, network)).toEqual({ ok: true, witness })
  })

  test('behaviour: nobody witnesses its own beat', async () => {
    const own = await signWitness(node, context, beat)
    expect(verifyWitness(own, beat, network)).toMatchObject({ ok: false, check: 'self' })
  })

  test('behaviour: a witness is to one beat of one slot', async () => {
    const next = await signBeat(node, context, { ...body, sequence: 8 })
    expect(verifyWitness(witness, next, network)).toMatchObject({ ok: false, check: 'beat' })
    const late = await signMessage(peer, WITNESS_TYPE, context, { ...witness.body, slot: body.slot + 1 })
    expect(verifyWitness(late, beat, network)).toMatchObject({ ok: false, check: 'slot' })
  })

  test('behaviour: tampering is named', async () => {
    const refused = (message: unknown, check: string) =>
      expect(verifyWitness(message, beat, network)).toMatchObject({ ok: false, check })
    refused({ ...witness, signature: '00'.repeat(64) }, 'signature')
    refused({ ...witness, checkpoint: { size: 1, root: elsewhere } }, 'signature')
    refused({ ...witness, signer: node.publicKey }, 'signer')
    refused({ ...witness, type: BEAT_TYPE }, 'type')
    refused({ ...witness, network: elsewhere }, 'network')
    refused({ ...witness, body: { ...witness.body, extra: 1 } }, 'form')
    refused(beat, 'form')
    refused(await signMessage(node, WITNESS_TYPE, context, witness.body), 'signer')
  })
})

test('behaviour: sequence rises, slot and units never fall, and the node stays the same', async () => {
  const after = (changes: object) => signBeat(node, context, { ...body, sequence: 8, ...changes })
  expect(isSuccessor(beat, await after({}))).toBe(true)
  expect(isSuccessor(beat, await after({ slot: body.slot + 1, unitsDone: 4 }))).toBe(true)
  expect(isSuccessor(beat, beat)).toBe(false)
  expect(isSuccessor(beat, await after({ sequence: 7 }))).toBe(false)
  expect(isSuccessor(beat, await after({ slot: body.slot - 1 }))).toBe(false)
  expect(isSuccessor(beat, await after({ unitsDone: 2 }))).toBe(false)
  expect(isSuccessor(beat, await signBeat(peer, context, { ...body, sequence: 8 }))).toBe(false)
})
