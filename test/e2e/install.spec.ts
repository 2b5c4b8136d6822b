// The page as an app: it opens without a connection, says so, and takes a new version when a person wants it.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { type Page, expect } from '@playwright/test'
import { Hono } from 'hono'
import { pageRoutes } from '#coordinator/http/page.ts'
import { listen, test } from '../support/page-site.ts'

/** Resolves when the service worker holds the shell. */
async function shellIsKept(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready
  })
}

const cached = (page: Page) =>
  page.evaluate(async () => {
    const names = await caches.keys()
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))
    return { names, paths: requests.flat().map(({ url }) => new URL(url).pathname) }
  })

test.describe('without a connection', () => {
  test('behaviour: a visited page opens again, isolated and under its policy, says that it is offline and goes back', async ({
    page,
    sites,
    context,
  }) => {
    const errors: string[] = []
    page.on('pageerror', ({ message }) => errors.push(message))
    await page.goto(sites.page)
    await shellIsKept(page)
    await context.setOffline(true)
    await page.reload()
    await expect(page.getByTestId('contribute')).toBeVisible()
    await expect(page.getByTestId('state-line')).toHaveText('Off, and offline')
    await expect(page.locator('cw-state-line .reason')).toContainText(
      'Connect it to the internet, then click Contribute.',
    )
    expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true)
    expect(await page.evaluate(() => document.fonts.check('600 16px "IBM Plex Sans"'))).toBe(true)
    await context.setOffline(false)
    await expect(page.getByTestId('state-line')).toHaveText('Off')
    expect(errors).toEqual([])
  })

  test('behaviour: the shell holds pages and their files, and never an answer of the API', async ({ page, sites }) => {
    await page.goto(sites.page)
    await shellIsKept(page)
    await page.evaluate(() => fetch('/api/v1/nodes').then(({ status }) => status))
    const { names, paths } = await cached(page)
    expect(names).toHaveLength(1)
    expect(paths).toEqual(expect.arrayContaining(['/', '/explorer', '/mark.svg', '/manifest.webmanifest']))
    expect(paths.filter((path) => /^\/(?:api|v1|embed)/.test(path))).toEqual([])
    // What a node needs comes after the click, not with the shell.
    expect(paths.filter((path) => /browser-|worker-|\.wasm$/.test(path))).toEqual([])
  })

  test('behaviour: the explorer of a visited page opens too', async ({ page, sites, context }) => {
    await page.goto(sites.page)
    await shellIsKept(page)
    await context.setOffline(true)
    await page.goto(`${sites.page}/explorer`)
    await expect(page.locator('cw-log')).toBeVisible()
  })
})

test.describe('a new version', () => {
  test('behaviour: waits for the click, says so, and leaves nothing of the old one', async ({ page, sites }) => {
    const dir = await mkdtemp(join(tmpdir(), 'commonwatt-update-'))
    await cp(sites.pageDir, dir, { recursive: true })
    const site = await listen('localhost', new Hono().route('/', pageRoutes(dir)))
    try {
      await page.goto(site.origin)
      await shellIsKept(page)
      const before = (await cached(page)).names
      await expect(page.getByTestId('update')).toHaveCount(0)
      await change(join(dir, 'index.html'), '<title>Commonwatt</title>', '<title>Commonwatt, newer</title>')
      await change(join(dir, 'service-worker.js'), /"version":"[0-9a-f]+"/, '"version":"newer"')
      await page.evaluate(async () => (await navigator.serviceWorker.ready).update())
      const note = page.getByTestId('update')
      await expect(note).toContainText('A new version of this page is ready.')
      expect(await page.title()).toBe('Commonwatt')
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag22aa']).analyze()
      expect(violations.map(({ id }) => id)).toEqual([])
      await note.getByRole('button', { name: 'Reload' }).click()
      await expect(page).toHaveTitle('Commonwatt, newer')
      await expect(page.getByTestId('contribute')).toBeVisible()
      await expect.poll(async () => (await cached(page)).names).toEqual(['commonwatt-shell-newer'])
      expect(before).not.toContain('commonwatt-shell-newer')
      await expect(page.getByTestId('update')).toHaveCount(0)
    } finally {
      await site.close()
      await rm(dir, { recursive: true })
    }
  })
})

test('default: the page can be installed', async ({ page, sites, request }) => {
  await page.goto(sites.page)
  const address = await page.locator('link[rel="manifest"]').getAttribute('href')
  const manifest = (await (await request.get(sites.page + address)).json()) as {
    icons: { src: string; sizes: string; purpose: string }[]
    start_url: string
    display: string
  }
  expect(manifest).toMatchObject({ start_url: '/', display: 'standalone' })
  expect(manifest.icons.map(({ purpose }) => purpose)).toContain('maskable')
  for (const { src, sizes } of manifest.icons.filter(({ src }) => src.endsWith('.png'))) {
    const side = await page.evaluate(async (src) => {
      const image = new Image()
      image.src = src
      await image.decode()
      return image.naturalWidth
    }, src)
    expect(`${side}x${side}`).toBe(sizes)
  }
  const session = await page.context().newCDPSession(page)
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
  // A window of a test is a private one, which alone keeps it from being installed.
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([])
})

async function change(path: string, from: string | RegExp, to: string): Promise<void> {
  const text = await readFile(path, 'utf8')
  expect(text).toMatch(from)
  await writeFile(path, text.replace(from, to))
}
