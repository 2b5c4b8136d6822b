// Whose possession tags the coordinator computes itself.
import { expect, test } from 'vitest'
import { digestOf } from '#core/digest.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { signMessage } from '#core/signed.ts'
import { SIGHTING_TYPE, type Seen } from '#verify/reveal.ts'
import { ALWAYS_PPM } from '#verify/roster.ts'
import { DEFAULT_AUDIT_POLICY } from '#verify/trust.ts'
import { generateParams } from '#work/kinds/generate/task.ts'
import { kindOf } from '#work/kinds.ts'
import type { Unit } from '#work/unit.ts'
import { createTestNetwork, randomMatrix } from '../support/certified-job.ts'
import { TINY_CONFIG, holdBlob } from '../support/tiny-model.ts'
import { isTagChecked } from '#coordinator/matchmaker/evidence.ts'

const DRAWS = 10_000
const random = seededRandom('tag checks')
const network = createTestNetwork('tag checks')
const generate = kindOf('generate', 2)
const shape = { ...TINY_CONFIG, fractionBits: 16, activationBits: 16, keyBits: 8 } as const
const blobs = [holdBlob(new Uint8Array(8)), holdBlob(new Uint8Array(8))]
const [text] = generate.split({ params: generateParams(shape, 4), inputs: blobs.map(({ ref }) => ref) }) as [Unit]
const matmul = kindOf('matmul', 1)
const matrices = [randomMatrix(random, 'i8', 3, 4), randomMatrix(random, 'i8', 4, 5)]
const [product] = matmul.split({ params: {}, inputs: matrices.map(({ ref }) => ref) }) as [Unit]

async function replica(seen: readonly Seen[] = []) {
  const signer = signerFromSecret(random.bytes(32))
  const body = { lease: digestOf('test', 'lease'), close: digestOf('test', 'close'), seen }
  const sighting = await signMessage(signer, SIGHTING_TYPE, network.context, body)
  return { replica: { node: signer.publicKey }, revealed: { sighting } }
}

test('behaviour: tags that need a model are computed as often as results are audited, all others always', async () => {
  const one = await replica()
  const count = (unit: Unit, ppm: number) => {
    const kind = kindOf(unit.kind, unit.version)
    return Array.from({ length: DRAWS }).filter(() => isTagChecked(one, [one], { kind, unit, ppm, random })).length
  }
  const { floorPpm } = DEFAULT_AUDIT_POLICY
  const expected = (DRAWS * floorPpm) / ALWAYS_PPM
  expect(Math.abs(count(text, floorPpm) - expected)).toBeLessThan(5 * Math.sqrt(expected))
  expect(count(text, ALWAYS_PPM)).toBe(DRAWS)
  expect(count(text, 0)).toBe(0)
  expect(count(product, 0)).toBe(DRAWS)
})

test('behaviour: a tag that a peer calls false is computed', async () => {
  const accused = await replica()
  const { node } = accused.replica
  const by = (verdict: Seen['verdict']) => replica([{ node, root: null, verdict, transport: 'webrtc' }])
  const asked = { kind: generate, unit: text, ppm: 0, random }
  const accuser = await by('invalid')
  expect(isTagChecked(accused, [accused, accuser], asked)).toBe(true)
  expect(isTagChecked(accuser, [accused, accuser], asked)).toBe(false)
  expect(isTagChecked(accused, [accused, await by('missing')], asked)).toBe(false)
})
