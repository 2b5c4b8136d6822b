// Threads of the WASM kernels in a page that is served as the coordinator serves its own: isolated, under its policy and Trusted Types.
import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serve } from '@hono/node-server'
import { expect, test } from '@playwright/test'
import { build } from 'vite'
import { pageRoutes } from '#coordinator/http/page.ts'

let dir = ''
let server: Server
let address = ''

test.beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'threads-harness-'))
  await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('harness/threads', import.meta.url)),
    build: {
      outDir: dir,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    worker: { format: 'es' },
  })
  address = await new Promise<string>((resolve) => {
    server = serve({ fetch: pageRoutes(dir).fetch, hostname: 'localhost', port: 0 }, ({ port }) =>
      resolve(`http://localhost:${port}/`),
    ) as Server
  })
})

test.afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(dir, { recursive: true })
})

test('behaviour: several threads give the same bytes as one', async ({ page }) => {
  const workers: string[] = []
  page.on('worker', (worker) => workers.push(worker.url()))
  const complaints: string[] = []
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedScript/.test(message.text())) complaints.push(message.text())
  })
  await page.goto(address)
  await expect(page.locator('output')).toHaveText('isolated, equal')
  expect(complaints).toEqual([])
  // Playwright hears of workers that a worker starts some time after the page does.
  await expect.poll(() => workers.filter((url) => url.includes('thread-page')).length).toBe(2)
})
