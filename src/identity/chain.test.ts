import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '#core/digest.ts'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom } from '#core/random.ts'
import { type Signed, signMessage } from '#core/signed.ts'
import {
  DEVICE_BOUND_FLAGS,
  SYNCED_FLAGS,
  type SoftwareOptions,
  createSoftwareCredential,
} from './authenticator.fixture.ts'
import { type ChainPolicy, MAX_CLOCK_SKEW_MS, verifyChain, verifyDelegation } from './chain.ts'
import { ALGORITHMS } from './cose.ts'
import {
  type Delegation,
  type DelegationBody,
  type DelegationRequest,
  MAX_LIFETIME_MS,
  delegate,
} from './delegation.ts'

const network = digestOf('test-network', 1)
const elsewhere = digestOf('test-network', 2)
const session = signerFromSecret(new Uint8Array(32).fill(1))
const thief = signerFromSecret(new Uint8Array(32).fill(2))
const account = signerFromSecret(new Uint8Array(32).fill(3)).publicKey
const nowMs = 1_800_000_000_000
const dayMs = MAX_LIFETIME_MS.contribute
const context = { network, checkpoint: { size: 0, root: digestOf('test-root', 0) } }
const policy: ChainPolicy = {
  network,
  rpId: 'localhost',
  origins: ['http://localhost:4747', 'https://commonwatt.example'],
  topOrigins: [],
}

async function makeDelegation(
  options: SoftwareOptions = {},
  changes: Partial<DelegationRequest> = {},
  issuedMs = nowMs,
): Promise<Delegation> {
  const device = await createSoftwareCredential(options)
  const request = { context, sessionKey: session.publicKey, rpId: 'localhost', origin: 'http://localhost:4747' }
  return delegate(device, { ...request, ...changes }, issuedMs, seededRandom('nonce'))
}

let message: Signed
let delegation: Delegation
beforeAll(async () => {
  message = await signMessage(session, 'beat', context, { slot: 1 })
  delegation = await makeDelegation()
})

const walk = (changes: { message?: unknown; delegation?: unknown; at?: number; policy?: Partial<ChainPolicy> } = {}) =>
  verifyChain({ message, type: 'beat', delegation, ...changes }, { ...policy, ...changes.policy }, changes.at ?? nowMs)
const withBody = (changes: Partial<DelegationBody>): Delegation => ({
  ...delegation,
  body: { ...delegation.body, ...changes },
})

describe('tiers', () => {
  test('default: a device-bound credential is T2', async () => {
    expect(await walk()).toEqual({
      ok: true,
      tier: 'T2',
      sessionKey: session.publicKey,
      payee: session.publicKey,
      credential: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      expiresMs: nowMs + dayMs,
    })
  })

  test('behaviour: a session key that nobody vouches for is T0 and pays itself', async () => {
    const verdict = await walk({ delegation: null })
    const { publicKey } = session
    expect(verdict).toEqual({
      ok: true,
      tier: 'T0',
      sessionKey: publicKey,
      payee: publicKey,
      credential: null,
      expiresMs: null,
    })
  })

  test.each([
    [SYNCED_FLAGS, 'T1'],
    [1 | 4 | 8, 'T1'],
    [DEVICE_BOUND_FLAGS, 'T2'],
  ])('behaviour: flags %d are %s', async (flags, tier) => {
    expect(await walk({ delegation: await makeDelegation({ flags }) })).toMatchObject({ ok: true, tier })
  })

  test.each(ALGORITHMS)('behaviour: algorithm %d, with and without attestation', async (algorithm) => {
    for (const isSelfAttested of [false, true])
      expect(await walk({ delegation: await makeDelegation({ algorithm, isSelfAttested }) })).toMatchObject({
        ok: true,
      })
  })

  test('behaviour: the payee is the one the credential signed for', async () => {
    const paying = await makeDelegation({}, { payee: account })
    expect(await walk({ delegation: paying })).toMatchObject({ ok: true, payee: account })
  })

  test('behaviour: one credential keeps its identity across delegations', async () => {
    const device = await createSoftwareCredential()
    const request = { context, sessionKey: session.publicKey, rpId: 'localhost', origin: 'http://localhost:4747' }
    const [first, second] = await Promise.all(
      ['a', 'b'].map(async (seed) => walk({ delegation: await delegate(device, request, nowMs, seededRandom(seed)) })),
    )
    expect(first).toEqual(second)
    expect(await walk()).not.toEqual(first)
  })
})

describe('the first failing link is named', () => {
  test('behaviour: the message', async () => {
    const refused = async (changed: unknown, check: string) =>
      expect(await walk({ message: changed })).toMatchObject({ ok: false, check })
    await refused({ ...message, body: { slot: 2 } }, 'signature')
    await refused({ ...message, signature: '00'.repeat(64) }, 'signature')
    await refused({ ...message, signer: thief.publicKey }, 'signature')
    await refused({ ...message, body: { slot: 1.5 } }, 'signature')
    await refused({ ...message, type: 'receipt' }, 'type')
    await refused({ ...message, network: elsewhere }, 'network')
    await refused({ ...message, extra: 1 }, 'form')
    await refused({ ...message, signer: '00'.repeat(32) }, 'form')
    await refused(undefined, 'form')
  })

  test('behaviour: a delegation stolen by another key', async () => {
    const stolen = await signMessage(thief, 'beat', context, { slot: 1 })
    expect(await walk({ message: stolen })).toMatchObject({ ok: false, check: 'peer-id' })
    const rewritten = withBody({ sessionKey: thief.publicKey })
    expect(await walk({ message: stolen, delegation: rewritten })).toMatchObject({ ok: false, check: 'challenge' })
  })

  const tampered: [string, Partial<DelegationBody>][] = [
    ['payee', { payee: account }],
    ['expiry', { expiresMs: nowMs + dayMs - 1 }],
    ['issue', { issuedMs: nowMs + 1 }],
    ['nonce', { nonce: elsewhere }],
    ['checkpoint', { checkpoint: { size: 1, root: elsewhere } }],
  ]
  test.each(tampered)('behaviour: another %s than was signed', async (_, changes) => {
    expect(await walk({ delegation: withBody(changes) })).toMatchObject({ ok: false, check: 'challenge' })
  })

  test('behaviour: another network, scope, relying party or origin', async () => {
    const refused = async (made: Delegation, check: string) =>
      expect(await walk({ delegation: made })).toMatchObject({ ok: false, check })
    await refused(await makeDelegation({}, { context: { ...context, network: elsewhere } }), 'network')
    await refused(await makeDelegation({}, { scope: 'payout' }), 'scope')
    await refused(await makeDelegation({ rpId: 'evil.example' }, { rpId: 'evil.example' }), 'rp-id')
    await refused(await makeDelegation({ rpId: 'evil.example' }), 'rp-id')
    await refused(await makeDelegation({}, { rpId: 'evil.example' }), 'rp-id')
    const evil = 'https://evil.example'
    await refused(await makeDelegation({ origin: evil }, { origin: evil }), 'origin')
    // The body names one of our origins and the browser another.
    await refused(await makeDelegation({ origin: 'https://commonwatt.example' }), 'origin')
    await refused(await makeDelegation({ clientData: { crossOrigin: true } }), 'top-origin')
    await refused(await makeDelegation({ flags: 1 }), 'flags')
  })

  test('option: scope payout', async () => {
    const payout = await makeDelegation({}, { scope: 'payout' })
    const evidence = { message, type: 'beat', delegation: payout, scope: 'payout' } as const
    expect(await verifyChain(evidence, policy, nowMs)).toMatchObject({ ok: true })
    expect(await verifyChain(evidence, policy, nowMs + MAX_LIFETIME_MS.payout)).toMatchObject({ check: 'expiry' })
    expect(await verifyChain({ ...evidence, delegation }, policy, nowMs)).toMatchObject({ check: 'scope' })
  })

  test('behaviour: another credential, or none that can be used', async () => {
    const { credential } = await makeDelegation()
    const swapped = { ...delegation, credential }
    expect(await walk({ delegation: swapped })).toMatchObject({ ok: false, check: 'assertion-signature' })
    const broken = { ...delegation, credential: { publicKey: 'AAAA', attestation: null } }
    expect(await walk({ delegation: broken })).toMatchObject({ ok: false, check: 'credential' })
  })

  test('behaviour: an attestation of another credential, or a broken one', async () => {
    const attested = await makeDelegation({ isSelfAttested: true })
    const refused = async (attestation: Delegation['credential']['attestation']) => {
      const made = { ...delegation, credential: { ...delegation.credential, attestation } }
      expect(await walk({ delegation: made })).toMatchObject({ ok: false, check: 'attestation' })
    }
    await refused(attested.credential.attestation)
    await refused({ object: '', clientDataJSON: '' })
    const ofBrokenKey = await makeDelegation({ isSelfAttested: true, attestedKey: Uint8Array.of(0xa0) })
    await refused(ofBrokenKey.credential.attestation)
    await refused({ object: 'gYGBgYGBgYE', clientDataJSON: '' })
  })

  test('behaviour: a passkey attested as bound to its device and asserted as synced, or the reverse', async () => {
    for (const [flags, attestedFlags] of [
      [SYNCED_FLAGS, DEVICE_BOUND_FLAGS],
      [DEVICE_BOUND_FLAGS, SYNCED_FLAGS],
    ] as const) {
      const made = await makeDelegation({ isSelfAttested: true, flags, attestedFlags })
      expect(await walk({ delegation: made })).toMatchObject({ ok: false, check: 'attestation' })
    }
    const synced = await makeDelegation({ isSelfAttested: true, flags: SYNCED_FLAGS, attestedFlags: 1 | 4 | 8 })
    expect(await walk({ delegation: synced })).toMatchObject({ ok: true, tier: 'T1' })
  })
})

describe('time', () => {
  test('limit: valid until the last millisecond, expired at the next', async () => {
    expect(await walk({ at: nowMs + dayMs - 1 })).toMatchObject({ ok: true })
    expect(await walk({ at: nowMs + dayMs })).toMatchObject({ ok: false, check: 'expiry' })
    expect(await walk({ at: Number.NaN })).toMatchObject({ ok: false, check: 'expiry' })
  })

  test('limit: issued a minute ahead accepted, a millisecond more refused', async () => {
    expect(await walk({ at: nowMs - MAX_CLOCK_SKEW_MS })).toMatchObject({ ok: true })
    expect(await walk({ at: nowMs - MAX_CLOCK_SKEW_MS - 1 })).toMatchObject({ ok: false, check: 'expiry' })
  })

  test('limit: a life of a day accepted, longer, none or negative refused', async () => {
    for (const lifetimeMs of [dayMs + 1, 0, -1]) {
      const made = withBody({ expiresMs: nowMs + lifetimeMs })
      expect(await walk({ delegation: made, at: nowMs - 1 })).toMatchObject({ ok: false, check: 'expiry' })
    }
  })
})

describe('hostile input never throws', () => {
  const evidence = async (changes: object) =>
    verifyChain({ message, type: 'beat', delegation, ...changes }, policy, nowMs)

  test('behaviour: values of any kind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (value) => {
        expect((await evidence({ message: value })).ok).toBe(false)
        if (value !== null) expect((await evidence({ delegation: value })).ok).toBe(false)
      }),
    )
  })

  test('behaviour: any field of a delegation replaced by anything', async () => {
    const paths = pathsOf(delegation)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.anything(), async (path, value) => {
        const changed = replaceAt(delegation, path, value)
        const { ok } = await verifyDelegation(changed, session.publicKey, policy, nowMs)
        expect(ok).toBe(Object.is(readAt(delegation, path), value))
      }),
    )
  })
})

test('behaviour: a proven session key is checked without a message', async () => {
  const { publicKey } = session
  expect(await verifyDelegation(delegation, publicKey, policy, nowMs)).toMatchObject({ ok: true, tier: 'T2' })
  const other = verifyDelegation(delegation, thief.publicKey, policy, nowMs)
  expect(await other).toMatchObject({ ok: false, check: 'peer-id' })
  expect(await verifyDelegation(null, publicKey, policy, nowMs)).toMatchObject({ ok: true, tier: 'T0' })
})

test('behaviour: a policy of another network refuses everything', async () => {
  const foreign = { network: elsewhere }
  expect(await walk({ policy: foreign })).toMatchObject({ ok: false, check: 'network' })
})

function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]]
  return Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]))
}

function replaceAt(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by
  const record = value as Record<string, unknown>
  return { ...record, [key]: replaceAt(record[key], rest, by) }
}

function readAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], value)
}
