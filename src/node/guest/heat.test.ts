import { describe, expect, test } from 'vitest'
import { COOLING_MS, HEAT_WINDOW_MS, HeatWatch, MAX_WORKS, MIN_BUSY_MS } from './heat.ts'

/** A watch on a clock of its own; `windows` closes one window for each rate, in operations a millisecond. */
function watched() {
  const watch = new HeatWatch()
  let nowMs = 1_800_000_000_000
  const windows = (rates: readonly number[], { work = 'a', busyMs = 1000 } = {}) => {
    for (const rate of rates) {
      nowMs += HEAT_WINDOW_MS
      watch.note({ work, operations: rate * busyMs, elapsedMs: busyMs }, nowMs)
    }
    return watch.ruling(nowMs).factor
  }
  // A record begins with its first burst.
  watch.note({ work: 'a', operations: 0, elapsedMs: 0 }, nowMs)
  return { windows, wait: (ms: number) => watch.ruling((nowMs += ms)).factor }
}

describe('HeatWatch', () => {
  test('default: two windows below three quarters of the best rate halve the share for a minute', () => {
    const { windows, wait } = watched()
    expect(windows([100, 100, 74])).toBe(1)
    expect(windows([74])).toBe(0.5)
    expect(wait(COOLING_MS - 1)).toBe(0.5)
    expect(wait(1)).toBe(1)
  })

  test('limit: 75 % of the best is no fall, and one slow window between good ones is none', () => {
    expect(watched().windows([100, 75, 75, 75])).toBe(1)
    expect(watched().windows([100, 50, 100, 50, 100])).toBe(1)
  })

  test('limit: windows with little work tell nothing', () => {
    expect(watched().windows([100, 10, 10, 10], { busyMs: MIN_BUSY_MS - 1 })).toBe(1)
    expect(watched().windows([100, 10, 10], { busyMs: MIN_BUSY_MS })).toBe(0.5)
  })

  test('behaviour: a device that stays slower is let go in the end', () => {
    const { windows } = watched()
    windows([100])
    const factors = [...Array(60).keys()].map(() => windows([60]))
    expect(factors).toContain(0.5)
    expect(factors.at(-1)).toBe(1)
  })

  test('limit: 8 shapes of work are remembered, the ninth takes the place of the first', () => {
    const { windows } = watched()
    windows([100])
    for (let i = 1; i <= MAX_WORKS; i++) windows([100], { work: `other ${i}` })
    expect(windows([10, 10, 10])).toBe(1)
  })
})
