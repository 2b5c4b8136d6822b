// The built pages in front of what a test decides: a coordinator that is told what to say, or a real one with nodes. For Playwright.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base } from '@playwright/test'
import { Hono } from 'hono'
import { build } from 'vite'
import { pageRoutes } from '#coordinator/http/page.ts'
import { type CoordinatorOptions } from '#coordinator/coordinator.ts'
import { LiveGrid } from './live-grid.ts'
import { listen } from './page-site.ts'
import type { ToldLog } from './told-log.ts'

/** What tests open; all of it is closed in the end. */
export type ExplorerSite = {
  /** The pages over `told`: their origin. `goOffline` ends the server. */
  told(told: ToldLog): Promise<{ readonly origin: string; readonly goOffline: () => Promise<void> }>
  /** A coordinator of its own with `nodes` nodes, which serves the pages. */
  grid(nodes: number, options?: Partial<CoordinatorOptions>): Promise<LiveGrid>
}

/** Playwright's test with {@link ExplorerSite}; the pages are built once a worker. */
export const test = base.extend<{ site: ExplorerSite }, { pageDir: string }>({
  pageDir: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures' names off this pattern
    async ({}, use) => {
      const dir = await mkdtemp(join(tmpdir(), 'commonwatt-explorer-'))
      await build({ logLevel: 'error', build: { outDir: dir, emptyOutDir: true } })
      await use(dir)
      await rm(dir, { recursive: true })
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  site: async ({ pageDir }, use) => {
    const closers: (() => Promise<unknown>)[] = []
    await use({
      async told({ app }) {
        const site = new Hono()
        site.route('/', app)
        site.route('/', pageRoutes(pageDir))
        const { origin, close } = await listen('localhost', site)
        let isOpen = true
        const goOffline = async (): Promise<void> => {
          if (isOpen) await close()
          isOpen = false
        }
        closers.push(goOffline)
        return { origin, goOffline }
      },
      async grid(nodes, options = {}) {
        const grid = await LiveGrid.open({ pageDir, ...options })
        closers.push(() => grid.close())
        for (let node = 0; node < nodes; node++) await grid.node()
        return grid
      },
    })
    for (const close of closers.splice(0).reverse()) await close()
  },
})
