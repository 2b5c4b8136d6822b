// The history as charts need it: the last hour by minutes, the last day by quarters of an hour, the last month by this device's days. Pure.
import { type Bucket, MINUTE_MS, QUARTER_MS, emptyBucket, joined } from './kept.ts'

/** How far back a chart looks. */
export type Span = 'hour' | 'day' | 'month'

/** One place on the time axis. */
export type Point = {
  readonly startMs: number
  /** Mop/s while the device computed; null when it did not. */
  readonly rateMops: number | null
  readonly credited: bigint
  readonly agreed: number
}

/** Sums over a stretch of time. */
export type Sums = Omit<Bucket, 'startMs'>

const MONTH_DAYS = 30
const POINTS = { hour: 60, day: 96 } as const

/** Where the chart of `span` begins when it is `nowMs`. */
export function spanStartMs(span: Span, nowMs: number): number {
  return starts(span, nowMs)[0] ?? nowMs
}

/** The points of `span`, the last of which `nowMs` lies in. `buckets` are minutes for an hour and quarters for more. */
export function pointsOf(span: Span, buckets: readonly Bucket[], nowMs: number): Point[] {
  const all = starts(span, nowMs)
  return all.map((startMs, i) => {
    const endMs = all[i + 1] ?? Infinity
    const sums = sumOf(buckets.filter((bucket) => bucket.startMs >= startMs && bucket.startMs < endMs))
    return { startMs, rateMops: meanRate(sums), credited: BigInt(sums.credited), agreed: sums.agreed }
  })
}

/** All of `buckets` together. */
export function sumOf(buckets: readonly Bucket[]): Sums {
  const { startMs: _, ...none } = emptyBucket(0)
  return buckets.reduce<Sums>((sum, bucket) => joined(sum, bucket), none)
}

/** Mop/s while computing; null when nothing was computed, or nothing is known of it. */
export function meanRate({ rateMopsMs, ratedMs }: Sums): number | null {
  return ratedMs === 0 ? null : rateMopsMs / ratedMs
}

/** Share of the time on in which the device computed, 0 to 1; null when it was not on. */
export function busyShare({ busyMs, onMs }: Sums): number | null {
  return onMs === 0 ? null : Math.min(1, busyMs / onMs)
}

/** Midnight of the day that `atMs` lies in, by this device's clock, `daysBack` days before. */
export function dayStartMs(atMs: number, daysBack = 0): number {
  const day = new Date(atMs)
  // Not 24 hours each: some days have 23 or 25.
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() - daysBack).getTime()
}

/** Midnight of the last Monday. */
export function weekStartMs(atMs: number): number {
  return dayStartMs(atMs, (new Date(atMs).getDay() + 6) % 7)
}

function starts(span: Span, nowMs: number): number[] {
  if (span === 'month') return Array.from({ length: MONTH_DAYS }, (_, i) => dayStartMs(nowMs, MONTH_DAYS - 1 - i))
  const stepMs = span === 'hour' ? MINUTE_MS : QUARTER_MS
  const lastMs = nowMs - (nowMs % stepMs)
  return Array.from({ length: POINTS[span] }, (_, i) => lastMs - (POINTS[span] - 1 - i) * stepMs)
}

/** Steps of a chart's time axis in minutes, or in days. */
const MARK_STEPS: Readonly<Record<Span, readonly number[]>> = {
  hour: [5, 10, 15, 20, 30],
  day: [60, 120, 180, 240, 360, 720],
  month: [1, 2, 5, 7, 10, 15],
}

/** Where the time axis has its marks: on whole hours and the like of this device's clock, at most `most` of them. */
export function timeMarks(span: Span, times: readonly number[], most: number): number[] {
  const marks = MARK_STEPS[span].map((step) =>
    times.filter((time, i) => isMark(span, time, times.length - 1 - i, step)),
  )
  return marks.find((found) => found.length <= Math.max(2, most)) ?? marks.at(-1) ?? []
}

function isMark(span: Span, atMs: number, placesBack: number, step: number): boolean {
  if (span === 'month') return placesBack % step === 0
  const time = new Date(atMs)
  return (time.getHours() * 60 + time.getMinutes()) % step === 0
}
