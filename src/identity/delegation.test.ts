import { describe, expect, test } from 'vitest'
import { SchemaError, parseAs } from '#core/schema.ts'
import { fromHex, toBase64url } from '#core/bytes.ts'
import { encodeCbor, decodeCbor } from '#core/cbor.ts'
import { digestOf } from '#core/digest.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { createSoftwareCredential } from './authenticator.fixture.ts'
import {
  type Delegation,
  LifetimeError,
  MAX_LIFETIME_MS,
  WEBAUTHN_BOUNDS,
  delegate,
  delegationDigest,
  delegationSchema,
  storedCredentialSchema,
} from './delegation.ts'

const network = digestOf('test-network', 1)
const session = signerFromSecret(new Uint8Array(32).fill(1)).publicKey
const account = signerFromSecret(new Uint8Array(32).fill(2)).publicKey
const nowMs = 1_800_000_000_000
const request = {
  context: { network, checkpoint: { size: 0, root: digestOf('test-root', 0) } },
  sessionKey: session,
  rpId: 'localhost',
  origin: 'http://localhost:4747',
}

async function make(changes: Partial<Parameters<typeof delegate>[1]> = {}): Promise<Delegation> {
  return delegate(await createSoftwareCredential(), { ...request, ...changes }, nowMs, seededRandom('nonce'))
}

test('default', async () => {
  const { body, assertion } = await make()
  expect(body).toEqual({
    network,
    payee: session,
    sessionKey: session,
    scope: 'contribute',
    rpId: 'localhost',
    origin: 'http://localhost:4747',
    nonce: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    checkpoint: request.context.checkpoint,
    issuedMs: nowMs,
    expiresMs: nowMs + 86_400_000,
  })
  const client = JSON.parse(atob(assertion.clientDataJSON)) as { challenge: string }
  expect(client.challenge).toBe(toBase64url(fromHex(delegationDigest(body))))
})

test('option: payee, scope and lifetime', async () => {
  const { body } = await make({ payee: account, scope: 'payout', lifetimeMs: 60_000 })
  expect(body).toMatchObject({ payee: account, scope: 'payout', expiresMs: nowMs + 60_000 })
  expect((await make({ scope: 'payout' })).body.expiresMs).toBe(nowMs + MAX_LIFETIME_MS.payout)
})

test('limit: a day accepted, a millisecond more refused', async () => {
  expect((await make({ lifetimeMs: 86_400_000 })).body.expiresMs).toBe(nowMs + 86_400_000)
  expect((await make({ lifetimeMs: 1 })).body.expiresMs).toBe(nowMs + 1)
  for (const lifetimeMs of [86_400_001, 0, -1, 0.5, Number.NaN])
    await expect(make({ lifetimeMs })).rejects.toThrow(LifetimeError)
  await expect(make({ scope: 'payout', lifetimeMs: MAX_LIFETIME_MS.payout + 1 })).rejects.toThrow(LifetimeError)
})

test('behaviour: the credential id stays on the device', async () => {
  const device = await createSoftwareCredential()
  const delegation = await delegate(device, request, nowMs, seededRandom('nonce'))
  expect(JSON.stringify(delegation)).not.toContain(device.credential.id)
})

describe('schemas', () => {
  test('behaviour: CBOR and JSON carry a delegation alike', async () => {
    const delegation = await make()
    expect(parseAs(delegationSchema, decodeCbor(encodeCbor(delegation)), 'delegation')).toEqual(delegation)
    expect(parseAs(delegationSchema, JSON.parse(JSON.stringify(delegation)), 'delegation')).toEqual(delegation)
  })

  test('limit: each WebAuthn field at its bound accepted, a byte more refused', async () => {
    const delegation = await make()
    const fields = ['clientDataJSON', 'authenticatorData', 'signature'] as const
    for (const field of fields) {
      const of = (bytes: number) => ({
        ...delegation,
        assertion: { ...delegation.assertion, [field]: toBase64url(new Uint8Array(bytes)) },
      })
      const bound = WEBAUTHN_BOUNDS[field]
      expect(parseAs(delegationSchema, of(bound), 'delegation')).toBeDefined()
      expect(() => parseAs(delegationSchema, of(bound + 1), 'delegation')).toThrow(`at most ${bound} bytes`)
    }
    const credential = (id: number, publicKey: number, object: number) => ({
      id: toBase64url(new Uint8Array(id)),
      publicKey: toBase64url(new Uint8Array(publicKey)),
      attestation: { object: toBase64url(new Uint8Array(object)), clientDataJSON: '' },
    })
    expect(parseAs(storedCredentialSchema, credential(1023, 1024, 12_288), 'credential')).toBeDefined()
    for (const [id, publicKey, object] of [
      [1024, 0, 0],
      [0, 1025, 0],
      [0, 0, 12_289],
    ] as const)
      expect(() => parseAs(storedCredentialSchema, credential(id, publicKey, object), 'credential')).toThrow(
        SchemaError,
      )
  })

  test('error: Schema for anything else', async () => {
    const delegation = await make()
    const { body, assertion, credential } = delegation
    for (const bad of [
      null,
      'text',
      { ...delegation, extra: 1 },
      { body, assertion },
      { ...delegation, body: { ...body, extra: 1 } },
      { ...delegation, body: { ...body, scope: 'everything' } },
      { ...delegation, body: { ...body, expiresMs: -1 } },
      { ...delegation, body: { ...body, expiresMs: 1.5 } },
      { ...delegation, body: { ...body, nonce: 'ab' } },
      { ...delegation, body: { ...body, payee: '00'.repeat(32) } },
      { ...delegation, body: { ...body, rpId: 'a'.repeat(254) } },
      { ...delegation, credential: { ...credential, id: 'AA' } },
      { ...delegation, credential: { publicKey: credential.publicKey } },
      { ...delegation, assertion: { ...assertion, signature: 'A+/=' } },
      { ...delegation, assertion: { ...assertion, signature: 'Zh' } },
      { ...delegation, assertion: { ...assertion, userHandle: 'AA' } },
    ])
      expect(() => parseAs(delegationSchema, bad, 'delegation')).toThrow(/The delegation is malformed/)
  })
})
