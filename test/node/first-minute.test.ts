// The first minute of a grid as the page's tour hears it: real nodes join, a real job is certified, and only where it was asked for.
import { describe, expect, test } from 'vitest'
import { parseEvents } from '#sdk/event-stream.ts'
import { systemRandom } from '#core/random.ts'
import type { FirstMinuteState } from '#coordinator/first-minute.ts'
import { connect } from '#sdk/index.ts'
import { gridsOfTests } from '../support/grids-of-tests.ts'

const openGrid = gridsOfTests()

describe('the first minute', () => {
  test('default: nodes, job and certificate are told as they happen, the present state first', async () => {
    const grid = await openGrid({ hasTour: true })
    const ended = new AbortController()
    const { body } = await fetch(`${grid.url}/api/v1/first-minute`, { signal: ended.signal })
    if (body === null) throw new Error('There are no events.')
    const states = parseEvents(body)
    const next = async (): Promise<FirstMinuteState> => JSON.parse((await states.next()).value?.data ?? 'null')
    const until = async (isSo: (state: FirstMinuteState) => boolean) => {
      for (;;) {
        const state = await next()
        if (isSo(state)) return state
      }
    }
    expect(await next()).toEqual({ nodes: 0, job: null, certified: null })
    await grid.node()
    await grid.node()
    expect(await until(({ nodes }) => nodes === 2)).toEqual({ nodes: 2, job: null, certified: null })
    const matrix = () => ({ rows: 64, cols: 64, data: new Int8Array(systemRandom.bytes(64 * 64).buffer) })
    const done = (await connect(grid.url)).matmul(matrix(), matrix(), { replication: 2 })
    const whole = await until(({ certified, job }) => certified !== null && job !== null)
    expect(whole).toMatchObject({ job: { kind: 'matmul', replication: 2 }, certified: { nodes: 2 } })
    const { job } = await done
    expect(whole.job?.id).toBe(job)
    // Who comes later hears of all of it at once.
    const late = await fetch(`${grid.url}/api/v1/first-minute`, { signal: ended.signal })
    const { value } = await parseEvents(late.body as unknown as AsyncIterable<Uint8Array>).next()
    expect(JSON.parse(value?.data ?? 'null')).toEqual(whole)
    ended.abort()
  }, 120_000)

  test('behaviour: a grid that is nobody’s first has none', async () => {
    const grid = await openGrid({ hasTour: false })
    expect((await fetch(`${grid.url}/api/v1/first-minute`)).status).toBe(404)
  })
})
