import { describe, expect, test } from 'vitest'
import { FrameBudget, MIN_FRAMES, MIN_FRAME_FACTOR } from './frame-budget.ts'

describe('FrameBudget', () => {
  test('limit: 2 late of 60 are forgiven, 3 halve the share', () => {
    const budget = new FrameBudget()
    budget.note({ shown: 60, late: 2 })
    expect(budget.ruling().factor).toBe(1)
    budget.note({ shown: 60, late: 3 })
    expect(budget.ruling()).toMatchObject({ factor: 0.5, easing: { code: 'frames' } })
  })

  test('behaviour: it falls to a quarter at most and comes back in steps', () => {
    const budget = new FrameBudget()
    for (let i = 0; i < 10; i++) budget.note({ shown: 30, late: 30 })
    expect(budget.ruling().factor).toBe(MIN_FRAME_FACTOR)
    const factors = [...Array(8).keys()].map(() => {
      budget.note({ shown: 60, late: 0 })
      return budget.ruling().factor
    })
    expect(factors).toEqual([...factors].toSorted((a, b) => a - b))
    expect(factors.at(-1)).toBe(1)
    expect(factors[1]).toBeLessThan(0.5)
  })

  test('limit: fewer than 20 frames tell nothing', () => {
    const budget = new FrameBudget()
    budget.note({ shown: MIN_FRAMES - 1, late: MIN_FRAMES - 1 })
    expect(budget.ruling().factor).toBe(1)
    budget.note({ shown: MIN_FRAMES, late: MIN_FRAMES })
    expect(budget.ruling().factor).toBe(0.5)
  })
})
