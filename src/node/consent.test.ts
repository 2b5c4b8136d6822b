import { describe, expect, test } from 'vitest'
import { signerFromSecret } from '#core/ed25519.ts'
import { DEFAULT_RULES } from '#core/guest-rules.ts'
import { EMPTY_ROOT } from '#core/merkle.ts'
import { seededRandom } from '#core/random.ts'
import { ConsentError, MAX_CONSENT_MS, MIN_GPU_SHARE, assertConsent, openConsent, signConsent } from './consent.ts'

const NOW = 1_800_000_000_000
const context = { network: EMPTY_ROOT, checkpoint: { size: 0, root: EMPTY_ROOT } }
const signer = signerFromSecret(seededRandom('consent').bytes(32))
const consent = { gpuShare: 0.5, expiresMs: NOW + 1, site: null }

describe('assertConsent', () => {
  test('default', () => {
    expect(() => assertConsent(consent, NOW)).not.toThrow()
    expect(() => assertConsent({ ...consent, site: 'https://example.org' }, NOW)).not.toThrow()
  })

  test.each([
    ['gpuShare', MIN_GPU_SHARE, true],
    ['gpuShare', MIN_GPU_SHARE - 0.001, false],
    ['gpuShare', 1, true],
    ['gpuShare', 1.001, false],
    ['gpuShare', Number.NaN, false],
    ['expiresMs', NOW + MAX_CONSENT_MS, true],
    ['expiresMs', NOW + MAX_CONSENT_MS + 1, false],
    ['expiresMs', NOW + 1, true],
    ['expiresMs', NOW, false],
    ['site', 'x'.repeat(256), true],
    ['site', 'x'.repeat(257), false],
  ])('limit: %s %s', (field, value, isAccepted) => {
    const check = () => assertConsent({ ...consent, [field]: value }, NOW)
    if (isAccepted) expect(check).not.toThrow()
    else expect(check).toThrow(ConsentError)
  })

  test('error: Consent for anything that is no consent, saying what to do', () => {
    for (const value of [undefined, null, true, {}, { ...consent, more: 1 }])
      expect(() => assertConsent(value, NOW)).toThrow('Choose Contribute again.')
  })
})

describe('openConsent', () => {
  test('default: what was signed is what is opened, with the considerate rules where none were chosen', async () => {
    const signed = await signConsent(signer, context, consent)
    expect(signed).toMatchObject({ type: 'consent/v2', signer: signer.publicKey, body: { sharePercent: 50 } })
    expect(openConsent(signed, NOW)).toEqual({ ...consent, split: null, rules: DEFAULT_RULES })
    const rules = { ...DEFAULT_RULES, batteryFloorPercent: 30, hours: { fromMinute: 480, toMinute: 1320 } }
    expect(openConsent(await signConsent(signer, context, { ...consent, rules }), NOW).rules).toEqual(rules)
  })

  test('error: Consent when any of its caps was changed after the signature', async () => {
    const signed = await signConsent(signer, context, consent)
    const changes = [
      { sharePercent: 90 },
      { expiresMs: NOW + 2 },
      { site: 'https://example.org' },
      { rules: { ...DEFAULT_RULES, isHiddenAllowed: true } },
    ]
    for (const change of changes)
      expect(() => openConsent({ ...signed, body: { ...signed.body, ...change } }, NOW)).toThrow(
        'its signature is wrong',
      )
    expect(() => openConsent({ ...signed, type: 'beat' }, NOW)).toThrow(ConsentError)
  })

  test('limit: a signed share of 5 to 100 per cent, and an end that has not come', async () => {
    const open = async (gpuShare: number, nowMs = NOW) =>
      openConsent(await signConsent(signer, context, { ...consent, gpuShare }), nowMs).gpuShare
    expect(await open(0.05)).toBe(0.05)
    expect(await open(1)).toBe(1)
    await expect(open(0.04)).rejects.toThrow(ConsentError)
    await expect(open(1.01)).rejects.toThrow(ConsentError)
    await expect(open(1, consent.expiresMs)).rejects.toThrow('it ended at')
  })

  test('error: Consent for anything that is not signed at all', () => {
    for (const value of [undefined, null, {}, consent]) expect(() => openConsent(value, NOW)).toThrow('malformed')
  })
})

describe('a site’s share in a consent', () => {
  const account = signer.publicKey
  const site = 'https://garden.example'
  const shared = { ...consent, site, split: { account, percent: 20 } }

  test('default: it is signed with the rest, and cannot be changed after', async () => {
    const signed = await signConsent(signer, context, shared)
    expect(openConsent(signed, NOW)).toEqual({ ...shared, rules: DEFAULT_RULES })
    const body = { ...signed.body, split: { account, percent: 21 } }
    expect(() => openConsent({ ...signed, body }, NOW)).toThrow('its signature is wrong')
  })

  test('limit: 1 to 50 per cent, and for a site that is named', () => {
    for (const percent of [1, 50])
      expect(() => assertConsent({ ...shared, split: { account, percent } }, NOW)).not.toThrow()
    for (const percent of [0, 51, 1.5])
      expect(() => assertConsent({ ...shared, split: { account, percent } }, NOW)).toThrow(ConsentError)
    expect(() => assertConsent({ ...shared, site: null }, NOW)).toThrow('names none')
  })
})
