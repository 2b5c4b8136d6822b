import { describe, expect, test } from 'vitest'
import { systemClock } from '#core/clock.ts'
import { Mailbox } from './mailbox.ts'

describe('Mailbox', () => {
  test('default: a value is there for who comes later and for all who wait', async () => {
    const box = new Mailbox<number>(systemClock)
    const waiting = [box.wait('a', { timeoutMs: 5_000 }), box.wait('a', { timeoutMs: 5_000 })]
    box.put('a', 1)
    expect(await Promise.all(waiting)).toEqual([1, 1])
    expect(await box.wait('a', {})).toBe(1)
    box.put('a', 2)
    expect(box.get('a')).toBe(2)
    box.delete('a')
    expect(box.get('a')).toBeUndefined()
  })

  test('behaviour: undefined after the time, and when the signal aborts', async () => {
    const box = new Mailbox<number>(systemClock)
    expect(await box.wait('a', { timeoutMs: 1 })).toBeUndefined()
    expect(await box.wait('a', { signal: AbortSignal.abort() })).toBeUndefined()
  })
})
