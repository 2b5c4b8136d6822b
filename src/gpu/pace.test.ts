import { describe, expect, test } from 'vitest'
import { Pace } from './pace.ts'

describe('pace', () => {
  test('behaviour: two submits in flight, the third waits for the first', async () => {
    const pace = new Pace(() => 8)
    const first = Promise.withResolvers<void>()
    const started: number[] = []
    const submit = (index: number, done: Promise<void>) =>
      pace.submit(1, async () => {
        started.push(index)
        await done
      })
    await submit(1, first.promise)
    await submit(2, Promise.resolve())
    const third = submit(3, Promise.resolve())
    await Promise.resolve()
    expect(started).toEqual([1, 2])
    first.resolve()
    await third
    await pace.settle()
    expect(started).toEqual([1, 2, 3])
  })

  test('behaviour: the target is asked each time', () => {
    let targetMs = 8
    const pace = new Pace(() => targetMs)
    const few = pace.fitting(1000)
    targetMs = 80
    expect(pace.fitting(1000)).toBeGreaterThan(9 * few)
    expect(pace.fitting(2 ** 40)).toBe(1)
  })

  test('behaviour: a failed submit rejects when settled, and is forgotten after a reset', async () => {
    const pace = new Pace(() => 8)
    await pace.submit(1, () => Promise.reject(new Error('lost')))
    await expect(pace.settle()).rejects.toThrow('lost')
    await pace.submit(1, () => Promise.reject(new Error('lost again')))
    pace.reset()
    await pace.settle()
  })
})
