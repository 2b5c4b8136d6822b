import { describe, expect, test } from 'vitest'
import { createManualClock } from '#core/clock.fixture.ts'
import { toHex } from '#core/bytes.ts'
import type { PublicKey } from '#core/ed25519.ts'
import { COOL_DOWN_MS, FORGET_MS, MAX_COOL_DOWN_MS, MAX_SCORED_PEERS, PeerScores } from './peer-score.ts'

const peer = (index: number) => toHex(new Uint8Array(new Uint32Array([index]).buffer)) as PublicKey
const error = new Error('bad')

describe('PeerScores', () => {
  test('default: a peer is refused for the cool-down and not a millisecond longer', () => {
    const clock = createManualClock(1_000)
    const scores = new PeerScores(clock)
    expect(scores.isCooling(peer(1))).toBe(false)
    scores.punish(peer(1), error)
    clock.advance(COOL_DOWN_MS - 1)
    expect(scores.isCooling(peer(1))).toBe(true)
    expect(scores.isCooling(peer(2))).toBe(false)
    clock.advance(1)
    expect(scores.isCooling(peer(1))).toBe(false)
  })

  test('behaviour: the cool-down doubles up to its limit, and a quiet day wipes the record', () => {
    const clock = createManualClock(0)
    const scores = new PeerScores(clock)
    const coolDowns = Array.from({ length: 8 }, () => scores.punish(peer(1), error).untilMs - clock.nowMs())
    expect(coolDowns.slice(0, 3)).toEqual([COOL_DOWN_MS, 2 * COOL_DOWN_MS, 4 * COOL_DOWN_MS])
    expect(coolDowns.at(-1)).toBe(MAX_COOL_DOWN_MS)
    clock.advance(MAX_COOL_DOWN_MS + FORGET_MS)
    expect(scores.scoreOf(peer(1))).toBeUndefined()
    expect(scores.punish(peer(1), error).violations).toBe(1)
  })

  test('behaviour: listeners are told until they leave', () => {
    const scores = new PeerScores(createManualClock(0))
    const told: PublicKey[] = []
    const stop = scores.onDrop((dropped) => told.push(dropped))
    scores.punish(peer(1), error)
    stop()
    scores.punish(peer(2), error)
    expect(told).toEqual([peer(1)])
  })

  test(`limit: ${MAX_SCORED_PEERS} peers remembered, the oldest forgotten for one more`, () => {
    const scores = new PeerScores(createManualClock(0))
    for (let i = 0; i <= MAX_SCORED_PEERS; i++) scores.punish(peer(i), error)
    expect(scores.isCooling(peer(0))).toBe(false)
    expect(scores.isCooling(peer(1))).toBe(true)
    expect(scores.isCooling(peer(MAX_SCORED_PEERS))).toBe(true)
  })
})
