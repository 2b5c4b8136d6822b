// The history in a real IndexedDB: sums, bounds, pages, two tabs, reopening, what another version wrote.
import { openDB } from 'idb'
import { afterEach, describe, expect, test } from 'vitest'
import { type HistoryStore, openHistoryStore } from '#ui/record/history-store.ts'
import {
  type KeptUnit,
  MINUTES_KEPT_MS,
  MINUTE_MS,
  QUARTERS_KEPT_MS,
  QUARTER_MS,
  emptyBucket,
} from '#ui/record/kept.ts'
import { sampleHistory } from '../support/sample-history.ts'

/** A whole quarter of an hour. */
const NOON_MS = 1_800_000_000_000

const opened: HistoryStore[] = []
let names = 0

async function open(name = `history-test-${names++}`, maxUnits?: number): Promise<HistoryStore> {
  const store = await openHistoryStore(name, maxUnits)
  opened.push(store)
  return store
}

function unit(i: number): KeptUnit {
  const atMs = NOON_MS + i
  return {
    id: `u${i}/${atMs}`,
    unit: `u${i}`,
    what: 'Multiplied',
    startedMs: atMs,
    finishedMs: atMs,
    outcome: 'agreed',
    credited: '5',
    reason: '',
    certificate: null,
    peers: [],
  }
}

const minute = (startMs: number, credited = '5') => ({ ...emptyBucket(startMs), onMs: 10, agreed: 1, credited })

afterEach(() => {
  for (const store of opened.splice(0)) store.close()
})

describe('history', () => {
  test('default: what is added is there after reopening, with its sums', async () => {
    const name = `history-test-${names++}`
    const store = await open(name)
    await store.add({ units: [unit(0)], minutes: [minute(NOON_MS), minute(NOON_MS + MINUTE_MS)] })
    await store.add({ units: [unit(1)], minutes: [minute(NOON_MS + MINUTE_MS), minute(NOON_MS + QUARTER_MS)] })
    store.close()
    const again = await open(name)
    expect(await again.countUnits()).toBe(2)
    expect((await again.minutes(0)).map(({ startMs, credited }) => [startMs - NOON_MS, credited])).toEqual([
      [0, '5'],
      [MINUTE_MS, '10'],
      [QUARTER_MS, '5'],
    ])
    expect((await again.quarters(0)).map(({ startMs, agreed }) => [startMs - NOON_MS, agreed])).toEqual([
      [0, 3],
      [QUARTER_MS, 1],
    ])
    expect(await again.quarters(NOON_MS + 1)).toHaveLength(1)
    expect(await again.totals()).toMatchObject({ sinceMs: NOON_MS, agreed: 4, onMs: 40, credited: '20' })
  })

  test('behaviour: two tabs that write at once add up', async () => {
    const name = `history-test-${names++}`
    const [one, other] = [await open(name), await open(name)]
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 === 0 ? one : other).add({ units: [unit(i)], minutes: [minute(NOON_MS)] }),
      ),
    )
    expect(await one.totals()).toMatchObject({ agreed: 20, credited: '100' })
    expect(await other.countUnits()).toBe(20)
  })

  test('limit: the newest units stay, the oldest go, the sums keep counting them', async () => {
    const store = await open(undefined, 10)
    for (let i = 0; i < 13; i++) await store.add({ units: [unit(i)], minutes: [minute(NOON_MS)] })
    expect(await store.countUnits()).toBe(10)
    expect((await store.units(0, 20)).map(({ unit: name }) => name)).toEqual(
      Array.from({ length: 10 }, (_, i) => `u${12 - i}`),
    )
    expect((await store.totals())?.agreed).toBe(13)
  })

  test('limit: minutes are kept a day and quarters three months, and no longer', async () => {
    const store = await open()
    await store.add({ units: [], minutes: [minute(NOON_MS - MINUTE_MS), minute(NOON_MS)] })
    await store.add({ units: [], minutes: [minute(NOON_MS + MINUTES_KEPT_MS)] })
    expect((await store.minutes(0)).map(({ startMs }) => startMs)).toEqual([NOON_MS, NOON_MS + MINUTES_KEPT_MS])
    expect(await store.quarters(0)).toHaveLength(3)
    await store.add({ units: [], minutes: [minute(NOON_MS + QUARTERS_KEPT_MS)] })
    expect((await store.quarters(0)).map(({ startMs }) => startMs - NOON_MS)).toEqual([
      0,
      MINUTES_KEPT_MS,
      QUARTERS_KEPT_MS,
    ])
    expect((await store.totals())?.agreed).toBe(4)
  })

  test('behaviour: pages are cut newest first, also beyond the end', async () => {
    const store = await open()
    await store.add({ units: Array.from({ length: 7 }, (_, i) => unit(i)), minutes: [minute(NOON_MS)] })
    const page = async (skipped: number) => (await store.units(skipped, 3)).map(({ unit: name }) => name)
    expect([await page(0), await page(3), await page(6), await page(7), await page(70)]).toEqual([
      ['u6', 'u5', 'u4'],
      ['u3', 'u2', 'u1'],
      ['u0'],
      [],
      [],
    ])
  })

  test('behaviour: deleting leaves nothing, tells who watches, and a new history begins', async () => {
    const store = await open()
    let changes = 0
    const stop = store.onChange(() => changes++)
    await store.add(sampleHistory(NOON_MS))
    expect((await store.whole()).units.length).toBeGreaterThan(0)
    await store.clear()
    expect(await store.whole()).toEqual({ totals: undefined, units: [], quarters: [], minutes: [] })
    expect(changes).toBe(2)
    stop()
    await store.add({ units: [], minutes: [minute(NOON_MS)] })
    expect(changes).toBe(2)
    expect((await store.totals())?.sinceMs).toBe(NOON_MS)
  })

  test('behaviour: what is no unit and no bucket is left out, not shown', async () => {
    const name = `history-test-${names++}`
    const store = await open(name)
    await store.add({ units: [unit(0)], minutes: [minute(NOON_MS)] })
    const raw = await openDB(name, 1)
    await raw.put('units', { id: 'x', finishedMs: NOON_MS, outcome: 'invented' })
    await raw.put('minutes', { startMs: NOON_MS + 1, credited: '-1' })
    await raw.put('totals', 'all of it', 'all')
    raw.close()
    expect((await store.units(0, 10)).map(({ unit: id }) => id)).toEqual(['u0'])
    expect((await store.minutes(0)).map(({ startMs }) => startMs)).toEqual([NOON_MS])
    expect(await store.totals()).toBeUndefined()
  })
})
