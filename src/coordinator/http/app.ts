// The HTTP side of a coordinator: the API (docs/api.md) and the built pages. One file a resource; here they are put together.
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { accountRoutes } from './accounts.ts'
import { boardRoutes } from './board.ts'
import { contentRoutes } from './contents.ts'
import type { HttpParts } from './context.ts'
import { drawRoutes } from './draws.ts'
import { firstMinuteRoutes } from './first-minute.ts'
import { NotFoundError, errorResponse } from './errors.ts'
import { jobRoutes, quoteRoutes } from './jobs.ts'
import { evidenceRoutes, logRoutes } from './log.ts'
import { modelRoutes } from './models.ts'
import { healthRoutes, networkRoutes } from './network.ts'
import { nodeRoutes } from './nodes.ts'
import { openAiRoutes } from './openai.ts'
import { pageRoutes } from './page.ts'
import { remoteAddress } from './remote-address.ts'
import { siteRoutes } from './sites.ts'
import { unitRoutes } from './units.ts'

/** The application over `parts`. */
export function createApp(parts: HttpParts): Hono {
  const app = new Hono()
  app.onError((error, c) => errorResponse(c, error, parts.grid.report))
  app.use('*', async (c, next) => {
    await next()
    c.header('x-content-type-options', 'nosniff')
    c.header('referrer-policy', 'no-referrer')
  })
  app.use('/api/*', async (c, next) => {
    if (c.req.method !== 'GET' && c.req.method !== 'OPTIONS') parts.writes.take(remoteAddress(c))
    await next()
    // No page is ever served from here, whatever a body says it is.
    c.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  })
  // Any origin may ask and send: what changes something is signed, and no cookie means anything here.
  app.use('/api/*', cors({ origin: '*', maxAge: 86_400 }))
  app.route('/', healthRoutes(parts))
  app.route('/api/v1/network', networkRoutes(parts))
  app.route('/api/v1/accounts', accountRoutes(parts))
  app.route('/api/v1/contents', contentRoutes(parts))
  app.route('/api/v1/models', modelRoutes(parts))
  app.route('/api/v1/quote', quoteRoutes())
  app.route('/api/v1/jobs', jobRoutes(parts))
  app.route('/api/v1/log', logRoutes(parts))
  app.route('/api/v1/nodes', nodeRoutes(parts))
  app.route('/api/v1/sites', siteRoutes(parts))
  app.route('/api/v1/leaderboard', boardRoutes(parts))
  app.route('/api/v1/first-minute', firstMinuteRoutes(parts))
  app.route('/api/v1/units', unitRoutes(parts))
  app.route('/api/v1', drawRoutes(parts))
  app.route('/api/v1', evidenceRoutes(parts))
  app.use('/v1/*', cors({ origin: '*', maxAge: 86_400 }))
  app.route('/v1', openAiRoutes(parts))
  app.all('/api/*', (c) => {
    throw new NotFoundError(`route ${c.req.method} ${c.req.path.slice(0, 100)}`)
  })
  app.route('/', pageRoutes(parts.pageDir, parts.firstMinute !== undefined))
  app.notFound((c) => errorResponse(c, new NotFoundError(`page ${c.req.path.slice(0, 100)}`), parts.grid.report))
  return app
}
