import { expect, test } from 'vitest'
import { createManualClock } from './clock.fixture.ts'
import { systemClock } from './clock.ts'

test('default', async () => {
  const beforeMs = Date.now()
  expect(systemClock.nowMs()).toBeGreaterThanOrEqual(beforeMs)
  await new Promise<void>((resolve) => systemClock.after(1, resolve))
})

test('behaviour: a cancelled timer stays silent', async () => {
  const fired: string[] = []
  systemClock.after(1, () => fired.push('cancelled'))()
  await new Promise<void>((resolve) => systemClock.after(2, resolve))
  expect(fired).toEqual([])
})

test('behaviour: the manual clock fires in order, at the time, those it arms on the way included', () => {
  const clock = createManualClock(1000)
  const fired: [string, number][] = []
  const note = (name: string) => () => fired.push([name, clock.nowMs()])
  clock.after(30, note('c'))
  clock.after(10, () => {
    note('a')()
    clock.after(10, note('b'))
  })
  clock.after(31, note('later'))
  clock.after(5, note('cancelled'))()
  clock.advance(30)
  expect(fired).toEqual([
    ['a', 1010],
    ['b', 1020],
    ['c', 1030],
  ])
  expect(clock.pending()).toBe(1)
})
