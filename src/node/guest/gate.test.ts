import { describe, expect, test } from 'vitest'
import { createManualClock } from '#core/clock.fixture.ts'
import { DEFAULT_RULES } from '#core/guest-rules.ts'
import type { Consent } from '#node/state.ts'
import { type Held, NOT_HELD, pauseWords } from './cause.ts'
import { GuestGate } from './gate.ts'
import { HEAT_WINDOW_MS } from './heat.ts'
import { INPUT_BACK_OFF_MS } from './input.ts'
import { RELIEF_MS } from './pressure.ts'
import { CALM } from './signals.fixture.ts'
import type { GuestSignals } from './signals.ts'

const MINUTE_MS = 60_000
const NOW_MS = 30_000_000 * MINUTE_MS
/** A gate on a clock moved by hand; the local day begins with the test. */
function newGate(change: Partial<Consent> = {}, signals: GuestSignals | null = CALM) {
  const clock = createManualClock(NOW_MS)
  const told: Held[] = []
  const gate = new GuestGate({
    consent: { gpuShare: 0.8, expiresMs: NOW_MS + 24 * 60 * MINUTE_MS, site: null, ...change },
    signals,
    clock,
    localMinute: (nowMs) => ((nowMs - NOW_MS) / MINUTE_MS) % 1440,
    onStatus: (status) => told.push(status),
  })
  return { gate, clock, told }
}

describe('GuestGate', () => {
  test('default: lets bursts through at the share that was allowed and says nothing', async () => {
    const { gate, told } = newGate()
    await gate.ready()
    expect(gate.decision.share).toBe(0.8)
    expect(told).toEqual([])
  })

  test('behaviour: opens and closes by the hours of the day, without being asked', async () => {
    const rules = { ...DEFAULT_RULES, hours: { fromMinute: 60, toMinute: 120 } }
    const { gate, clock, told } = newGate({ rules })
    const ready = gate.ready()
    clock.advance(60 * MINUTE_MS)
    await ready
    clock.advance(60 * MINUTE_MS)
    expect(told.map(pauseWords)).toEqual([
      'It is 00:00 and you lend from 01:00 to 02:00; it goes on at 01:00.',
      undefined,
      'It is 02:00 and you lend from 01:00 to 02:00; it goes on at 01:00.',
    ])
  })

  test('behaviour: input eases off for half a minute, then all is as before', () => {
    const { gate, clock, told } = newGate()
    gate.setSignals({ ...CALM, lastInputMs: NOW_MS })
    expect(gate.decision.share).toBeCloseTo(0.2)
    clock.advance(INPUT_BACK_OFF_MS)
    expect(gate.decision.share).toBe(0.8)
    expect(told.map(({ easings }) => easings.length > 0)).toEqual([true, false])
  })

  test('behaviour: critical pressure pauses until 10 s after its end, and not each second anew', async () => {
    const { gate, clock, told } = newGate()
    gate.setSignals({ ...CALM, pressure: 'critical' })
    const ready = gate.ready()
    clock.advance(MINUTE_MS)
    gate.setSignals({ ...CALM, pressure: 'nominal' })
    clock.advance(RELIEF_MS - 1)
    expect(gate.decision.pauses).toEqual([{ code: 'was-overloaded', seconds: 10 }])
    clock.advance(1)
    await ready
    expect(told.map(({ pauses }) => pauses.length > 0)).toEqual([true, true, false])
  })

  test('behaviour: late frames and falling rates are watched and ease off', () => {
    const { gate, clock } = newGate()
    gate.setSignals({ ...CALM, frames: { shown: 60, late: 10 } })
    expect(gate.decision.share).toBeCloseTo(0.4)
    gate.noteBurst('a', 0, 0)
    for (const rate of [10, 10, 5, 5]) {
      clock.advance(HEAT_WINDOW_MS)
      gate.noteBurst('a', rate * 1000, 1000)
    }
    expect(gate.decision).toMatchObject({ easings: [{ code: 'frames' }, { code: 'hot' }] })
    expect(gate.decision.share).toBeCloseTo(0.2)
  })

  test('behaviour: a wait ends with its signal, with the consent and with the gate', async () => {
    const hidden = { ...CALM, isVisible: false }
    const stop = new AbortController()
    const aborted = newGate({}, hidden).gate.ready(stop.signal)
    stop.abort()
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
    const { gate, clock } = newGate({ expiresMs: NOW_MS + MINUTE_MS }, hidden)
    const expired = gate.ready()
    clock.advance(MINUTE_MS)
    await expect(expired).rejects.toMatchObject({ name: 'node.Consent' })
    const other = newGate({}, hidden)
    const closed = other.gate.ready()
    other.gate.close()
    await expect(closed).rejects.toMatchObject({ name: 'AbortError' })
    expect(other.clock.pending()).toBe(0)
  })

  test('behaviour: another consent counts at once', async () => {
    const { gate, told } = newGate({}, { ...CALM, isVisible: false })
    const ready = gate.ready()
    const rules = { ...DEFAULT_RULES, isHiddenAllowed: true }
    gate.setConsent({ gpuShare: 0.3, expiresMs: NOW_MS + MINUTE_MS, site: null, rules })
    await ready
    expect(gate.decision.share).toBe(0.3)
    expect(told.at(-1)).toEqual(NOT_HELD)
  })

  test('behaviour: without a page no signal is asked for', async () => {
    const { gate } = newGate({}, null)
    await gate.ready()
    expect(gate.decision.pauses).toEqual([])
  })
})
