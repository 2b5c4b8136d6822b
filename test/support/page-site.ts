// The built page behind the coordinator's own routes and headers, without a grid; the development server; a foreign site. For Playwright.
import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { test as base } from '@playwright/test'
import { Hono } from 'hono'
import { build, createServer } from 'vite'
import { pageRoutes } from '#coordinator/http/page.ts'

/** Origins that the tests open. */
export type Sites = {
  /** The folder of the production build. */
  readonly pageDir: string
  /** The production build on localhost, where `/api/v1/network` never answers: a node goes as far as joining. */
  readonly page: string
  /** The development server, for `/elements`. */
  readonly elements: string
  /** A site of somebody else's, on 127.0.0.1, that carries the widget. */
  readonly host: string
}

/** Playwright's test with {@link Sites}, built and started once a worker. */
export const test = base.extend<object, { sites: Sites }>({
  sites: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures' names off this pattern
    async ({}, use) => {
      const dir = await mkdtemp(join(tmpdir(), 'commonwatt-page-'))
      await build({ logLevel: 'error', build: { outDir: dir, emptyOutDir: true } })
      const elements = await createServer({
        logLevel: 'error',
        cacheDir: 'node_modules/.vite/elements',
        server: { port: 0, hmr: false, watch: null },
        // Found while serving, dependencies would reload the page in the middle of a test.
        optimizeDeps: { entries: ['elements.html'] },
      })
      await elements.listen()
      const page = await listen('localhost', pageSite(dir))
      const host = await listen('127.0.0.1', hostSite(page.origin))
      const address = elements.resolvedUrls?.local[0]
      if (address === undefined) throw new Error('The development server has no address.')
      await use({ pageDir: dir, page: page.origin, elements: address, host: host.origin })
      await Promise.all([page.close(), host.close(), elements.close()])
      await rm(dir, { recursive: true })
    },
    { scope: 'worker', timeout: 120_000 },
  ],
})

function pageSite(dir: string): Hono {
  const app = new Hono()
  app.get('/api/v1/network', () => new Promise<Response>(() => {}))
  app.get('/api/v1/leaderboard', (c) => c.json({ by: 'week', lines: [], own: null }))
  app.get('/api/v1/leaderboard/teams', (c) => c.json({ by: 'week', teams: [] }))
  app.route('/', pageRoutes(dir))
  return app
}

/** The foreign site: `/` has the plain tag, `/element` and `/script` the long and the short form with what the query wishes. */
function hostSite(origin: string): Hono {
  const app = new Hono()
  const script = `<script type="module" src="${origin}/embed.js"`
  const page = (tag: string) => `<!doctype html><title>A garden</title><h1>A garden</h1>${tag}<p id="after">Roses</p>`
  const wishes = (query: Readonly<Record<string, string>>, prefix: string) =>
    Object.entries(query).flatMap(([name, text]) => (/^\w+$/.test(name + text) ? `${prefix}${name}="${text}"` : []))
  app.get('/', (c) => c.html(page(`${script}></script><commonwatt-widget></commonwatt-widget>`)))
  app.get('/element', (c) => {
    const tag = `<commonwatt-widget ${wishes(c.req.query(), '').join(' ')}></commonwatt-widget>`
    return c.html(page(`${script}></script>${tag}`))
  })
  app.get('/script', (c) => c.html(page(`${script} data-site ${wishes(c.req.query(), 'data-').join(' ')}></script>`)))
  return app
}

/** Serves `app` on a free port of `hostname`. */
export function listen(hostname: string, app: Hono): Promise<{ origin: string; close: () => Promise<void> }> {
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, hostname, port: 0 }, ({ port }) => {
      resolve({ origin: `http://${hostname}:${port}`, close: () => closed(server as Server) })
    })
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
