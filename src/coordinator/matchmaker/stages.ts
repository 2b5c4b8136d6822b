// Where a job's time went. Units overlap, so each moment is shared equally among the units that are in a stage then; a moment in which
// none is counts as waiting for a lease. So the stages add up to the time from submission to the end.
import type { Stages } from '#coordinator/store/jobs.ts'

/** Stages of a unit, in their order; `upload` comes before the job is. */
export type UnitStage = Exclude<keyof Stages, 'upload'>

/** A stretch of time that a unit spent in a stage. */
export type Interval = { readonly stage: UnitStage; readonly fromMs: number; readonly toMs: number }

/** The stages of a job that ran from `fromMs` to `toMs`. */
export function stagesOf(intervals: readonly Interval[], fromMs: number, toMs: number, uploadMs: number): Stages {
  const stages = { upload: uploadMs, lease: 0, inputs: 0, compute: 0, commit: 0, reveal: 0, assemble: 0 }
  const edges: { atMs: number; stage: UnitStage; delta: 1 | -1 }[] = []
  for (const { stage, fromMs: begin, toMs: end } of intervals) {
    if (end <= begin) continue
    edges.push({ atMs: Math.max(begin, fromMs), stage, delta: 1 }, { atMs: Math.min(end, toMs), stage, delta: -1 })
  }
  edges.sort((a, b) => a.atMs - b.atMs)
  const active = new Map<UnitStage, number>()
  let atMs = fromMs
  const share = (untilMs: number): void => {
    const total = [...active.values()].reduce((sum, count) => sum + count, 0)
    if (total === 0) stages.lease += untilMs - atMs
    for (const [stage, count] of active) if (count > 0) stages[stage] += ((untilMs - atMs) * count) / total
    atMs = untilMs
  }
  for (const edge of edges) {
    if (edge.atMs > atMs) share(edge.atMs)
    active.set(edge.stage, (active.get(edge.stage) ?? 0) + edge.delta)
  }
  if (toMs > atMs) share(toMs)
  for (const stage of Object.keys(stages) as (keyof Stages)[]) stages[stage] = Math.round(stages[stage])
  return stages
}

/** When one replica did what; a moment that has not come is undefined. */
export type ReplicaTimes = {
  readonly acceptedMs: number | undefined
  readonly committedMs: number | undefined
  readonly revealedMs: number | undefined
}

/** Moments of a unit: its first lease, the last part of an input that was served, the close, and now. */
export type UnitTimes = {
  readonly startMs: number
  readonly servedMs: number
  readonly closedMs: number
  readonly nowMs: number
}

/** When a unit was in which stage, by its slowest replica. */
export function unitIntervals(replicas: readonly ReplicaTimes[], times: UnitTimes): Interval[] {
  const { startMs, servedMs, closedMs, nowMs } = times
  const latest = (all: readonly (number | undefined)[]) => Math.max(startMs, ...all.map((time) => time ?? 0))
  const accepted = latest(replicas.map(({ acceptedMs }) => acceptedMs))
  const committed = latest(replicas.map(({ committedMs }) => committedMs))
  const fetched = Math.min(committed, Math.max(accepted, servedMs))
  const revealed = latest(replicas.map(({ revealedMs }) => revealedMs))
  return [
    { stage: 'lease', fromMs: startMs, toMs: accepted },
    { stage: 'inputs', fromMs: accepted, toMs: fetched },
    { stage: 'compute', fromMs: fetched, toMs: committed },
    { stage: 'commit', fromMs: committed, toMs: closedMs },
    { stage: 'reveal', fromMs: closedMs, toMs: revealed },
    { stage: 'assemble', fromMs: revealed, toMs: nowMs },
  ]
}
