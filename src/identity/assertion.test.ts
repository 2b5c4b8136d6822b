// The verdicts are compared with those of @simplewebauthn/server wherever both judge the same rule.
import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import { encodeCBOR } from '@levischuck/tiny-cbor'
import { describe, expect, test } from 'vitest'
import { fromBase64url, toBase64url, utf8 } from '#core/bytes.ts'
import { type AssertionExpectation, type AssertionVerdict, verifyAssertion } from './assertion.ts'
import {
  DEVICE_BOUND_FLAGS,
  SYNCED_FLAGS,
  type SoftwareOptions,
  attestedCredentialOf,
  createSoftwareCredential,
} from './authenticator.fixture.ts'
import { ALGORITHMS, parseCredentialKey } from './cose.ts'
import type { Assertion, DeviceCredential } from './delegation.ts'

const challengeBytes = utf8('0123456789abcdef0123456789abcdef')
const expected: AssertionExpectation = {
  challenge: toBase64url(challengeBytes),
  rpId: 'localhost',
  origins: ['http://localhost:4747', 'https://commonwatt.example'],
  topOrigins: [],
}

type Judged = { verdict: AssertionVerdict; oracle: boolean }

async function judge(
  device: DeviceCredential,
  assertion: Assertion,
  changes: Partial<AssertionExpectation> = {},
): Promise<Judged> {
  const expectation = { ...expected, ...changes }
  const publicKey = fromBase64url(device.credential.publicKey)
  const verdict = await verifyAssertion(assertion, parseCredentialKey(publicKey), expectation)
  return { verdict, oracle: await askOracle(device, assertion, expectation) }
}

async function askOracle(device: DeviceCredential, response: Assertion, expectation: AssertionExpectation) {
  const { id, publicKey } = device.credential
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response },
      expectedChallenge: expectation.challenge,
      expectedOrigin: [...expectation.origins],
      expectedRPID: expectation.rpId,
      credential: { id, publicKey: fromBase64url(publicKey), counter: 0 },
      requireUserVerification: true,
    })
    return verified
  } catch {
    return false
  }
}

async function assertWith(options: SoftwareOptions, changes: Partial<AssertionExpectation> = {}): Promise<Judged> {
  const device = await createSoftwareCredential(options)
  return judge(device, await device.assert(challengeBytes), changes)
}

describe('accepted, and by the oracle too', () => {
  test.each(ALGORITHMS)('default, algorithm %d', async (algorithm) => {
    const { verdict, oracle } = await assertWith({ algorithm })
    expect(verdict).toMatchObject({ ok: true, topOrigin: null })
    expect(oracle).toBe(true)
  })

  const accepted: [string, SoftwareOptions][] = [
    ['a synced passkey', { flags: SYNCED_FLAGS }],
    ['one that could be synced', { flags: 1 | 4 | 8 }],
    ['extensions', { flags: 1 | 4 | 128, extensions: encodeCBOR(new Map([['x', 1]])) as Uint8Array<ArrayBuffer> }],
    ['a counter', { counter: 0xffffffff }],
    ['the second origin', { origin: 'https://commonwatt.example' }],
    ['client data without crossOrigin', { clientData: { crossOrigin: undefined } }],
    ['client data with fields of the future', { clientData: { other_keys_can_be_added_here: 'x', n: [1] } }],
  ]
  test.each(accepted)('behaviour: %s', async (_, options) => {
    const { verdict, oracle } = await assertWith(options)
    expect(verdict.ok).toBe(true)
    expect(oracle).toBe(true)
  })
})

describe('refused, and by the oracle too', () => {
  const refused: [string, string, SoftwareOptions][] = [
    ['a registration', 'client-data', { clientData: { type: 'webauthn.create' } }],
    ['a payment', 'client-data', { clientData: { type: 'payment.get' } }],
    ['another challenge', 'challenge', { clientData: { challenge: toBase64url(utf8('another')) } }],
    ['a padded challenge', 'challenge', { clientData: { challenge: `${expected.challenge}=` } }],
    ['another origin', 'origin', { origin: 'http://localhost:4748' }],
    ['an origin that begins alike', 'origin', { origin: 'http://localhost:47470' }],
    ['another relying party', 'rp-id', { rpId: 'localhost.example' }],
    ['no user present', 'flags', { flags: 4 }],
    ['no user verified', 'flags', { flags: 1 }],
    ['a backup of what cannot be backed up', 'authenticator-data', { flags: 1 | 4 | 16 }],
    ['extensions without their flag', 'authenticator-data', { extensions: Uint8Array.of(0xa0) }],
    ['a flag without extensions', 'authenticator-data', { flags: 1 | 4 | 128 }],
  ]
  test.each(refused)('behaviour: %s', async (_, check, options) => {
    const { verdict, oracle } = await assertWith(options)
    expect(verdict).toMatchObject({ ok: false, check })
    expect(oracle).toBe(false)
  })

  const changed: [string, string, (assertion: Assertion) => Assertion][] = [
    ['a flipped bit in the signature', 'assertion-signature', (a) => ({ ...a, signature: flip(a.signature, 20) })],
    ['an empty signature', 'assertion-signature', (a) => ({ ...a, signature: '' })],
    ['a counter changed', 'assertion-signature', (a) => ({ ...a, authenticatorData: flip(a.authenticatorData, 36) })],
    ['client data re-spaced', 'assertion-signature', (a) => ({ ...a, clientDataJSON: respace(a.clientDataJSON) })],
    ['a relying party changed', 'rp-id', (a) => ({ ...a, authenticatorData: flip(a.authenticatorData, 0) })],
    ['data cut off', 'authenticator-data', (a) => ({ ...a, authenticatorData: a.authenticatorData.slice(0, 40) })],
    ['client data that are no JSON', 'client-data', (a) => ({ ...a, clientDataJSON: 'AAAA' })],
    ['client data that are a list', 'client-data', (a) => ({ ...a, clientDataJSON: toBase64url(utf8('[]')) })],
    ['client data null', 'client-data', (a) => ({ ...a, clientDataJSON: toBase64url(utf8('null')) })],
  ]
  test.each(changed)('behaviour: %s', async (_, check, change) => {
    const device = await createSoftwareCredential()
    const { verdict, oracle } = await judge(device, change(await device.assert(challengeBytes)))
    expect(verdict).toMatchObject({ ok: false, check })
    expect(oracle).toBe(false)
  })

  test.each(ALGORITHMS)('behaviour: the signature of another credential, algorithm %d', async (algorithm) => {
    const mine = await createSoftwareCredential({ algorithm })
    const theirs = await createSoftwareCredential({ algorithm })
    const { verdict, oracle } = await judge(mine, await theirs.assert(challengeBytes))
    expect(verdict).toMatchObject({ ok: false, check: 'assertion-signature' })
    expect(oracle).toBe(false)
  })
})

describe('stricter than the oracle', () => {
  const stricter: [string, string, SoftwareOptions][] = [
    ['a reserved flag', 'authenticator-data', { flags: DEVICE_BOUND_FLAGS | 32 }],
    ['crossOrigin as text', 'client-data', { clientData: { crossOrigin: 'no' } }],
    ['a top origin outside any frame', 'top-origin', { clientData: { topOrigin: 'https://site.example' } }],
  ]
  test.each(stricter)('behaviour: %s', async (_, check, options) => {
    expect((await assertWith(options)).verdict).toMatchObject({ ok: false, check })
  })

  test('behaviour: a credential inside an assertion', async () => {
    const device = await createSoftwareCredential()
    const extensions = attestedCredentialOf(fromBase64url(device.credential.publicKey))
    const { verdict } = await assertWith({ flags: 1 | 4 | 64, extensions })
    expect(verdict).toMatchObject({ ok: false, check: 'flags' })
  })

  test('behaviour: text that is no base64url', async () => {
    const device = await createSoftwareCredential()
    const assertion = await device.assert(challengeBytes)
    const key = parseCredentialKey(fromBase64url(device.credential.publicKey))
    for (const [field, check] of [
      ['clientDataJSON', 'client-data'],
      ['authenticatorData', 'authenticator-data'],
      ['signature', 'assertion-signature'],
    ] as const) {
      const verdict = await verifyAssertion({ ...assertion, [field]: '*' }, key, expected)
      expect(verdict).toMatchObject({ ok: false, check })
    }
  })
})

describe('frames', () => {
  const site = 'https://site.example'
  const inFrame = { clientData: { crossOrigin: true, topOrigin: site } }
  const unnamed = { clientData: { crossOrigin: true } }

  test('behaviour: a frame passes on a site that is listed, or anywhere by `any`', async () => {
    expect((await assertWith(inFrame, { topOrigins: [site] })).verdict).toMatchObject({ ok: true, topOrigin: site })
    expect((await assertWith(inFrame, { topOrigins: 'any' })).verdict).toMatchObject({ ok: true, topOrigin: site })
    expect((await assertWith(unnamed, { topOrigins: 'any' })).verdict).toMatchObject({ ok: true, topOrigin: null })
  })

  test('behaviour: a frame of another or an unnamed site is refused', async () => {
    for (const options of [inFrame, unnamed]) {
      const { verdict } = await assertWith(options, { topOrigins: ['https://other.example'] })
      expect(verdict).toMatchObject({ ok: false, check: 'top-origin' })
      expect((await assertWith(options)).verdict).toMatchObject({ ok: false, check: 'top-origin' })
    }
  })
})

function flip(text: string, at: number): string {
  return toBase64url(fromBase64url(text).map((byte, i) => (i === at ? byte ^ 1 : byte)))
}

function respace(text: string): string {
  const json: unknown = JSON.parse(atob(text))
  return toBase64url(utf8(JSON.stringify(json, null, 1)))
}
