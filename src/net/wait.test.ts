import { describe, expect, test } from 'vitest'
import { createManualClock } from '#core/clock.fixture.ts'
import { Turns } from './turns.ts'
import { delay, waitFor } from './wait.ts'

describe('waitFor', () => {
  test('default: resolves by the event and unsubscribes once', async () => {
    const clock = createManualClock(0)
    let stopped = 0
    const waiting = waitFor<number>(clock, 'a number', { timeoutMs: 10 }, (resolve) => {
      queueMicrotask(() => resolve(7))
      return () => stopped++
    })
    expect(await waiting).toBe(7)
    expect([stopped, clock.pending()]).toEqual([1, 0])
  })

  test('behaviour: an event that happens while subscribing is not missed', async () => {
    let stopped = 0
    const waiting = waitFor<string>(createManualClock(0), 'a word', {}, (resolve) => {
      resolve('now')
      return () => stopped++
    })
    expect(await waiting).toBe('now')
    expect(stopped).toBe(1)
  })

  test('limit: 10 ms wait at 9, TimeoutError at 10', async () => {
    const clock = createManualClock(0)
    let isOver = false
    const waiting = waitFor(clock, 'a word', { timeoutMs: 10 }, () => () => undefined)
    waiting.catch(() => (isOver = true))
    clock.advance(9)
    await Promise.resolve()
    expect(isOver).toBe(false)
    clock.advance(1)
    await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('a word') })
  })

  test('error: the signal ends it with its reason, before or during', async () => {
    const reason = new Error('stop')
    const clock = createManualClock(0)
    let started = 0
    const start = () => {
      started++
      return () => undefined
    }
    await expect(waitFor(clock, 'x', { signal: AbortSignal.abort(reason) }, start)).rejects.toBe(reason)
    expect(started).toBe(0)
    const controller = new AbortController()
    const waiting = waitFor(clock, 'x', { signal: controller.signal, timeoutMs: 5 }, start)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(clock.pending()).toBe(0)
  })

  test('default: delay resolves at its time', async () => {
    const clock = createManualClock(0)
    const waiting = delay(clock, 5)
    clock.advance(5)
    await waiting
  })
})

describe('Turns', () => {
  test('default: two at a time, the others in order', async () => {
    const turns = new Turns(createManualClock(0), 2)
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
    const started: number[] = []
    const tasks = gates.map((gate, i) => turns.take(async () => (started.push(i), gate.promise)))
    await Promise.resolve()
    expect(started).toEqual([0, 1])
    gates[1]?.resolve()
    await tasks[1]
    expect(started).toEqual([0, 1, 2])
    for (const gate of gates) gate.resolve()
    await Promise.all(tasks)
    expect(started).toEqual([0, 1, 2, 3])
  })

  test('behaviour: one that gives up leaves the line, one that fails passes its turn on', async () => {
    const turns = new Turns(createManualClock(0), 1)
    const gate = Promise.withResolvers<void>()
    const first = turns.take(() => gate.promise)
    const controller = new AbortController()
    const second = turns.take(async () => 2, controller.signal)
    const third = turns.take(() => Promise.reject(new Error('failed')))
    const fourth = turns.take(async () => 4)
    controller.abort(new Error('gave up'))
    await expect(second).rejects.toThrow('gave up')
    gate.resolve()
    await first
    await expect(third).rejects.toThrow('failed')
    expect(await fourth).toBe(4)
  })
})
