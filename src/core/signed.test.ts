import * as v from 'valibot'
import { beforeAll, describe, expect, test } from 'vitest'
import { decodeCbor, encodeCbor } from './cbor.ts'
import { type Digest, digestOf } from './digest.ts'
import { type PublicKey, signerFromSecret } from './ed25519.ts'
import { parseAs, signedSchema, uintSchema } from './schema.ts'
import { type PlainValue, type Signed, messageId, signMessage, verifyMessage } from './signed.ts'

const network = digestOf('test-network', 1)
const other = digestOf('test-network', 2)
const alice = signerFromSecret(new Uint8Array(32).fill(1))
const bob = signerFromSecret(new Uint8Array(32).fill(2))
const context = { network, checkpoint: { size: 3, root: digestOf('test-root', 3) } }

let message: Signed<{ amount: string; to: string; list: (number | null)[] }>
beforeAll(async () => {
  message = await signMessage(alice, 'offer', context, { amount: '10', to: 'bob', list: [1, null] })
})

test('default', () => {
  expect(message).toMatchObject({ type: 'offer', network, checkpoint: context.checkpoint, signer: alice.publicKey })
  expect(verifyMessage(message, 'offer', network)).toBe(true)
})

test('behaviour: a version is part of what is signed', async () => {
  const second = await signMessage(alice, 'offer/v2', context, message.body)
  expect(verifyMessage(second, 'offer/v2', network)).toBe(true)
  expect(verifyMessage({ ...second, type: 'offer' }, 'offer', network)).toBe(false)
  expect(verifyMessage({ ...message, type: 'offer/v2' }, 'offer/v2', network)).toBe(false)
  expect(verifyMessage({ ...message, type: 'offer/v1' }, 'offer', network)).toBe(false)
})

describe('tampering is refused', () => {
  const changes: [string, (original: Signed) => Signed][] = [
    ['type', (m) => ({ ...m, type: 'order' })],
    ['network', (m) => ({ ...m, network: other })],
    ['checkpoint size', (m) => ({ ...m, checkpoint: { ...m.checkpoint, size: 4 } })],
    ['checkpoint root', (m) => ({ ...m, checkpoint: { ...m.checkpoint, root: other } })],
    ['body', (m) => ({ ...m, body: { amount: '11', to: 'bob', list: [1, null] } })],
    ['order in a list', (m) => ({ ...m, body: { amount: '10', to: 'bob', list: [null, 1] } })],
    ['field added', (m) => ({ ...m, body: { amount: '10', to: 'bob', list: [1, null], memo: '' } })],
    ['field removed', (m) => ({ ...m, body: { amount: '10', to: 'bob' } })],
    ['signer', (m) => ({ ...m, signer: bob.publicKey })],
    ['signature', (m) => ({ ...m, signature: m.signature.replace(/^./, (c) => (c === '0' ? '1' : '0')) as Digest })],
    ['signature cut', (m) => ({ ...m, signature: m.signature.slice(2) as Digest })],
  ]
  test.each(changes)('%s', (_, change) => {
    const changed = change(message)
    expect(verifyMessage(changed, changed.type, changed.network)).toBe(false)
  })

  test('behaviour: a message of another type or network than expected', () => {
    expect(verifyMessage(message, 'order', network)).toBe(false)
    expect(verifyMessage(message, 'offer', other)).toBe(false)
  })

  test('behaviour: what cannot be encoded is refused, not thrown', () => {
    for (const body of [1.5, { a: Number.NaN }, '\ud800', [undefined], new Map()])
      expect(verifyMessage({ ...message, body: body as PlainValue }, 'offer', network)).toBe(false)
    expect(verifyMessage({ ...message, signer: 'zz' as PublicKey }, 'offer', network)).toBe(false)
  })
})

test('behaviour: the same body signed as another type, elsewhere or by another is another message', async () => {
  const ids = await Promise.all([
    signMessage(alice, 'offer', context, message.body),
    signMessage(bob, 'offer', context, message.body),
    signMessage(alice, 'order', context, message.body),
    signMessage(alice, 'offer', { ...context, network: other }, message.body),
    signMessage(alice, 'offer', { ...context, checkpoint: { size: 9, root: other } }, message.body),
  ])
  expect(new Set(ids.map((signed) => signed.signature)).size).toBe(5)
  expect(new Set(ids.map((signed) => messageId(signed))).size).toBe(5)
})

test('behaviour: the identity of a message is not of its signature', () => {
  expect(messageId({ ...message, signature: 'ff'.repeat(64) as Digest })).toBe(messageId(message))
  expect(messageId(message)).not.toBe(messageId({ ...message, body: { ...message.body, to: 'eve' } }))
})

test('behaviour: CBOR and JSON carry it alike', () => {
  const throughCbor = decodeCbor(encodeCbor(message)) as unknown as Signed
  const throughJson = JSON.parse(JSON.stringify(message)) as Signed
  expect(verifyMessage(throughCbor, 'offer', network)).toBe(true)
  expect(verifyMessage(throughJson, 'offer', network)).toBe(true)
  expect(messageId(throughJson)).toBe(messageId(throughCbor))
})

test('behaviour: the schema takes the exact envelope', async () => {
  const schema = signedSchema(v.strictObject({ n: uintSchema() }))
  const signed = await signMessage(alice, 'count', context, { n: 1 })
  expect(parseAs(schema, signed, 'count')).toEqual(signed)
  for (const bad of [
    { ...signed, extra: 1 },
    { ...signed, body: { n: -1 } },
    { ...signed, signer: '00'.repeat(32) },
    { ...signed, checkpoint: { size: 1 } },
    { ...signed, type: 'x'.repeat(65) },
    { ...signed, signature: signed.signature.toUpperCase() },
  ])
    expect(() => parseAs(schema, bad, 'count')).toThrow(/The count is malformed/)
})
