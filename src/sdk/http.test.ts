// Against a real server on this machine: what is sent, tried again, given up and refused.
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as v from 'valibot'
import { utf8 } from '#core/bytes.ts'
import { type Clock, systemClock } from '#core/clock.ts'
import { RemoteError } from '#core/errors.ts'
import { seededRandom } from '#core/random.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { AnswerError, Http, MAX_TRIES, StatusError, UnreachableError, UrlError } from './http.ts'
import { jobEvents } from './jobs.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void

const servers: Server[] = []
const okSchema = v.object({ ok: v.boolean() })

/** Pauses that end at once, and are counted. */
const pauses: number[] = []
const hasty: Clock = {
  nowMs: () => systemClock.nowMs(),
  after(delayMs, callback) {
    if (delayMs >= 30_000) return systemClock.after(delayMs, callback)
    pauses.push(delayMs)
    return systemClock.after(0, callback)
  },
}

afterEach(() => {
  pauses.length = 0
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

describe('Http', () => {
  test('default: JSON there and back', async () => {
    let seen = ''
    const { http } = await serve((request, response) => {
      seen = `${request.method} ${request.url} ${request.headers['content-type']}`
      request.pipe(response)
    })
    const body = { ok: true, extra: 1 }
    expect(await http.json('/x', okSchema, { method: 'POST', body })).toEqual({ ok: true })
    expect(seen).toBe('POST /x application/json')
  })

  test('default: bytes there and back', async () => {
    const { http } = await serve((request, response) => request.pipe(response))
    const body = utf8('bytes')
    expect(await http.bytes('/x', 5, { method: 'PUT', body })).toEqual(body)
  })

  test('behaviour: what is unavailable is tried again, with growing pauses', async () => {
    const { http, counts } = await serve((_, response, count) => {
      if (count < 3) response.destroy()
      else if (count === 3) response.writeHead(502).end('bad gateway')
      else if (count === 4) fail(response, 503, { name: 'x.Busy', kind: 'unavailable', message: 'Busy.' })
      else response.end('{"ok":true}')
    })
    expect(await http.json('/x', okSchema)).toEqual({ ok: true })
    expect(counts.total).toBe(5)
    expect(pauses).toHaveLength(4)
    expect(pauses[3]).toBeGreaterThan(2 * (pauses[0] ?? 0))
  })

  test('error: Unreachable after the last try', async () => {
    const { http, counts } = await serve((_, response) => response.destroy())
    await expect(http.json('/x', okSchema)).rejects.toThrow(UnreachableError)
    expect(counts.total).toBe(MAX_TRIES)
  })

  test('error: an error of the coordinator comes back as itself, and input is not tried again', async () => {
    const error = { name: 'coordinator.UnknownJob', kind: 'input', message: 'There is no job 7.' }
    const { http, counts } = await serve((_, response) => fail(response, 404, error))
    const thrown: unknown = await http.json('/x', okSchema).catch((caught: unknown) => caught)
    expect(thrown).toBeInstanceOf(RemoteError)
    expect(thrown).toMatchObject(error)
    expect(counts.total).toBe(1)
  })

  test('error: Status when something else answers', async () => {
    const { http } = await serve((_, response) => response.writeHead(404).end('<h1>Not found</h1>'))
    await expect(http.json('/x', okSchema)).rejects.toThrow(StatusError)
  })

  test('error: Answer when it is no JSON or not of the form', async () => {
    const { http } = await serve((request, response) => response.end(request.url === '/text' ? 'text' : '{"ok":1}'))
    await expect(http.json('/text', okSchema)).rejects.toThrow(AnswerError)
    await expect(http.json('/form', okSchema)).rejects.toThrow('The answer of /form is malformed at ok')
  })

  test('limit: 5 bytes accepted, 6 refused', async () => {
    const { http } = await serve((_, response) => response.end('12345'))
    expect(await http.bytes('/x', 5)).toHaveLength(5)
    await expect(http.bytes('/x', 4)).rejects.toThrow(AnswerError)
  })

  test('behaviour: an abort ends a request and a pause with its own reason', async () => {
    const { http } = await serve(() => undefined)
    const reason = new Error('enough')
    const controller = new AbortController()
    const request = http.json('/x', okSchema, { signal: controller.signal })
    controller.abort(reason)
    await expect(request).rejects.toBe(reason)
    await expect(http.pause(1, controller.signal)).rejects.toBe(reason)
  })

  test.for(['nonsense', 'ftp://host', ''])('error: Url for "%s"', (url) => {
    expect(() => new Http(url, { fetch, clock: hasty, random: seededRandom('url') })).toThrow(UrlError)
  })
})

describe('jobEvents', () => {
  const id = 'ab'.repeat(32) as never
  const result = { id, layout: { form: 'matrix', dtype: 'i32', rows: 1, cols: 1 } }

  test('behaviour: a stream that breaks off is opened again until the job is done', async () => {
    const { http, counts } = await serve((_, response, count) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`event: unit\ndata: ${JSON.stringify({ done: count, total: 3, unit: null, nodes: [] })}\n\n`)
      response.write('event: later\ndata: what nobody knows yet\n\n')
      if (count === 3) response.end(`event: done\ndata: ${JSON.stringify({ result, certificate: id })}\n\n`)
      else setImmediate(() => response.destroy())
    })
    const events = []
    for await (const event of jobEvents(http, id)) events.push(event)
    expect(events.map((event) => (event.event === 'unit' ? event.done : event.event))).toEqual([1, 2, 3, 'done'])
    expect(counts.total).toBe(3)
  })

  test('behaviour: the reason of a failed job comes in words', async () => {
    const { http } = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const error = { name: 'coordinator.Deadline', kind: 'unavailable', message: 'It took too long.' }
      response.end(`event: failed\ndata: ${JSON.stringify({ error })}\n\n`)
    })
    const { value } = await jobEvents(http, id).next()
    expect(value).toEqual({ event: 'failed', error: 'It took too long.' })
  })

  test('error: an unknown job is said at once', async () => {
    const error = { name: 'coordinator.UnknownJob', kind: 'input', message: 'There is no such job.' }
    const { http, counts } = await serve((_, response) => fail(response, 404, error))
    await expect(jobEvents(http, id).next()).rejects.toThrow('There is no such job.')
    expect(counts.total).toBe(1)
  })

  test('error: Unreachable when the coordinator stays away', async () => {
    const { http } = await serve((_, response) => response.destroy())
    await expect(jobEvents(http, id).next()).rejects.toThrow(UnreachableError)
  })

  test('error: Answer when it is no stream of events', async () => {
    const { http } = await serve((_, response) => response.end('{}'))
    await expect(jobEvents(http, id).next()).rejects.toThrow(AnswerError)
  })
})

async function serve(answer: Answer): Promise<{ http: Http; counts: { total: number } }> {
  const counts = { total: 0 }
  const server = createServer((request, response) => answer(request, response, ++counts.total))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { counts, http: new Http(`http://127.0.0.1:${port}`, { fetch, clock: hasty, random: seededRandom('http') }) }
}

function fail(response: ServerResponse, status: number, error: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
}
