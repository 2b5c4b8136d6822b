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
