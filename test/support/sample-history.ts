// The history of a device that has helped for a month, for looking at it and for tests of the store. Never part of a build.
import type { Addition } from '#ui/record/history-store.ts'
import { unitReason, unitWhat } from './unit-sentences.ts'
import { type Bucket, type KeptUnit, MINUTE_MS, emptyBucket } from '#ui/record/kept.ts'

const REWARD = 2_147_483_648_000_000n
const UNITS = 40
const DAYS = 30

/** What such a device did until `nowMs`: minutes over {@link DAYS} days, and its last {@link UNITS} units. */
export function sampleHistory(nowMs: number): Addition {
  const lastMs = nowMs - (nowMs % MINUTE_MS)
  const minutes: Bucket[] = []
  for (let back = DAYS * 24 * 60 - 1; back >= 0; back--) {
    const minute = minuteOf(lastMs - back * MINUTE_MS, back)
    // Older minutes by the quarter only: the store would forget them one by one.
    if (minute !== null && (back < 24 * 60 || back % 15 === 0)) minutes.push(minute)
  }
  return { minutes, units: Array.from({ length: UNITS }, (_, i) => unitOf(nowMs, UNITS - 1 - i)) }
}

/** Nights off, a pause at noon, slower when warm. */
function minuteOf(startMs: number, back: number): Bucket | null {
  const hour = Math.floor(back / 60) % 24
  if (hour > 8 && hour < 15) return null
  const wave = Math.sin(back / 37) + Math.sin(back / 211)
  const busyMs = wave < -1.2 ? 0 : Math.round(MINUTE_MS * (0.55 + 0.15 * wave))
  const agreed = Math.floor(busyMs / 18_000)
  return {
    ...emptyBucket(startMs),
    onMs: MINUTE_MS,
    busyMs,
    ratedMs: busyMs,
    rateMopsMs: busyMs * Math.round(3_600 + 300 * wave),
    agreed,
    others: back % 97 === 0 ? 1 : 0,
    credited: String(REWARD * BigInt(agreed)),
  }
}

function unitOf(nowMs: number, i: number): KeptUnit {
  const startedMs = nowMs - 95_000 - i * 61_000
  const unit = `f${i.toString(16).padStart(3, '0')}`.repeat(16)
  const outcome = i % 13 === 7 ? 'rejected' : i % 17 === 9 ? 'lost' : 'agreed'
  const what = unitWhat(i)
  return {
    id: `${unit}/${startedMs}`,
    unit,
    what,
    startedMs,
    finishedMs: startedMs + 1_240 + 37 * i,
    outcome,
    credited: outcome === 'agreed' ? String(REWARD) : '0',
    reason: unitReason(outcome, what),
    certificate: outcome === 'agreed' ? 'e51b'.repeat(16) : null,
    peers: [{ node: `3fa1c2${'9d27e1'.repeat(9)}60ab`, transport: 'webrtc' }],
  }
}
