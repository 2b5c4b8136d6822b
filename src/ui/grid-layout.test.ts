import { describe, expect, test } from 'vitest'
import type { UnitRecord } from '#node/state.ts'
import { MAX_DRAWN, newPulses, placePeers } from './grid-layout.ts'

const peers = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ node: String(i).padStart(2, '0'), transport: 'webrtc' as const }))

function unit(outcome: UnitRecord['outcome'], name = 'aa'): UnitRecord {
  const peers = [{ node: '01', transport: null }]
  return {
    unit: name,
    what: '',
    startedMs: 1,
    finishedMs: null,
    outcome,
    credited: null,
    reason: '',
    certificate: null,
    peers,
  }
}

describe('grid layout', () => {
  test('default: two peers lie left and right of you', () => {
    const { placed } = placePeers(peers(2))
    expect(placed.map(({ x, y }) => [x, y])).toEqual([
      [8, 50],
      [92, 50],
    ])
  })

  test('behaviour: a single peer lies beside you', () => {
    expect(placePeers(peers(1))).toMatchObject({ placed: [{ x: 30, y: 50 }], you: 70 })
  })

  test('behaviour: places follow the keys, not the order of arrival', () => {
    const five = peers(5)
    expect(placePeers(five.toReversed())).toEqual(placePeers(five))
  })

  test(`limit: ${MAX_DRAWN} peers are drawn, one more is counted`, () => {
    expect(placePeers(peers(MAX_DRAWN))).toMatchObject({ hidden: 0 })
    const { placed, hidden } = placePeers(peers(MAX_DRAWN + 1))
    expect([placed.length, hidden]).toEqual([MAX_DRAWN, 1])
  })

  test('behaviour: each change of a unit pulses once', () => {
    const leased = newPulses(new Map(), [unit('computing')])
    expect(leased.pulses).toEqual([{ key: 'aa/1/leased', kind: 'leased', peers: ['01'] }])
    expect(newPulses(leased.seen, [unit('computing')]).pulses).toEqual([])
    const kinds = (['committed', 'checking', 'agreed', 'rejected', 'lost'] as const).map(
      (outcome) => newPulses(leased.seen, [unit(outcome)]).pulses[0]?.kind ?? null,
    )
    expect(kinds).toEqual([null, 'compared', 'agreed', 'rejected', null])
  })

  test('behaviour: units that left the list are forgotten', () => {
    const { seen } = newPulses(new Map(), [unit('agreed')])
    expect(newPulses(seen, []).seen.size).toBe(0)
  })
})
