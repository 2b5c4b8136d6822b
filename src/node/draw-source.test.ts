import { describe, expect, test } from 'vitest'
import type { Digest } from '#core/digest.ts'
import { DrawUnansweredError, MAX_DRAW_ANSWER_CHARS, httpDrawSource } from './draw-source.ts'

const ROOT = 'ab'.repeat(32) as Digest

function source(answer: () => Response | Promise<Response>) {
  const asked: string[] = []
  const fetcher: typeof fetch = async (url) => {
    asked.push(new Request(url).url)
    return answer()
  }
  return { asked, draws: httpDrawSource('http://coordinator.test', fetcher) }
}

/** An empty roster in exactly so many characters. */
function rosterText(chars: number): string {
  const frame = '{"nodes":[]}'
  return frame.replace('[]', `[${' '.repeat(chars - frame.length)}]`)
}

describe('httpDrawSource', () => {
  test('default', async () => {
    const { asked, draws } = source(() => new Response('{"root":"","logIndex":1,"nodes":[]}'))
    expect(await draws.roster(ROOT)).toEqual([])
    expect(asked).toEqual([`http://coordinator.test/api/v1/rosters/${ROOT}`])
  })

  test('behaviour: a beacon that is not there yet is null, anything else that is missing an error that passes', async () => {
    const { draws } = source(() => new Response('{}', { status: 404 }))
    expect(await draws.beacon(7)).toBeNull()
    for (const call of [draws.certificate(ROOT), draws.roster(ROOT), draws.logEntry(1, 2)])
      await expect(call).rejects.toThrow(DrawUnansweredError)
  })

  test('error: node.DrawUnanswered', async () => {
    for (const answer of [() => new Response('busy', { status: 503 }), () => new Response('<'), () => Promise.reject()])
      await expect(source(answer).draws.beacon(7)).rejects.toMatchObject({
        name: 'node.DrawUnanswered',
        kind: 'unavailable',
      })
  })

  test('error: an answer of another form is hostile', async () => {
    const { draws } = source(() => new Response('{"nodes":[{}],"entries":[]}'))
    for (const call of [draws.roster(ROOT), draws.beacon(7), draws.certificate(ROOT), draws.logEntry(1, 2)])
      await expect(call).rejects.toMatchObject({ name: 'core.Schema', kind: 'hostile' })
  })

  test(`limit: ${MAX_DRAW_ANSWER_CHARS} characters read, one more refused`, async () => {
    expect(await source(() => new Response(rosterText(MAX_DRAW_ANSWER_CHARS))).draws.roster(ROOT)).toEqual([])
    const { draws } = source(() => new Response(rosterText(MAX_DRAW_ANSWER_CHARS + 1)))
    await expect(draws.roster(ROOT)).rejects.toThrow(DrawUnansweredError)
  })
})
