import { describe, expect, test } from 'vitest'
import { createManualClock } from '#core/clock.fixture.ts'
import { type PublicKey, signerFromSecret } from '#core/ed25519.ts'
import { SLOT_MARGIN_MS, beatOffsetMs, nextBeat, scheduleBeats } from './schedule.ts'
import { SLOT_MS, slotOf, slotStartMs } from './slot.ts'

const node = signerFromSecret(new Uint8Array(32).fill(1)).publicKey
const offsetMs = beatOffsetMs(node)
const slot = 30_000_000
const startMs = slotStartMs(slot)

test('limit: a slot begins with its first millisecond', () => {
  expect(slotOf(startMs)).toBe(slot)
  expect(slotOf(startMs - 1)).toBe(slot - 1)
  expect(slotOf(startMs + SLOT_MS - 1)).toBe(slot)
})

test('behaviour: offsets keep the margin and spread over the slot', () => {
  const offsets = Array.from({ length: 1000 }, (_, i) => beatOffsetMs(i.toString(16).padStart(64, '0') as PublicKey))
  for (const offset of offsets) {
    expect(offset).toBeGreaterThanOrEqual(SLOT_MARGIN_MS)
    expect(offset).toBeLessThan(SLOT_MS - SLOT_MARGIN_MS)
  }
  const inTenth = (tenth: number) => offsets.filter((offset) => Math.floor((offset - 5000) / 5000) === tenth).length
  for (let tenth = 0; tenth < 10; tenth++) expect(Math.abs(inTenth(tenth) - 100)).toBeLessThan(50)
  expect(beatOffsetMs(node)).toBe(offsetMs)
})

describe('nextBeat', () => {
  test('limit: due in this slot until its offset, in the next one after it', () => {
    expect(nextBeat(startMs + 10, 10)).toEqual({ slot, dueMs: startMs + 10 })
    expect(nextBeat(startMs + 11, 10)).toEqual({ slot: slot + 1, dueMs: startMs + SLOT_MS + 10 })
  })

  test('behaviour: no slot twice, and none made up for', () => {
    expect(nextBeat(startMs, 10, slot)).toEqual({ slot: slot + 1, dueMs: startMs + SLOT_MS + 10 })
    expect(nextBeat(startMs, 10, slot - 5)).toEqual({ slot, dueMs: startMs + 10 })
  })
})

describe('scheduleBeats', () => {
  test('default: once in every slot, at the offset', () => {
    const clock = createManualClock(startMs)
    const beats: [number, number][] = []
    const stop = scheduleBeats(clock, node, (at) => beats.push([at, clock.nowMs()]))
    clock.advance(3 * SLOT_MS)
    expect(beats).toEqual([0, 1, 2].map((i) => [slot + i, slotStartMs(slot + i) + offsetMs]))
    stop()
    expect(clock.pending()).toBe(0)
    clock.advance(3 * SLOT_MS)
    expect(beats).toHaveLength(3)
  })

  test('behaviour: stopping from inside a beat stops', () => {
    const clock = createManualClock(startMs)
    const beats: number[] = []
    const stop = scheduleBeats(clock, node, (at) => {
      beats.push(at)
      stop()
    })
    clock.advance(5 * SLOT_MS)
    expect(beats).toEqual([slot])
    expect(clock.pending()).toBe(0)
  })

  test('behaviour: after a sleep it beats for the slot it wakes in, not for those it slept through', () => {
    const clock = createManualClock(startMs)
    const beats: number[] = []
    scheduleBeats(clock, node, (at) => beats.push(at))
    clock.advance(SLOT_MS)
    clock.jumpTo(slotStartMs(slot + 100) + 1)
    clock.advance(0)
    expect(beats).toEqual([slot, slot + 100])
    clock.advance(2 * SLOT_MS - 2)
    expect(beats).toEqual([slot, slot + 100, slot + 101])
  })

  test('behaviour: a clock set back does not bring a slot twice', () => {
    const clock = createManualClock(startMs)
    const beats: number[] = []
    scheduleBeats(clock, node, (at) => beats.push(at))
    clock.advance(2 * SLOT_MS)
    clock.jumpTo(startMs)
    clock.advance(5 * SLOT_MS)
    expect(beats).toEqual([...new Set(beats)])
    expect(beats.toSorted((a, b) => a - b)).toEqual(beats)
  })
})
