import { describe, expect, test } from 'vitest'
import { FrameCounter } from './frame-counter.ts'

function counted(intervals: readonly number[]) {
  const counter = new FrameCounter()
  let atMs = 1000
  counter.note(atMs)
  for (const interval of intervals) counter.note((atMs += interval))
  return counter
}

describe('FrameCounter', () => {
  test.each([1000 / 60, 1000 / 120])('default: an even rhythm of %d ms has no late frames', (interval) => {
    expect(counted(Array(60).fill(interval)).take()).toEqual({ shown: 60, late: 0 })
  })

  test('behaviour: an interval of two is a late frame, a jitter is none', () => {
    expect(counted([16, 17, 16, 33, 16, 20, 16, 50, 16]).take()).toEqual({ shown: 9, late: 2 })
  })

  test('behaviour: it covers the time since the last taking, and sleeps of the page are no frames', () => {
    const counter = counted([16, 16, 5000, 16])
    expect(counter.spanMs).toBe(48)
    counter.take()
    expect(counter.spanMs).toBe(0)
    counter.note(10_000)
    counter.reset()
    counter.note(10_100)
    expect(counter.spanMs).toBe(0)
  })

  test('behaviour: nothing counted is nothing late', () => {
    expect(new FrameCounter().take()).toEqual({ shown: 0, late: 0 })
  })
})
