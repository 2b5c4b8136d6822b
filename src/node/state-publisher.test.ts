import { describe, expect, test } from 'vitest'
import { StatePublisher } from './state-publisher.ts'
import { MAX_RECORDS, type NodeState, type UnitRecord } from './state.ts'

function record(unit: string, change: Partial<UnitRecord> = {}): UnitRecord {
  return {
    unit,
    what: '',
    startedMs: 0,
    finishedMs: null,
    outcome: 'computing',
    credited: null,
    reason: '',
    certificate: null,
    peers: [],
    ...change,
  }
}

describe('StatePublisher', () => {
  test('default: changes of one turn are told once, as a new value', async () => {
    const publisher = new StatePublisher()
    const told: NodeState[] = []
    const stop = publisher.onChange((state) => told.push(state))
    const before = publisher.state
    publisher.update({ phase: 'starting' })
    publisher.update({ tier: 1 })
    expect(publisher.state).toMatchObject({ phase: 'starting', tier: 1 })
    expect(before.phase).toBe('off')
    await Promise.resolve()
    expect(told).toEqual([publisher.state])
    stop()
    publisher.update({ tier: 2 })
    await Promise.resolve()
    expect(told).toHaveLength(1)
  })

  test('behaviour: records are newest first, and one lease has one record', () => {
    const publisher = new StatePublisher()
    publisher.record(record('a'), 'lease 1')
    publisher.record(record('a'), 'lease 2')
    publisher.record(record('a', { outcome: 'agreed' }), 'lease 1')
    expect(publisher.state.units.map(({ outcome }) => outcome)).toEqual(['computing', 'agreed'])
  })

  test('limit: 200 records', () => {
    const publisher = new StatePublisher()
    for (let i = 0; i <= MAX_RECORDS; i++) publisher.record(record(`unit ${i}`), `lease ${i}`)
    expect(publisher.state.units).toHaveLength(MAX_RECORDS)
    expect(publisher.state.units.at(-1)?.unit).toBe('unit 1')
    publisher.record(record('unit 0', { outcome: 'agreed' }), 'lease 0')
    expect(publisher.state.units[0]).toMatchObject({ unit: 'unit 0', outcome: 'agreed' })
  })
})
