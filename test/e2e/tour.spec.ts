// The tour of the first minute, on a grid whose events the test sends: it follows them, leads to the proof, and is closed for good.
import { AxeBuilder } from '@axe-core/playwright'
import { type Page, expect } from '@playwright/test'
import { Hono } from 'hono'
import { pageRoutes } from '#coordinator/http/page.ts'
import type { FirstMinute } from '#ui/first-minute.ts'
import { listen, test as base } from '../support/page-site.ts'

const ADDRESS = '/api/v1/first-minute'
const UNIT = 'ab'.repeat(32)

type NewGrid = {
  readonly origin: string
  /** How often the page asked. */
  readonly asked: () => number
  /** Sends what happened, to whoever listens and to whoever comes later. */
  readonly tell: (state: FirstMinute) => void
  /** Breaks the connection off. */
  readonly cut: () => void
}

/** Playwright's test with the built page as a grid that was just started on this machine serves it. */
const test = base.extend<{ grid: NewGrid }>({
  grid: async ({ sites }, use) => {
    const encoder = new TextEncoder()
    const listeners = new Set<ReadableStreamDefaultController<Uint8Array>>()
    let asked = 0
    let last = ''
    const app = new Hono()
    app.get(ADDRESS, () => {
      asked += 1
      let own: ReadableStreamDefaultController<Uint8Array> | undefined
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          own = controller
          listeners.add(controller)
          controller.enqueue(encoder.encode(`retry: 50\n\n${last}`))
        },
        cancel() {
          if (own !== undefined) listeners.delete(own)
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } })
    })
    app.route('/', pageRoutes(sites.pageDir, true))
    const { origin, close } = await listen('localhost', app)
    await use({
      origin,
      asked: () => asked,
      tell(state) {
        last = `data: ${JSON.stringify(state)}\n\n`
        for (const listener of listeners) listener.enqueue(encoder.encode(last))
      },
      cut() {
        for (const listener of listeners) listener.close()
        listeners.clear()
      },
    })
    await close()
  },
})

const step = (page: Page, index: number) => page.getByTestId('tour').locator('li').nth(index)
const sign = (page: Page, index: number) => step(page, index).locator('svg')

test('default: each step is told when it happened, and the last leads to the proof', async ({ page, grid }) => {
  await page.goto(grid.origin)
  await expect(step(page, 0)).toHaveAttribute('aria-current', 'step')
  await expect(step(page, 0)).toContainText('Nodes start without a window')
  grid.tell({ nodes: 1, job: null, certified: null })
  await expect(step(page, 0)).toContainText('1 node has joined')
  grid.tell({ nodes: 2, job: null, certified: null })
  await expect(sign(page, 0)).toHaveAttribute('aria-label', 'done')
  await expect(step(page, 1)).toHaveAttribute('aria-current', 'step')
  await expect(page.getByTestId('tour').getByRole('status')).toContainText('The first job')
  grid.tell({ nodes: 2, job: { kind: 'matmul', replication: 2 }, certified: null })
  await expect(step(page, 1)).toContainText('Each unit goes to 2 nodes')
  await expect(step(page, 2)).toHaveAttribute('aria-current', 'step')
  grid.tell({ nodes: 2, job: { kind: 'matmul', replication: 2 }, certified: { unit: UNIT, nodes: 2 } })
  await expect(step(page, 2).getByRole('link')).toHaveAttribute('href', `/explorer/unit/${UNIT}`)
  await expect(step(page, 3)).toHaveAttribute('aria-current', 'step')
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag22aa']).analyze()
    expect(violations.map(({ id }) => id)).toEqual([])
  }
  await page.setViewportSize({ width: 320, height: 740 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
})

test('behaviour: a connection that breaks off is made again, and what happened meanwhile is told', async ({
  page,
  grid,
}) => {
  await page.goto(grid.origin)
  grid.tell({ nodes: 1, job: null, certified: null })
  await expect(step(page, 0)).toContainText('1 node has joined')
  grid.cut()
  grid.tell({ nodes: 2, job: { kind: 'matmul', replication: 2 }, certified: null })
  await expect(step(page, 2)).toHaveAttribute('aria-current', 'step')
  expect(grid.asked()).toBe(2)
})

test('behaviour: an event that is none changes nothing', async ({ page, grid }) => {
  await page.goto(grid.origin)
  grid.tell({ nodes: -1, job: null, certified: { unit: '"><b>', nodes: 2 } })
  grid.tell({ nodes: 1, job: null, certified: null })
  await expect(step(page, 0)).toContainText('1 node has joined')
  await expect(step(page, 2).getByRole('link')).toHaveCount(0)
})

test('behaviour: closed for good, the focus goes on with the page, and nobody is asked at the next visit', async ({
  page,
  grid,
}) => {
  await page.goto(grid.origin)
  await page.getByTestId('tour').getByRole('button', { name: 'Close for good' }).click()
  await expect(page.getByTestId('tour')).toHaveCount(0)
  await expect(page.locator('cw-contributor')).toBeFocused()
  expect(grid.asked()).toBe(1)
  await page.reload()
  await expect(page.getByTestId('contribute')).toBeEnabled()
  await page.waitForLoadState('networkidle')
  await expect(page.getByTestId('tour')).toHaveCount(0)
  expect(grid.asked()).toBe(1)
})

test('behaviour: where no grid was just started, there is no tour and nobody is asked', async ({ page, sites }) => {
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await page.goto(sites.page)
  await expect(page.getByTestId('contribute')).toBeEnabled()
  await page.waitForLoadState('networkidle')
  await expect(page.getByTestId('tour')).toHaveCount(0)
  expect(asked).not.toContain(ADDRESS)
})
