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
    expect(paths.filter((path) => /\/(?:browser|worker)-[\w-]{8}\.js$|\.wasm$/.test(path))).toEqual([])
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

test.describe('panels', () => {
  test('behaviour: the device panel says what was opened, tested and measured', async ({ page, sites }) => {
    await page.goto(`${sites.elements}elements?state=working`)
    await page.getByTestId('device-panel').locator('summary').first().focus()
    await page.keyboard.press('Enter')
    const panel = page.getByTestId('device-panel')
    await expect(panel).toContainText('Your GPU computes: nvidia hopper.')
    await expect(panel.getByTestId('self-test')).toContainText('passed the self-test')
    await expect(panel.getByTestId('self-test')).toContainText('4.18 Top/s')
    await expect(panel).toContainText('WebAssembly took 1240 ms')
    await panel.getByText('Particulars').click()
    await expect(panel).toContainText('packed_4x8_integer_dot_product')
  })
})

test.describe('kept models', () => {
  const ID = 'ab'.repeat(32)

  const keep = (page: Page, ids: readonly string[]) =>
    page.evaluate(async (ids) => {
      const root = await navigator.storage.getDirectory()
      const folder = await root.getDirectoryHandle('commonwatt-models', { create: true })
      for (const id of ids) {
        const writer = await (await folder.getFileHandle(id, { create: true })).createWritable()
        await writer.write(new Uint8Array(2_000_000))
        await writer.close()
      }
    }, ids)
  const names = (page: Page) =>
    page.evaluate(async () => {
      const root = await navigator.storage.getDirectory()
      const folder = await root.getDirectoryHandle('commonwatt-models', { create: true })
      const found: string[] = []
      for await (const name of folder.keys()) found.push(name)
      return found
    })

  test('behaviour: are listed with their sizes and deleted by two clicks, also without a connection', async ({
    page,
    sites,
    context,
  }) => {
    await page.goto(sites.page)
    await shellIsKept(page)
    await keep(page, [ID])
    await context.setOffline(true)
    await page.reload()
    await page.getByTestId('models-panel').locator('summary').click()
    await expect(page.getByTestId('model')).toContainText('abababab'.slice(0, 6))
    await expect(page.getByTestId('model')).toContainText('2 MB')
    await page.getByRole('button', { name: /^Delete/ }).click()
    await expect(page.getByTestId('models-said')).toContainText('Click once more')
    expect(await names(page)).toEqual([ID])
    await page.getByRole('button', { name: /sure/ }).click()
    await expect(page.getByTestId('models-said')).toContainText('2 MB are free again')
    await expect(page.getByTestId('models-none')).toBeVisible()
    expect(await names(page)).toEqual([])
  })

  test('behaviour: one that another tab computes with stays, in words, while all others go', async ({
    page,
    sites,
    context,
  }) => {
    const other = 'cd'.repeat(32)
    await page.goto(sites.page)
    await keep(page, [ID, other])
    const tab = await context.newPage()
    await tab.goto(sites.page)
    await tab.evaluate(
      (id) =>
        new Promise<void>((resolve) => {
          void navigator.locks.request(`commonwatt-models/${id}/used`, { mode: 'shared' }, () => {
            resolve()
            return new Promise(() => {})
          })
        }),
      ID,
    )
    await page.getByTestId('models-panel').locator('summary').click()
    await expect(page.getByTestId('model').filter({ hasText: 'ababab' })).toContainText('in use now')
    await page.getByTestId('delete-all').click()
    await page.getByTestId('delete-all').click()
    await expect(page.getByTestId('models-said')).toContainText('What a unit computes with now stays.')
    expect(await names(page)).toEqual([ID])
    await tab.close()
    await page.getByRole('button', { name: /^Delete/ }).click()
    await page.getByRole('button', { name: /sure/ }).click()
    await expect(page.getByTestId('models-none')).toBeVisible()
  })
})

test.describe('before the consent ends', () => {
  test('behaviour: it is said with the click that goes on, and a notification is asked for on a click alone', async ({
    page,
    sites,
    context,
  }) => {
    await page.clock.install()
    await page.goto(`${sites.elements}elements?next=working`)
    await page.getByTestId('contribute').click()
    await expect(page.getByTestId('stop')).toBeVisible()
    await expect(page.getByTestId('lapse')).toHaveCount(0)
    await expect(page.getByTestId('notify')).toBeVisible()
    expect(await page.evaluate(() => Notification.permission)).not.toBe('granted')
    await context.grantPermissions(['notifications'])
    await page.getByTestId('notify').click()
    await expect(page.getByText('You get a notification an hour before it ends')).toBeVisible()
    await page.evaluate(() => {
      const told: string[] = []
      Object.defineProperty(window, 'told', { value: told })
      window.Notification = new Proxy(window.Notification, {
        construct: (make, args: [string, NotificationOptions]) => {
          told.push(`${args[0]}. ${args[1].body}`)
          return Reflect.construct(make, args) as object
        },
      })
    })
    await page.clock.fastForward(23 * 3_600_000 + 60_000)
    await expect(page.getByTestId('lapse')).toContainText('Your contribution ends at')
    const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told)
    await expect.poll(told).toHaveLength(1)
    expect((await told())[0]).toMatch(/^Your contribution ends at .*To go on, open the page/)
    await page.getByRole('button', { name: 'Go on for another day' }).click()
    await expect(page.getByTestId('lapse')).toHaveCount(0)
    await expect(page.getByTestId('stop')).toBeVisible()
  })

  test('behaviour: a passkey’s word that ends first is told an hour before, once, by a notification that carries no more than the time', async ({
    page,
    sites,
    context,
  }) => {
    await context.grantPermissions(['notifications'])
    await page.clock.install()
    await page.addInitScript(() => {
      const told: string[] = []
      Object.defineProperty(window, 'told', { value: told })
      window.Notification = new Proxy(window.Notification, {
        construct: (make, args: [string, NotificationOptions]) => {
          told.push(`${args[0]}. ${args[1].body}`)
          return Reflect.construct(make, args) as object
        },
      })
    })
    const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told)
    await page.goto(`${sites.elements}elements?panel=lapse-later`)
    await expect(page.getByText('You get a notification an hour before it ends')).toBeVisible()
    await page.clock.fastForward(59 * 60_000)
    await expect(page.getByTestId('lapse')).toHaveCount(0)
    expect(await told()).toEqual([])
    await page.clock.fastForward(2 * 60_000)
    await expect(page.getByTestId('lapse')).toContainText('Your passkey’s word for this browser ends at')
    await expect.poll(told).toHaveLength(1)
    expect((await told())[0]).toMatch(
      /^Your passkey’s word for this browser ends at \S+( [AP]M)?\. Your node goes on without it/,
    )
    await page.clock.fastForward(10 * 60_000)
    expect(await told()).toHaveLength(1)
    await page.getByRole('button', { name: 'Use your passkey again' }).click()
    await expect(page.getByTestId('lapse').getByRole('alert')).toContainText('Nothing was lost')
  })

  test('behaviour: the built page shows it by its service worker, which a phone needs', async ({
    page,
    sites,
    context,
  }) => {
    await context.grantPermissions(['notifications'], { origin: sites.page })
    await page.goto(sites.page)
    await shellIsKept(page)
    await page.evaluate(() => {
      const note = document.createElement('cw-lapse')
      document.body.append(Object.assign(note, { consentMs: Date.now() + 20 * 60_000 }))
    })
    const titles = () =>
      page.evaluate(async () => {
        const notifications = await (await navigator.serviceWorker.ready).getNotifications()
        return notifications.map(({ title }) => title)
      })
    await expect.poll(titles).toEqual([expect.stringMatching(/^Your contribution ends at/)])
  })
})
