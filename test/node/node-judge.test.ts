// What a node says of closes and of its peers: each way in which they may fail to convince it.
import { beforeAll, describe, expect, test } from 'vitest'
import type { Digest } from '#core/digest.ts'
import { digestOf } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { messageId } from '#core/signed.ts'
import type { Shown } from '#node/exchange.ts'
import { type CloseExpectation, type RevealExpectation, closeProblem, judge } from '#node/judge.ts'
import type { Close } from '#verify/close.ts'
import { openingNonce, openingOf, signClose, signCommitment, signReveal } from '#verify/commit.ts'
import type { Unit } from '#work/unit.ts'
import { unitId } from '#work/unit.ts'
import { createTestNetwork, signLease } from '../support/certified-job.ts'

const network = createTestNetwork('node-judge')
const authority = { network: network.context.network, coordinator: network.coordinator.publicKey }
const [own, peer, stranger] = network.nodes as [Signer, Signer, Signer]
const unit: Unit = { kind: 'test', version: 1, inputs: [], params: {} }
const root = digestOf('test', 'root')
const tag = digestOf('test', 'tag')

/** A node that has committed to `claimed`. */
async function replica(signer: Signer, claimed = { root, tag }) {
  const lease = await signLease(network, unit, digestOf('test', 'job'), signer)
  const opening = openingOf(lease, { ...claimed, nonce: openingNonce(network.random) })
  return { signer, lease, opening, commitment: await signCommitment(signer, network.context, opening) }
}

type Replica = Awaited<ReturnType<typeof replica>>

function closeOver(replicas: readonly Replica[], change: { round?: number; by?: Signer; unit?: Digest } = {}) {
  const at = { unit: change.unit ?? unitId(unit), admissionLeaf: 1, attempt: 1, round: change.round ?? 1, epoch: 7 }
  return signClose(change.by ?? network.coordinator, network.context, at, replicas)
}

let self: Replica
let other: Replica
let close: Close
beforeAll(async () => {
  self = await replica(own)
  other = await replica(peer)
  close = await closeOver([self, other])
})

describe('closeProblem', () => {
  const expectation = (change: Partial<CloseExpectation> = {}): CloseExpectation => ({
    authority,
    lease: self.lease,
    commitment: self.commitment,
    known: undefined,
    ...change,
  })

  test('default: in order, also when it comes again', () => {
    expect(closeProblem(close, expectation())).toBeUndefined()
    expect(closeProblem(close, expectation({ known: close }))).toBeUndefined()
  })

  test('behaviour: by someone else, of another unit, without this node, with another commitment of it, or the second of its round', async () => {
    const again = await replica(own)
    const cases: [Close, RegExp, Partial<CloseExpectation>?][] = [
      [await closeOver([self, other], { by: stranger }), /not signed by the coordinator/],
      [await closeOver([self, other], { unit: root }), /another unit/],
      [await closeOver([other]), /does not list/],
      [await closeOver([{ ...self, commitment: again.commitment }, other]), /does not list/],
      [await closeOver([self]), /two closes of one round/, { known: close }],
    ]
    for (const [each, reason, change] of cases) expect(closeProblem(each, expectation(change))).toMatch(reason)
  })
})

describe('judge', () => {
  const expectation = (change: Partial<RevealExpectation> = {}): RevealExpectation => ({
    authority,
    close,
    root,
    tag,
    ...change,
  })

  async function shown(from: Replica, at = close, change: Partial<Shown> = {}): Promise<Shown> {
    const entry = at.body.entries.find(({ node }) => node === from.signer.publicKey)
    if (entry === undefined) throw new Error('The close does not list the node.')
    const { lease, commitment } = from
    const reveal = await signReveal(from.signer, network.context, from.opening, at)
    return { entry, handed: { lease, commitment }, reveal, transport: 'webrtc', ...change }
  }

  test('default: agrees, with how it came', async () => {
    const seen = judge(await shown(other), expectation())
    expect(seen).toEqual({ node: peer.publicKey, root, verdict: 'agrees', transport: 'webrtc' })
  })

  test('behaviour: differs when the root is another one', () =>
    expect(shown(other).then((each) => judge(each, expectation({ root: tag })))).resolves.toMatchObject({
      root,
      verdict: 'differs',
    }))

  test('behaviour: missing when no reveal or no commitment came', async () => {
    for (const change of [{ reveal: null }, { handed: null }])
      expect(judge(await shown(other, close, change), expectation())).toMatchObject({ root: null, verdict: 'missing' })
  })

  test('behaviour: invalid for another tag, commitment, lease, close or signer, and the root counts for nothing', async () => {
    const second = await replica(peer)
    const foreign = await replica(stranger)
    const later = await closeOver([self, other], { round: 2 })
    const right = await shown(other)
    const cases: [Shown, Partial<RevealExpectation>?][] = [
      [right, { tag: root }],
      [{ ...right, handed: { lease: second.lease, commitment: second.commitment } }],
      [{ ...right, handed: { lease: foreign.lease, commitment: foreign.commitment } }],
      [await shown(other, later), { close }],
      [right, { close: later }],
      [{ ...right, reveal: await signReveal(stranger, network.context, other.opening, close) }],
      [{ ...right, reveal: await signReveal(peer, network.context, second.opening, close) }],
      [{ ...right, entry: { ...right.entry, commitment: messageId(self.commitment) } }],
    ]
    for (const [each, change] of cases)
      expect(judge(each, expectation(change))).toMatchObject({ root: null, verdict: 'invalid' })
  })
})
