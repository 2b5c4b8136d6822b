import { describe, expect, it } from 'vitest'
import { createManualClock } from '#core/clock.fixture.ts'
import { LAPSE_LEAD_MS, isNear, nextLapse, watchLapse } from './lapse.ts'

const NOW = 1_800_000_000_000

function watch(atMs: number) {
  const clock = createManualClock(NOW)
  const told: number[] = []
  const end = watchLapse({ of: 'consent', atMs }, clock, () => told.push(clock.nowMs()))
  return { clock, told, end }
}

describe('nextLapse', () => {
  it('default: what ends first', () => {
    expect(nextLapse(0, null)).toBeNull()
    expect(nextLapse(5, null)).toEqual({ of: 'consent', atMs: 5 })
    expect(nextLapse(5, 4)).toEqual({ of: 'passkey', atMs: 4 })
    expect(nextLapse(5, 5)).toEqual({ of: 'consent', atMs: 5 })
    expect(nextLapse(0, 4)).toEqual({ of: 'passkey', atMs: 4 })
  })

  it('limit: near from an hour before the end until the end', () => {
    const lapse = { of: 'consent', atMs: NOW } as const
    const around = [NOW - LAPSE_LEAD_MS - 1, NOW - LAPSE_LEAD_MS, NOW - 1, NOW]
    expect(around.map((nowMs) => isNear(lapse, nowMs))).toEqual([false, true, true, false])
  })
})

describe('watchLapse', () => {
  it('default: tells once, an hour before the end, of a month as of a day', () => {
    for (const days of [1, 30]) {
      const { clock, told } = watch(NOW + days * 86_400_000)
      clock.advance(days * 86_400_000 - LAPSE_LEAD_MS - 1)
      expect(told).toEqual([])
      clock.advance(LAPSE_LEAD_MS)
      expect(told).toEqual([NOW + days * 86_400_000 - LAPSE_LEAD_MS])
    }
  })

  it('behaviour: tells at once what is near already, and nothing of what is over or no longer watched', () => {
    expect(watch(NOW + 1).told).toEqual([NOW])
    expect(watch(NOW).told).toEqual([])
    const { clock, end, told } = watch(NOW + 2 * LAPSE_LEAD_MS)
    end()
    clock.advance(3 * LAPSE_LEAD_MS)
    expect(told).toEqual([])
  })
})
