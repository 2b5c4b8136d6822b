import { describe, expect, test } from 'vitest'
import { ConsentError, MAX_CONSENT_MS, MIN_GPU_SHARE, assertConsent } from './consent.ts'

const NOW = 1_800_000_000_000
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
