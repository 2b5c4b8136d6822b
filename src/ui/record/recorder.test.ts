import { describe, expect, test } from 'vitest'
import { createManualClock } from '#core/clock.fixture.ts'
import type { NodeState, UnitRecord } from '#node/state.ts'
import { OFF_STATE } from '#ui/session.ts'
import type { Addition } from './history-store.ts'
import { COUNT_MS, MAX_SILENCE_MS, Recorder, WRITE_MS } from './recorder.ts'
import { sumOf } from './series.ts'

/** A whole minute. */
const NOON_MS = 1_800_000_000_000

function unit(name: string, change: Partial<UnitRecord> = {}): UnitRecord {
  return {
    unit: name,
    what: 'Multiplied',
    startedMs: NOON_MS,
    finishedMs: null,
    outcome: 'computing',
    credited: null,
    reason: '',
    certificate: null,
    peers: [],
    ...change,
  }
}

const working = (units: readonly UnitRecord[], rateMops = 0): NodeState => ({
  ...OFF_STATE,
  phase: 'working',
  rateMops,
  units,
})

function recording(startMs = NOON_MS) {
  const clock = createManualClock(startMs)
  const added: Addition[] = []
  const recorder = new Recorder({ clock, add: async (addition) => void added.push(addition) }, OFF_STATE)
  const minutes = () => added.flatMap((addition) => addition.minutes)
  return { clock, recorder, added, minutes, sums: () => sumOf(minutes()) }
}

describe('recorder', () => {
  test('default: a finished unit is written once, with its credit in the minute it finished in', () => {
    const { clock, recorder, added, minutes } = recording()
    recorder.follow(working([unit('a')]))
    clock.advance(1000)
    const done = unit('a', { outcome: 'agreed', finishedMs: NOON_MS + 1000, credited: '70' })
    recorder.follow(working([unit('b'), done]))
    clock.advance(WRITE_MS)
    expect(added.flatMap(({ units }) => units)).toEqual([{ ...done, id: `a/${NOON_MS}` }])
    recorder.follow(working([unit('b', { outcome: 'committed' }), done]))
    clock.advance(WRITE_MS)
    expect(added.flatMap(({ units }) => units)).toHaveLength(1)
    expect(minutes()[0]).toMatchObject({ startMs: NOON_MS, agreed: 1, others: 0, credited: '70' })
  })

  test('behaviour: units that earned nothing are kept and counted apart, oldest first', () => {
    const { clock, recorder, added, sums } = recording()
    const lost = unit('a', { outcome: 'lost', finishedMs: NOON_MS, credited: '0' })
    const rejected = unit('b', { outcome: 'rejected', finishedMs: NOON_MS + 5, credited: '0' })
    recorder.follow(working([rejected, lost]))
    clock.advance(WRITE_MS)
    expect(added.flatMap(({ units }) => units.map(({ unit: name }) => name))).toEqual(['a', 'b'])
    expect(sums()).toMatchObject({ agreed: 0, others: 2, credited: '0' })
  })

  test('behaviour: time on, time computing and the rate are counted to their own minutes', async () => {
    const { clock, recorder, minutes } = recording(NOON_MS + 50_000)
    recorder.follow(working([unit('a')], 400))
    clock.advance(15_000)
    recorder.follow(working([unit('a', { outcome: 'committed' })], 400))
    clock.advance(5_000)
    recorder.follow({ ...OFF_STATE, phase: 'off' })
    clock.advance(60_000)
    await recorder.close()
    const byMinute = Map.groupBy(minutes(), ({ startMs }) => startMs)
    expect([...byMinute.keys()]).toEqual([NOON_MS, NOON_MS + 60_000])
    const [first, second] = [...byMinute.values()].map(sumOf)
    expect(first).toMatchObject({ onMs: 10_000, busyMs: 10_000, rateMopsMs: 4_000_000 })
    expect(second).toMatchObject({ onMs: 10_000, busyMs: 5_000, ratedMs: 5_000 })
  })

  test('behaviour: long waiting is on record without any change of the state', () => {
    const { clock, recorder, sums } = recording()
    recorder.follow({ ...OFF_STATE, phase: 'waiting' })
    clock.advance(10 * COUNT_MS)
    expect(sums().onMs).toBeGreaterThanOrEqual(9 * COUNT_MS)
    expect(sums().busyMs).toBe(0)
  })

  test(`limit: ${MAX_SILENCE_MS} ms of silence are counted, one more is a device that slept`, async () => {
    for (const [silenceMs, onMs] of [
      [MAX_SILENCE_MS, MAX_SILENCE_MS],
      [MAX_SILENCE_MS + 1, 0],
    ] as const) {
      const { clock, recorder, sums } = recording()
      recorder.follow({ ...OFF_STATE, phase: 'waiting' })
      clock.jumpTo(NOON_MS + silenceMs)
      await recorder.close()
      expect(sums().onMs).toBe(onMs)
    }
  })

  test('behaviour: a history that cannot be written does not end the recording', async () => {
    const clock = createManualClock(NOON_MS)
    let writes = 0
    const add = () => Promise.reject(new DOMException(`write ${++writes}`, 'QuotaExceededError'))
    const recorder = new Recorder({ clock, add }, OFF_STATE)
    for (const name of ['a', 'b']) {
      recorder.follow(working([unit(name, { outcome: 'agreed', finishedMs: NOON_MS, credited: '1' })]))
      await recorder.write()
    }
    expect(writes).toBe(2)
  })
})
