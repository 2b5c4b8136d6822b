import { describe, expect, test } from 'vitest'
import { digestOf } from '#core/digest.ts'
import { isAuditDrawn } from './audit.ts'
import { ALWAYS_PPM } from './roster.ts'
import {
  DEFAULT_AUDIT_POLICY,
  MATURE_AFTER,
  NO_TRUST,
  historyRate,
  stakeRate,
  trustAfterFault,
  trustAfterValid,
} from './trust.ts'

describe('trust', () => {
  test('default', () => {
    let trust = NO_TRUST
    for (let at = 0; at < MATURE_AFTER; at++) {
      expect(historyRate(trust)).toBe(ALWAYS_PPM)
      trust = trustAfterValid(trust)
    }
    expect(historyRate(trust)).toBe(100_000)
    expect(historyRate(trustAfterFault())).toBe(ALWAYS_PPM)
  })

  test('limit: the rate falls to the floor and no lower', () => {
    expect(historyRate({ streak: 19 })).toBe(52_631)
    expect(historyRate({ streak: 20 })).toBe(DEFAULT_AUDIT_POLICY.floorPpm)
    expect(historyRate({ streak: Number.MAX_SAFE_INTEGER })).toBe(DEFAULT_AUDIT_POLICY.floorPpm)
  })

  test('behaviour: who has little to lose is audited more', () => {
    expect(stakeRate(0n, 1n)).toBe(ALWAYS_PPM)
    expect(stakeRate(9n * 10n ** 18n, 10n ** 18n)).toBe(250_000)
    expect(stakeRate(10n ** 24n, 1n)).toBe(0)
    expect(stakeRate(0n, 0n)).toBe(0)
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
