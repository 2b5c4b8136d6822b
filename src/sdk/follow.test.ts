// A follower against a coordinator that passes on what it should not, begins again, or changes its mind.
import { describe, expect, test } from 'vitest'
import { fromUtf8, toHex, utf8 } from '#core/bytes.ts'
import { digestOf } from '#core/digest.ts'
import { type Signer, signerFromSecret } from '#core/ed25519.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import { signMessage } from '#core/signed.ts'
import { Transcript } from '#core/transcript.ts'
import { type SignedProgress, signProgress } from '#verify/progress.ts'
import { kindOf } from '#work/kinds.ts'
import { resultParts } from '#work/kinds/generate/result.ts'
import { generationOf, tokensIn } from '#work/kinds/generate/task.ts'
import { LEASE_TYPE, type Lease, type LeaseBody } from '#work/lease.ts'
import { unitId } from '#work/unit.ts'
import { Follower, MAX_CLAIMS, ProgressRefusedError } from './follow.ts'
import type { ProgressEvent } from './jobs.ts'

const random = seededRandom('follow')
const newSigner = (): Signer => signerFromSecret(random.bytes(32))
const [coordinator, node, other] = [newSigner(), newSigner(), newSigner()]
const context = { network: digestOf('test', 'network'), checkpoint: { size: 0, root: EMPTY_ROOT } }
const authority = { network: context.network, coordinator: coordinator.publicKey }
const id = digestOf('test', 'job')
const blob = (name: string, sizeBytes: number) =>
  ({ id: digestOf('test', name), layout: { form: 'blob', sizeBytes } }) as const
const kind = kindOf('generate', 2)
const sampling = { temperature: 0, topP: 1_000_000, topK: 0, repetition: 1000, presence: 0, frequency: 0 }
const params = { maxTokens: 4, ...sampling, tokenOps: 1, pairOps: 1 }
const task = { kind: kind.name, version: kind.version, params, inputs: [blob('model', 1000), blob('prompt', 8)] }
const [unit] = kind.split(task)
if (unit === undefined) throw new Error('The task has a unit.')
const unitDigest = unitId(unit)

function leaseOf(change: Partial<LeaseBody> = {}, signer = coordinator): Promise<Lease> {
  const body = { unit: unitDigest, job: id, admissionLeaf: 1, attempt: 1, node: node.publicKey, deadlineMs: 1 }
  return signMessage(signer, LEASE_TYPE, context, {
    ...body,
    role: 'primary',
    rosterRoot: EMPTY_ROOT,
    epoch: 0,
    ...change,
  })
}

const lease = await leaseOf()

/** Events over pieces of text, told one by one. */
async function tell(pieces: readonly string[], held = lease, signer = node): Promise<ProgressEvent[]> {
  const said = new Transcript()
  const events: ProgressEvent[] = []
  for (const [i, piece] of pieces.entries()) {
    const progress = await signProgress(signer, context, { lease: held, said, bytes: utf8(piece) })
    said.append(utf8(piece))
    events.push({ event: 'progress', unit: unitDigest, lease: i === 0 ? held : null, skipped: '', progress })
  }
  return events
}

/** The event of a connection that was opened again: everything, by the last message. */
function again(event: ProgressEvent, before: string, held = lease): ProgressEvent {
  return { ...event, lease: held, skipped: toHex(utf8(before)) }
}

function open() {
  const heard: string[] = []
  const onPartial = ({ bytes }: { bytes: Uint8Array }) => heard.push(fromUtf8(bytes))
  return { heard, follower: new Follower({ id, task, authority, onPartial }) }
}

/** The parts of a certified result whose tokens are `text`, four bytes each. */
function certified(text: string): Uint8Array[] {
  const generation = generationOf(task)
  const generated = { tokens: tokensIn(utf8(text)), finishReason: 'length', positions: [] } as const
  return resultParts(generation, generated, { unit: unitDigest, model: EMPTY_ROOT })
}

const at = <T>(list: readonly T[], index: number): T => {
  const value = list.at(index)
  if (value === undefined) throw new Error('It is not there.')
  return value
}

describe('Follower', () => {
  test('default: hands on what is new, and finds nothing wrong with what was certified', async () => {
    const { heard, follower } = open()
    for (const event of await tell(['aaaa', 'bbbb'])) follower.take(event)
    expect(heard).toEqual(['aaaa', 'bbbb'])
    const parts = certified('aaaabbbbcccc')
    expect(follower.contradictions((index) => at(parts, index))).toEqual([])
  })

  test('behaviour: a connection that is opened again repeats nothing', async () => {
    const { heard, follower } = open()
    const [first, second, third] = await tell(['aaaa', 'bbbb', 'cccc'])
    if (first === undefined || second === undefined || third === undefined) throw new Error('no event')
    follower.take(first)
    follower.take(again(first, ''))
    follower.take(again(third, 'aaaabbbb'))
    follower.take(again(second, 'aaaa'))
    expect(heard).toEqual(['aaaa', 'bbbbcccc'])
  })

  test('behaviour: another replica goes on where a lost one was, and is not repeated', async () => {
    const { heard, follower } = open()
    const second = await leaseOf({ node: other.publicKey, attempt: 2 })
    for (const event of await tell(['aaaa', 'bbbb'])) follower.take(event)
    for (const event of await tell(['aaaab', 'bbbcccc'], second, other)) follower.take(event)
    expect(heard).toEqual(['aaaa', 'bbbb', 'cccc'])
  })

  test('behaviour: of two that differ the one that the certificate contradicts is told of, with its signature', async () => {
    const { heard, follower } = open()
    const second = await leaseOf({ node: other.publicKey, attempt: 2 })
    for (const event of await tell(['aaaa', 'bbbb'])) follower.take(event)
    const differing = await tell(['aaaaxxxxcccc'], second, other)
    for (const event of differing) follower.take(event)
    expect(heard.join('')).toBe('aaaabbbb')
    const parts = certified('aaaabbbbcccc')
    const [only, ...more] = follower.contradictions((index) => at(parts, index))
    expect(more).toEqual([])
    expect(only).toEqual({ lease: second, progress: at(differing, 0).progress })
    const opposite = certified('aaaaxxxxcccc')
    expect(follower.contradictions((index) => at(opposite, index)).map((one) => one.lease)).toEqual([lease])
    // A text that is shorter than what was streamed contradicts it too.
    const short = certified('aaaa')
    expect(follower.contradictions((index) => at(short, index))).toHaveLength(2)
  })

  test('error: ProgressRefused', async () => {
    const [first, second] = await tell(['aaaa', 'bbbb'])
    if (first === undefined || second === undefined) throw new Error('no event')
    const foreign = await leaseOf({}, other)
    const elsewhere = await leaseOf({ job: digestOf('test', 'another job') })
    const changed: SignedProgress = { ...first.progress, body: { ...first.progress.body, bytes: toHex(utf8('aaab')) } }
    const refused: ProgressEvent[] = [
      { ...first, unit: digestOf('test', 'another unit') },
      { ...first, lease: null },
      { ...first, progress: changed },
      { ...first, skipped: toHex(utf8('z')) },
      { ...second, lease },
      again(second, 'aaax'),
      at(await tell(['aaaa'], foreign), 0),
      at(await tell(['aaaa'], elsewhere), 0),
      at(await tell(['aaaa'], lease, other), 0),
      at(await tell(['x'.repeat(17)]), 0),
    ]
    for (const event of refused) {
      const { heard, follower } = open()
      expect(() => follower.take(event)).toThrow(ProgressRefusedError)
      expect(heard).toEqual([])
    }
  })

  test(`limit: ${MAX_CLAIMS} leases of a unit accepted, one more refused`, async () => {
    const { follower } = open()
    for (let attempt = 1; attempt <= MAX_CLAIMS; attempt++)
      follower.take(at(await tell(['aaaa'], await leaseOf({ attempt })), 0))
    const late = at(await tell(['aaaa'], await leaseOf({ attempt: MAX_CLAIMS + 1 })), 0)
    expect(() => follower.take(late)).toThrow(String(MAX_CLAIMS))
  })
})
