// A node that opens its commitment to a result with a tag that is not of the inputs: convicted with the inputs at hand.
import { digestOf } from '#core/digest.ts'
import type { Signer } from '#core/ed25519.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import type { Authority, Evidence } from '#verify/commit.ts'
import { possessionKey } from '#verify/commitment.ts'
import type { PartSource } from '#verify/content-file.ts'
import {
  MAX_FALSE_TAG_BYTES,
  decodeFalseTag,
  encodeFalseTag,
  hasProvableTag,
  makeFalseTag,
  verifyFalseTag,
} from '#verify/false-tag.ts'
import { MissingFileError } from '#verify/fault-proof.ts'
import { generateParams } from '#work/kinds/generate/task.ts'
import { kindOf } from '#work/kinds.ts'
import { leaseId } from '#work/lease.ts'
import type { Unit } from '#work/unit.ts'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type HeldContent,
  createTestNetwork,
  evidenceOf,
  honestTag,
  inputsOf,
  randomMatrix,
  recomputed,
  signLease,
} from '../support/certified-job.ts'
import { TINY_CONFIG, holdBlob } from '../support/tiny-model.ts'

const kind = kindOf('matmul', 1)
const network = createTestNetwork('false-tag')
const authority: Authority = { network: network.context.network, coordinator: network.coordinator.publicKey }
const [node] = network.nodes as [Signer]
const contents = [randomMatrix(network.random, 'i8', 30, 20), randomMatrix(network.random, 'i8', 20, 10)]
const [unit] = kind.split({ params: {}, inputs: contents.map(({ ref }) => ref) }) as [Unit]
const inputs = inputsOf(kind, unit, contents)

function sourceOf(held: readonly HeldContent[]): PartSource {
  const find = (id: string) => held.find(({ ref }) => ref.id === id)
  return {
    leaves: async ({ id }) => find(id)?.leaves ?? [],
    part: async ({ id }, index) => find(id)?.parts[index] ?? new Uint8Array(0),
  }
}

async function evidenceWith(tagOf = honestTag(unit, inputs)): Promise<Evidence> {
  const lease = await signLease(network, unit, digestOf('test', 'job'), node)
  const parts = [await recomputed(kind, unit, inputs, 0)]
  const [own] = await evidenceOf(network, unit, inputs, [{ signer: node, lease, parts }], tagOf)
  if (own === undefined) throw new Error('no evidence')
  return own
}

describe('false tag', () => {
  const means = { contents: sourceOf(contents) }
  let lie: Evidence
  let truth: Evidence
  let tag = EMPTY_ROOT
  beforeAll(async () => {
    lie = await evidenceWith(async () => EMPTY_ROOT)
    truth = await evidenceWith()
    tag = await kind.possession(unit, inputs, possessionKey(leaseId(lie.lease)), undefined as never)
  })

  test('default: the tag of nothing convicts, whatever the result', async () => {
    const proof = makeFalseTag(lie, unit, tag)
    expect(decodeFalseTag(encodeFalseTag(proof))).toEqual(proof)
    expect(await verifyFalseTag(proof, authority, means)).toMatchObject({ ok: true })
    await expect(verifyFalseTag(proof, authority)).rejects.toBeInstanceOf(MissingFileError)
  })

  test('behaviour: who revealed the right tag is not convicted', async () => {
    expect(await verifyFalseTag(makeFalseTag(truth, unit, tag), authority, means)).toMatchObject({ check: 'fault' })
    expect(await verifyFalseTag(makeFalseTag(lie, unit, EMPTY_ROOT), authority, means)).toMatchObject({
      check: 'recompute',
    })
  })

  test('error: another unit, other inputs, another coordinator', async () => {
    const proof = makeFalseTag(lie, unit, tag)
    const other = { ...unit, params: { ...unit.params, rowEnd: 29 } }
    expect(await verifyFalseTag({ ...proof, unit: other }, authority, means)).toMatchObject({ check: 'unit' })
    const changed = contents.map(({ ref, leaves, parts }) => ({
      ref,
      leaves,
      parts: parts.map((part) => part.map((byte) => byte ^ 1)),
    }))
    const wrong = { contents: sourceOf(changed) }
    expect(await verifyFalseTag(proof, authority, wrong)).toMatchObject({ check: 'input' })
    const stranger = { ...authority, coordinator: node.publicKey }
    expect(await verifyFalseTag(proof, stranger, means)).toMatchObject({ check: 'lease' })
  })

  test('behaviour: tags of kinds that read a model, or compare by bounds, convict nobody', () => {
    const generate = kindOf('generate', 2)
    const shape = { ...TINY_CONFIG, fractionBits: 16, activationBits: 16, keyBits: 8 } as const
    const files = [holdBlob(new Uint8Array(8)), holdBlob(new Uint8Array(8))]
    const [text] = generate.split({ params: generateParams(shape, 4), inputs: files.map(({ ref }) => ref) }) as [Unit]
    expect(hasProvableTag(generate, text)).toBe(false)
    const floats = [randomMatrix(network.random, 'f32', 3, 4), randomMatrix(network.random, 'f32', 4, 5)]
    const [product] = kind.split({ params: {}, inputs: floats.map(({ ref }) => ref) }) as [Unit]
    expect(hasProvableTag(kind, product)).toBe(false)
    expect(hasProvableTag(kind, unit)).toBe(true)
  })

  test(`limit: ${MAX_FALSE_TAG_BYTES} bytes are read, one more is not`, () => {
    expect(() => decodeFalseTag(new Uint8Array(MAX_FALSE_TAG_BYTES).fill(0x20))).toThrow('is not JSON')
    expect(() => decodeFalseTag(new Uint8Array(MAX_FALSE_TAG_BYTES + 1).fill(0x20))).toThrow('more than')
  })
})
