import { describe, expect, test } from 'vitest'
import { Earnings, RATE_UNITS } from './earnings.ts'
import type { LeaseOutcome } from './lease-run.ts'

function outcome(change: Partial<LeaseOutcome['record']>, operations = 2_000_000_000n, busyMs = 1000): LeaseOutcome {
  const record = {
    unit: 'unit',
    what: '',
    startedMs: 0,
    finishedMs: 1,
    outcome: 'agreed' as const,
    credited: '5',
    reason: '',
    certificate: null,
    peers: [],
    ...change,
  }
  return { record, operations, busyMs, failure: null, isFaulted: false, settled: null }
}

describe('Earnings', () => {
  test('default: counts what agreed, adds it to what is pending, and takes the rate of all', () => {
    const earnings = new Earnings()
    earnings.setAccount('1000000000000000000000', '7')
    earnings.add(outcome({}))
    earnings.add(outcome({ outcome: 'rejected', credited: '0' }, 2_000_000_000n, 3000))
    earnings.add(outcome({ outcome: 'lost', credited: '0' }, 0n, 0))
    expect(earnings.shown).toEqual({
      unitsDone: 1,
      creditedSession: '5',
      balance: '1000000000000000000000',
      pending: '12',
      rateMops: 1000,
    })
  })

  test('behaviour: the rate follows the last units', () => {
    const earnings = new Earnings()
    earnings.add(outcome({}, 1n, 1_000_000))
    for (let i = 0; i < RATE_UNITS; i++) earnings.add(outcome({}))
    expect(earnings.shown.rateMops).toBe(2000)
  })
})
