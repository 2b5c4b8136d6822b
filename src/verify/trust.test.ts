import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/digest.ts'
import { isAuditDrawn } from './audit.ts'
import { ALWAYS_PPM } from './roster.ts'
import { DEFAULT_AUDIT_POLICY, MATURE_AFTER, NO_TRUST, auditRate, trustAfterFault, trustAfterValid } from './trust.ts'

const nothing = { stake: 0n, inFlight: 0n }
const rich = { stake: 10n ** 20n, inFlight: 10n ** 17n }

describe('trust', () => {
  test('default', () => {
    let trust = NO_TRUST
    for (let at = 0; at < MATURE_AFTER; at++) {
      expect(auditRate(trust, nothing)).toBe(ALWAYS_PPM)
      trust = trustAfterValid(trust)
    }
    expect(auditRate(trust, nothing)).toBe(100_000)
    expect(auditRate(trustAfterFault(), nothing)).toBe(ALWAYS_PPM)
  })

  test('limit: the rate falls to the floor and no lower', () => {
    expect(auditRate({ streak: 19 }, rich)).toBe(52_631)
    expect(auditRate({ streak: 20 }, rich)).toBe(DEFAULT_AUDIT_POLICY.floorPpm)
    expect(auditRate({ streak: Number.MAX_SAFE_INTEGER }, rich)).toBe(DEFAULT_AUDIT_POLICY.floorPpm)
  })

  test('behaviour: who has little to lose is audited more', () => {
    const history = { streak: 1000 }
    expect(auditRate(history, { stake: 0n, inFlight: 1n })).toBe(ALWAYS_PPM)
    expect(auditRate(history, { stake: 9n * 10n ** 18n, inFlight: 10n ** 18n })).toBe(250_000)
    expect(auditRate(history, { stake: 0n, inFlight: 0n })).toBe(DEFAULT_AUDIT_POLICY.floorPpm)
  })

  test('behaviour: audits come as often as the rate says', () => {
    const draws = 20_000
    for (const ppm of [0, 50_000, 400_000, ALWAYS_PPM]) {
      let drawn = 0
      for (let at = 0; at < draws; at++) if (isAuditDrawn(digestOf('test', at), ppm)) drawn++
      // Four standard deviations.
      expect(Math.abs(drawn / draws - ppm / ALWAYS_PPM)).toBeLessThanOrEqual(
        0.0142 * Number(ppm > 0 && ppm < ALWAYS_PPM),
      )
    }
  })
})
