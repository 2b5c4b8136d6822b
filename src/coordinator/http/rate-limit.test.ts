// Token buckets.
import { describe, expect, test } from 'vitest'
import { MAX_ADDRESSES, RateLimitedError, RateLimiter } from './rate-limit.ts'

function limiter(perSecond: number, burst: number) {
  let nowMs = 0
  const clock = { nowMs: () => nowMs, after: () => () => {} }
  return { limit: new RateLimiter({ perSecond, burst }, clock), wait: (ms: number) => (nowMs += ms) }
}

describe('RateLimiter', () => {
  test('limit: a burst of 3 accepted, the fourth refused until a token has come back', () => {
    const { limit, wait } = limiter(2, 3)
    for (let n = 0; n < 3; n++) limit.take('a')
    expect(() => limit.take('a')).toThrow(RateLimitedError)
    expect(() => limit.take('a')).toThrow('try again in 1 s')
    wait(499)
    expect(() => limit.take('a')).toThrow(RateLimitedError)
    wait(1)
    limit.take('a')
    limit.take('b')
  })

  test('behaviour: a bucket never holds more than its burst, and a clock that goes back takes nothing away', () => {
    const { limit, wait } = limiter(1, 2)
    limit.take('a')
    wait(1_000_000)
    limit.take('a')
    limit.take('a')
    expect(() => limit.take('a')).toThrow(RateLimitedError)
    wait(-5_000)
    expect(() => limit.take('a')).toThrow(RateLimitedError)
  })

  test('behaviour: the address unused for longest is forgotten first', () => {
    const { limit } = limiter(0.001, 1)
    limit.take('first')
    for (let n = 0; n < MAX_ADDRESSES - 1; n++) limit.take(`other ${n}`)
    expect(() => limit.take('first')).toThrow(RateLimitedError)
    limit.take('one more')
    limit.take('first')
  })
})
