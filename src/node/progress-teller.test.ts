// The teller's pace and order under a clock of the test's own.
import { describe, expect, test } from 'vitest'
import { concat, fromHex } from '#core/bytes.ts'
import { createManualClock } from '#core/clock.fixture.ts'
import { digestOf } from '#core/digest.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import { signMessage } from '#core/signed.ts'
import { PROGRESS_MS } from '#net/protocols/lease/constants.ts'
import { ClaimedProgress, MAX_PROGRESS_BYTES, type SignedProgress } from '#verify/progress.ts'
import { LEASE_TYPE } from '#work/lease.ts'
import { ProgressTeller } from './progress-teller.ts'

const random = seededRandom('progress-teller')
const signer = signerFromSecret(random.bytes(32))
const context = { network: digestOf('test', 'network'), checkpoint: { size: 0, root: EMPTY_ROOT } }
const lease = await signMessage(signer, LEASE_TYPE, context, {
  unit: digestOf('test', 'unit'),
  job: digestOf('test', 'job'),
  admissionLeaf: 1,
  attempt: 1,
  node: signer.publicKey,
  role: 'primary' as const,
  rosterRoot: EMPTY_ROOT,
  epoch: 0,
  deadlineMs: 1,
})

function openTeller(fails = false) {
  const clock = createManualClock(0)
  const end = new AbortController()
  const said: SignedProgress[] = []
  const waiters: { count: number; resolve: () => void }[] = []
  const say = async (progress: SignedProgress) => {
    if (fails) throw new Error('The stream is over.')
    said.push(progress)
    for (const { count, resolve } of waiters) if (said.length >= count) resolve()
  }
  const teller = new ProgressTeller({ lease, signer, clock, signing: () => context, say, signal: end.signal })
  /** Resolves when that many messages have been said and the teller rests. */
  const heard = async (count: number) => {
    await new Promise<void>((resolve) => {
      waiters.push({ count, resolve })
      if (said.length >= count) resolve()
    })
    while (clock.pending() === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return { teller, clock, said, heard, end }
}

const sizes = (said: readonly SignedProgress[]) => said.map(({ body }) => body.bytes.length / 2)

describe('ProgressTeller', () => {
  test('default: says at once, then what came meanwhile after a pause', async () => {
    const { teller, clock, said, heard } = openTeller()
    teller.start()
    teller.add(Uint8Array.of(1))
    await heard(1)
    for (const byte of [2, 3, 4]) teller.add(Uint8Array.of(byte))
    clock.advance(PROGRESS_MS - 1)
    expect(said).toHaveLength(1)
    clock.advance(1)
    await heard(2)
    expect(sizes(said)).toEqual([1, 3])
    expect(concat(...said.map(({ body }) => fromHex(body.bytes)))).toEqual(Uint8Array.of(1, 2, 3, 4))
    const authority = { network: context.network, coordinator: signer.publicKey }
    const claimed = new ClaimedProgress(lease, authority, 4)
    for (const progress of said) expect(claimed.take(progress)).toMatchObject({ ok: true })
  })

  test('behaviour: says nothing until it is asked, and then everything', async () => {
    const { teller, said, heard } = openTeller()
    teller.add(Uint8Array.of(1, 2))
    teller.add(Uint8Array.of(3))
    expect(said).toEqual([])
    teller.start()
    await heard(1)
    expect(sizes(said)).toEqual([3])
  })

  test('limit: a message takes the most bytes there may be, and the rest goes into the next', async () => {
    const { teller, clock, said, heard } = openTeller()
    teller.add(random.bytes(MAX_PROGRESS_BYTES + 1))
    teller.start()
    await heard(1)
    clock.advance(PROGRESS_MS)
    await heard(2)
    expect(sizes(said)).toEqual([MAX_PROGRESS_BYTES, 1])
  })

  test('behaviour: a stream that fails ends the telling and nothing else', async () => {
    const { teller } = openTeller(true)
    teller.start()
    teller.add(Uint8Array.of(1))
    await new Promise((resolve) => setImmediate(resolve))
    teller.add(Uint8Array.of(2))
  })
})
