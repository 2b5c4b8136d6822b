import { describe, expect, test } from 'vitest'
import { MINUTE_MS, QUARTER_MS, emptyBucket } from './kept.ts'
import {
  type Span,
  busyShare,
  dayStartMs,
  meanRate,
  pointsOf,
  spanStartMs,
  sumOf,
  timeMarks,
  weekStartMs,
} from './series.ts'

const NOW_MS = new Date(2026, 10, 25, 14, 7, 30).getTime()

describe('series', () => {
  test.each([
    ['hour', 60, MINUTE_MS],
    ['day', 96, QUARTER_MS],
  ] as const)('default: the last %s has %i even points, and the last holds now', (span, count, stepMs) => {
    const points = pointsOf(span, [], NOW_MS)
    expect(points).toHaveLength(count)
    expect(points[0]?.startMs).toBe(spanStartMs(span, NOW_MS))
    expect(NOW_MS - (points.at(-1)?.startMs ?? 0)).toBeLessThan(stepMs)
    expect(new Set(points.slice(1).map(({ startMs }, i) => startMs - (points[i]?.startMs ?? 0)))).toEqual(
      new Set([stepMs]),
    )
  })

  test('behaviour: a month is thirty days of this clock, each from midnight, also where a day has 23 or 25 hours', () => {
    const points = pointsOf('month', [], NOW_MS)
    expect(points).toHaveLength(30)
    expect(points.at(-1)?.startMs).toBe(dayStartMs(NOW_MS))
    for (const { startMs } of points) expect(new Date(startMs).getHours()).toBe(0)
  })

  test('behaviour: buckets count to the point they lie in, older ones not at all, and a point without work has no rate', () => {
    const atMs = NOW_MS - (NOW_MS % MINUTE_MS)
    const minute = { ...emptyBucket(atMs), ratedMs: 500, rateMopsMs: 1_000_000, agreed: 2, credited: '90' }
    const old = { ...minute, startMs: atMs - 60 * MINUTE_MS }
    const points = pointsOf('hour', [old, minute], NOW_MS)
    expect(points.at(-1)).toEqual({ startMs: atMs, rateMops: 2000, credited: 90n, agreed: 2 })
    expect(points.slice(0, -1).every(({ rateMops, credited }) => rateMops === null && credited === 0n)).toBe(true)
  })

  test('behaviour: sums are exact beyond what a float holds, and shares know when there is nothing to share', () => {
    const rich = { ...emptyBucket(0), onMs: 10, busyMs: 4, credited: '9007199254740993000000000001' }
    const sums = sumOf([rich, rich])
    expect(sums.credited).toBe('18014398509481986000000000002')
    expect(busyShare(sums)).toBe(0.4)
    expect(busyShare(sumOf([]))).toBeNull()
    expect(meanRate(sumOf([]))).toBeNull()
  })

  test('behaviour: a week begins on Monday', () => {
    for (let day = 23; day <= 29; day++) {
      const start = new Date(weekStartMs(new Date(2026, 10, day, 23, 59).getTime()))
      expect([start.getDate(), start.getDay(), start.getHours()]).toEqual([23, 1, 0])
    }
  })

  test('behaviour: a time axis has whole hours for marks, and no more than there is room for', () => {
    const hours = timeMarks(
      'day',
      pointsOf('day', [], NOW_MS).map(({ startMs }) => startMs),
      5,
    )
    expect(hours.map((atMs) => new Date(atMs).getHours())).toEqual([18, 0, 6, 12])
    for (const span of ['hour', 'day', 'month'] satisfies Span[])
      for (const most of [2, 4, 8, 20]) {
        const times = pointsOf(span, [], NOW_MS).map(({ startMs }) => startMs)
        expect(timeMarks(span, times, most).length).toBeLessThanOrEqual(Math.max(2, most))
        expect(timeMarks(span, times, most).length).toBeGreaterThan(0)
      }
  })
})
