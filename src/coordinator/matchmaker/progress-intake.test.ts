import { expect, test } from 'vitest'
import { utf8 } from '#core/bytes.ts'
import { createManualClock } from '#core/clock.fixture.ts'
import { digestOf } from '#core/digest.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import { signMessage } from '#core/signed.ts'
import { Transcript } from '#core/transcript.ts'
import { MAX_PROGRESS_BURST, PROGRESS_MS } from '#net/protocols/lease/constants.ts'
import { signProgress } from '#verify/progress.ts'
import { LEASE_TYPE } from '#work/lease.ts'
import { BadProgressError, ProgressFloodError, ProgressIntake } from './progress-intake.ts'

const random = seededRandom('progress-intake')
const signer = signerFromSecret(random.bytes(32))
const context = { network: digestOf('test', 'network'), checkpoint: { size: 0, root: EMPTY_ROOT } }
const authority = { network: context.network, coordinator: signer.publicKey }
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

function openIntake() {
  const clock = createManualClock(0)
  const intake = new ProgressIntake(lease, { authority, maxBytes: 10_000, clock })
  const said = new Transcript()
  const next = async () => {
    const progress = await signProgress(signer, context, { lease, said, bytes: utf8('.') })
    said.append(utf8('.'))
    return progress
  }
  return { clock, intake, next }
}

test(`limit: ${MAX_PROGRESS_BURST} pieces at once accepted, one more refused; then one for each ${PROGRESS_MS} ms`, async () => {
  const { clock, intake, next } = openIntake()
  for (let n = 0; n < MAX_PROGRESS_BURST; n++) intake.take(await next())
  clock.advance(PROGRESS_MS)
  intake.take(await next())
  const late = await next()
  expect(() => intake.take(late)).toThrow(ProgressFloodError)
  expect(intake.claimed.bytes).toHaveLength(MAX_PROGRESS_BURST + 1)
})

test('error: BadProgress', async () => {
  const { intake, next } = openIntake()
  await next()
  const second = await next()
  expect(() => intake.take(second)).toThrow(BadProgressError)
  expect(intake.claimed.latest).toBeUndefined()
})
