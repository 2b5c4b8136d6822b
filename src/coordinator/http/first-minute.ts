// `GET /api/v1/first-minute`: the first minute of a grid on this machine, as server-sent events. Only where such a grid was asked for.
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { HttpParts } from './context.ts'
import { NotFoundError } from './errors.ts'

/** Pages that watch at a time: each holds a connection open. */
const MAX_WATCHERS = 100

/** The route: every event has the whole state, the present one first. */
export function firstMinuteRoutes({ firstMinute }: HttpParts): Hono {
  const app = new Hono()
  let watchers = 0
  app.get('/', (c) => {
    if (firstMinute === undefined || watchers >= MAX_WATCHERS) throw new NotFoundError('first minute')
    return streamSSE(c, async (stream) => {
      watchers++
      let wake = () => {}
      let hasNews = true
      const stop = firstMinute.onChange(() => {
        hasNews = true
        wake()
      })
      stream.onAbort(() => wake())
      try {
        while (!stream.aborted && !stream.closed) {
          if (hasNews) {
            hasNews = false
            await stream.writeSSE({ data: JSON.stringify(firstMinute.state) })
          } else
            await new Promise<void>((resolve) => {
              wake = resolve
            })
        }
      } finally {
        stop()
        watchers--
      }
    })
  })
  return app
}
