import { describe, expect, test } from 'vitest'
import type { Digest } from '#core/digest.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import { parseAs } from '#core/schema.ts'
import {
  MAX_SITE_PERCENT,
  MAX_SPLIT_MS,
  type SplitBody,
  isSplitAlive,
  isSplitOf,
  signSplit,
  siteCommitment,
  sitePart,
  splitSchema,
} from './split.ts'

const NOW = 1_800_000_000_000
const random = seededRandom('split')
const [node, site] = [signerFromSecret(random.bytes(32)), signerFromSecret(random.bytes(32)).publicKey]
const context = { network: EMPTY_ROOT, checkpoint: { size: 0, root: EMPTY_ROOT } }
const body: SplitBody = {
  account: site,
  percent: 20,
  site: siteCommitment('https://garden.example', EMPTY_ROOT),
  issuedMs: NOW,
  expiresMs: NOW + 1000,
}

describe('isSplitOf', () => {
  test('default: the word of the node whose credit it parts, and of nobody else', async () => {
    const split = await signSplit(node, context, body)
    expect(isSplitOf(split, node.publicKey, context.network)).toBe(true)
    expect(isSplitOf(split, site, context.network)).toBe(false)
    expect(isSplitOf(split, node.publicKey, `${EMPTY_ROOT.slice(0, -1)}0` as Digest)).toBe(false)
  })

  test('error: nothing in it can be changed after the signature', async () => {
    const split = await signSplit(node, context, body)
    const changes: Partial<SplitBody>[] = [
      { account: node.publicKey },
      { percent: 21 },
      { site: EMPTY_ROOT },
      { issuedMs: NOW + 1 },
      { expiresMs: NOW + 1001 },
    ]
    for (const change of changes)
      expect(isSplitOf({ ...split, body: { ...body, ...change } }, node.publicKey, context.network)).toBe(false)
    expect(isSplitOf({ ...split, type: 'consent/v2' }, node.publicKey, context.network)).toBe(false)
  })

  test('limit: a month and at least a millisecond long', async () => {
    const lives = async (ms: number) =>
      isSplitOf(await signSplit(node, context, { ...body, expiresMs: NOW + ms }), node.publicKey, context.network)
    expect(await lives(1)).toBe(true)
    expect(await lives(MAX_SPLIT_MS)).toBe(true)
    expect(await lives(0)).toBe(false)
    expect(await lives(MAX_SPLIT_MS + 1)).toBe(false)
  })
})

test('limit: 1 to 50 per cent accepted, 0 and 51 and halves refused', async () => {
  const parse = async (percent: number) =>
    parseAs(splitSchema, { ...(await signSplit(node, context, body)), body: { ...body, percent } }, 'split')
  await expect(parse(1)).resolves.toBeDefined()
  await expect(parse(MAX_SITE_PERCENT)).resolves.toBeDefined()
  for (const percent of [0, MAX_SITE_PERCENT + 1, 0.5, -1, Number.NaN])
    await expect(parse(percent)).rejects.toThrow('percent')
})

test('limit: alive from a minute before it is issued to its last millisecond', async () => {
  const split = await signSplit(node, context, body)
  expect(isSplitAlive(split, NOW - 60_000)).toBe(true)
  expect(isSplitAlive(split, NOW - 60_001)).toBe(false)
  expect(isSplitAlive(split, NOW + 999)).toBe(true)
  expect(isSplitAlive(split, NOW + 1000)).toBe(false)
})

test('behaviour: what does not divide is the visitor’s', () => {
  expect(sitePart(0n, 50)).toBe(0n)
  expect(sitePart(1n, 50)).toBe(0n)
  expect(sitePart(199n, 50)).toBe(99n)
  expect(sitePart(10n ** 29n, 33)).toBe(33n * 10n ** 27n)
})

test('behaviour: a site cannot be read off its commitment, and two visitors’ differ', () => {
  const salt = signerFromSecret(random.bytes(32)).publicKey as string as Digest
  expect(siteCommitment('https://garden.example', salt)).not.toBe(body.site)
  expect(siteCommitment('https://garden.example', EMPTY_ROOT)).toBe(body.site)
})
