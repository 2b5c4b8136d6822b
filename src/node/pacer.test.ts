import { describe, expect, test } from 'vitest'
import { seededRandom } from '#core/random.ts'
import { MAX_CREDIT_MS, MIN_REST_MS, type Pace, Pacer } from './pacer.ts'

/** A pacer on a clock of its own, whose timers oversleep by up to `lateMs`. */
function simulated(pace: Pace, lateMs = 0) {
  const random = seededRandom('pacer')
  let nowMs = 0
  const pauses: number[] = []
  const pacer = new Pacer({
    pace: () => pace,
    check: () => {},
    ready: async () => {},
    now: () => nowMs,
    pause: async (delayMs) => {
      pauses.push(delayMs)
      nowMs += delayMs + ((random.bytes(1)[0] ?? 0) / 255) * lateMs
    },
  })
  const burst = (elapsedMs: number) =>
    pacer.burst(
      async () => {
        nowMs += elapsedMs
      },
      'work',
      1,
    )
  return { pacer, burst, pauses, now: () => nowMs }
}

describe('Pacer', () => {
  test.each([
    [0.3, 8, 4],
    [0.3, 60, 16],
    [0.3, 0.5, 1],
    [0.9, 8, 4],
    [0.05, 8, 4],
  ])(
    'default: a share of %d holds over a minute with bursts of %d ms and timers late by up to %d ms',
    async (share, burstMs, lateMs) => {
      const { pacer, burst, now } = simulated({ share, burstMs }, lateMs)
      while (now() < 60_000) await burst(burstMs)
      const held = pacer.busyMs / now()
      expect(held).toBeLessThanOrEqual(share + 0.02)
      expect(held).toBeGreaterThanOrEqual(share - 0.05)
    },
  )

  test('behaviour: short rests are saved up until the timers can wait them', async () => {
    const { burst, pauses } = simulated({ share: 0.5, burstMs: 8 })
    for (let i = 0; i < 10; i++) await burst(1)
    expect(pauses).toEqual([MIN_REST_MS, MIN_REST_MS])
  })

  test('behaviour: all of the device rests never, but hears now and then', async () => {
    const { burst, pauses } = simulated({ share: 1, burstMs: 8 })
    for (let i = 0; i < 20; i++) await burst(8)
    expect(pauses).toEqual([0, 0])
  })

  test('limit: a rest overslept by hours is made good for by 100 ms of it at most', async () => {
    const late = simulated({ share: 0.5, burstMs: 8 }, 3_600_000)
    await late.burst(8)
    expect(late.pauses).toHaveLength(1)
    for (let i = 0; i < MAX_CREDIT_MS / 8; i++) await late.burst(8)
    expect(late.pauses.length).toBeLessThanOrEqual(2)
    await late.burst(8)
    await late.burst(8)
    expect(late.pauses.length).toBeGreaterThanOrEqual(2)
  })
})
