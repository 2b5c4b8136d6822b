// Signed progress: who may say it, that it goes on where it was, its bounds, and what it proves in the end.
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { concat, toHex, utf8 } from '#core/bytes.ts'
import { digestOf } from '#core/digest.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import { type SigningContext, signMessage } from '#core/signed.ts'
import { Transcript } from '#core/transcript.ts'
import { LEASE_TYPE, type Lease } from '#work/lease.ts'
import {
  ClaimedProgress,
  MAX_PROGRESS_BYTES,
  MAX_TRANSCRIPT_BYTES,
  ShownProgress,
  type SignedProgress,
  isBeginning,
  progressSchema,
  signProgress,
} from './progress.ts'

const random = seededRandom('progress')
const [coordinator, node, other] = [0, 1, 2].map(() => signerFromSecret(random.bytes(32)))
if (coordinator === undefined || node === undefined || other === undefined) throw new Error('There are three keys.')
const context: SigningContext = { network: digestOf('test', 'network'), checkpoint: { size: 0, root: EMPTY_ROOT } }
const authority = { network: context.network, coordinator: coordinator.publicKey }
const unit = digestOf('test', 'unit')

function leaseOf(signer = coordinator, attempt = 1): Promise<Lease> {
  if (signer === undefined || node === undefined) throw new Error('There are three keys.')
  return signMessage(signer, LEASE_TYPE, context, {
    unit,
    job: digestOf('test', 'job'),
    admissionLeaf: 1,
    attempt,
    node: node.publicKey,
    role: 'primary' as const,
    rosterRoot: EMPTY_ROOT,
    epoch: 0,
    deadlineMs: 1,
  })
}

const lease = await leaseOf()

/** Signed progress over `pieces`, one message each. */
async function say(pieces: readonly string[], signer = node, held = lease): Promise<SignedProgress[]> {
  if (signer === undefined) throw new Error('There are three keys.')
  const said = new Transcript()
  const messages: SignedProgress[] = []
  for (const piece of pieces) {
    messages.push(await signProgress(signer, context, { lease: held, said, bytes: utf8(piece) }))
    said.append(utf8(piece))
  }
  return messages
}

describe('ClaimedProgress', () => {
  test('default: pieces that go on from one another', async () => {
    const claimed = new ClaimedProgress(lease, authority, 100)
    for (const message of await say(['Once ', 'upon ', 'a time'])) expect(claimed.take(message).ok).toBe(true)
    expect(claimed.bytes).toEqual(utf8('Once upon a time'))
    expect(claimed.latest?.body.offset).toBe(10)
  })

  test('behaviour: the last message signs what was skipped before it', async () => {
    const [, , last] = await say(['Once ', 'upon ', 'a time'])
    if (last === undefined) throw new Error('no message')
    const claimed = new ClaimedProgress(lease, authority, 100)
    expect(claimed.take(last, utf8('Once upin '))).toMatchObject({ ok: false, check: 'progress' })
    expect(claimed.bytes).toHaveLength(0)
    expect(claimed.take(last, utf8('Once upon ')).ok).toBe(true)
    expect(claimed.bytes).toEqual(utf8('Once upon a time'))
  })

  test('error: another signer, lease, unit or network, a gap, a repetition, a changed byte', async () => {
    const [first, second] = await say(['ab', 'cd'])
    const [foreign] = await say(['ab'], other)
    const [elsewhere] = await say(['ab'], node, await leaseOf(coordinator, 2))
    if (first === undefined || second === undefined || foreign === undefined || elsewhere === undefined)
      throw new Error('no message')
    const bodies = [{ bytes: toHex(utf8('ax')) }, { unit: digestOf('test', 'x') }, { offset: 2 }, { transcript: unit }]
    const refused: SignedProgress[] = [
      second,
      foreign,
      elsewhere,
      { ...first, type: 'commitment' },
      { ...first, network: unit },
    ]
    for (const change of bodies) refused.push({ ...first, body: { ...first.body, ...change } })
    for (const message of refused) {
      const claimed = new ClaimedProgress(lease, authority, 100)
      expect(claimed.take(message)).toMatchObject({ ok: false, check: 'progress' })
      expect(claimed.take(first).ok).toBe(true)
      expect(claimed.take(first).ok).toBe(false)
      expect(claimed.take(second).ok).toBe(true)
    }
  })

  test('error: under a lease that the coordinator did not sign', async () => {
    const forged = await leaseOf(other)
    const [message] = await say(['ab'], node, forged)
    if (message === undefined) throw new Error('no message')
    expect(new ClaimedProgress(forged, authority, 100).take(message)).toMatchObject({ ok: false, check: 'lease' })
  })

  test('limit: as many bytes as the kind says accepted, one more refused', async () => {
    const [message] = await say(['abcd'])
    if (message === undefined) throw new Error('no message')
    expect(new ClaimedProgress(lease, authority, 4).take(message).ok).toBe(true)
    expect(new ClaimedProgress(lease, authority, 3).take(message)).toMatchObject({ ok: false, check: 'progress' })
  })
})

test('behaviour: a result that begins otherwise is shown by one message', async () => {
  const [, second] = await say(['ab', 'cd'])
  if (second === undefined) throw new Error('no message')
  for (const whole of ['abcd', 'abcde']) expect(isBeginning(second, utf8(whole))).toBe(true)
  for (const whole of ['xbcd', 'abc', '', 'abxde']) expect(isBeginning(second, utf8(whole))).toBe(false)
})

test('behaviour: what is shown only grows, whoever claims something else', () => {
  const shown = new ShownProgress()
  const added = ['a', 'abc', 'ab', 'abx', 'abxxx', 'abcd'].map((claimed) => shown.extend(utf8(claimed)))
  expect(added.map((bytes) => new TextDecoder().decode(bytes))).toEqual(['a', 'bc', '', '', '', 'd'])
  expect(shown.bytes).toEqual(utf8('abcd'))
})

test(`limit: ${MAX_PROGRESS_BYTES} bytes of one message and an offset of ${MAX_TRANSCRIPT_BYTES} accepted, more refused`, async () => {
  const [message] = await say(['a'])
  if (message === undefined) throw new Error('no message')
  const fits = (change: object) =>
    v.safeParse(progressSchema, { ...message, body: { ...message.body, ...change } }).success
  const hexOf = (count: number) => toHex(concat(new Uint8Array(count)))
  expect(fits({ bytes: hexOf(MAX_PROGRESS_BYTES), offset: MAX_TRANSCRIPT_BYTES })).toBe(true)
  for (const bytes of [hexOf(MAX_PROGRESS_BYTES + 1), '', 'a', 'AB', 'zz', 7]) expect(fits({ bytes })).toBe(false)
  for (const offset of [MAX_TRANSCRIPT_BYTES + 1, -1, 0.5]) expect(fits({ offset })).toBe(false)
})
