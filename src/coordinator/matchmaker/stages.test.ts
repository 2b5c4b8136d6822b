// Shares of a job's time by stage.
import { describe, expect, test } from 'vitest'
import { stagesOf } from './stages.ts'

const sum = (stages: ReturnType<typeof stagesOf>) =>
  Object.values(stages).reduce((total, ms) => total + ms, 0) - stages.upload

describe('stagesOf', () => {
  test('default: one unit after the other, with a wait between them', () => {
    const stages = stagesOf(
      [
        { stage: 'lease', fromMs: 10, toMs: 20 },
        { stage: 'compute', fromMs: 20, toMs: 50 },
        { stage: 'compute', fromMs: 60, toMs: 90 },
        { stage: 'reveal', fromMs: 90, toMs: 100 },
      ],
      0,
      100,
      7,
    )
    expect(stages).toEqual({ upload: 7, lease: 30, inputs: 0, compute: 60, commit: 0, reveal: 10, assemble: 0 })
    expect(sum(stages)).toBe(100)
  })

  test('behaviour: units that overlap share the time between them', () => {
    const stages = stagesOf(
      [
        { stage: 'compute', fromMs: 0, toMs: 60 },
        { stage: 'inputs', fromMs: 0, toMs: 20 },
        { stage: 'reveal', fromMs: 20, toMs: 60 },
      ],
      0,
      60,
      0,
    )
    expect(stages).toMatchObject({ compute: 30, inputs: 10, reveal: 20, lease: 0 })
  })

  test('behaviour: what lies outside the job, or is empty, does not count', () => {
    const intervals = [
      { stage: 'compute', fromMs: -50, toMs: 10 },
      { stage: 'commit', fromMs: 10, toMs: 10 },
      { stage: 'assemble', fromMs: 90, toMs: 200 },
    ] as const
    const stages = stagesOf(intervals, 0, 100, 0)
    expect(stages).toMatchObject({ compute: 10, commit: 0, lease: 80, assemble: 10 })
    expect(sum(stagesOf([], 5, 5, 0))).toBe(0)
  })
})
