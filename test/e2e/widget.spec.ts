// The widget on a site that is not ours: consent is asked and given in our frame, and nowhere else.
import { gzipSync } from 'node:zlib'
import { AxeBuilder } from '@axe-core/playwright'
import { type Frame, type Page, devices, expect } from '@playwright/test'
import { type Sites, test } from '../support/page-site.ts'

/** Opens the foreign site and returns our frame in it; the host's events are collected in `window.heard`. */
async function openHost(page: Page, sites: Sites, path = '/'): Promise<Frame> {
  await page.addInitScript(() => {
    const heard: unknown[] = []
    Object.defineProperty(globalThis, 'heard', { value: heard })
    for (const type of ['commonwatt-consented', 'commonwatt-unit', 'commonwatt-stopped', 'commonwatt-quiet'])
      addEventListener(type, (event) => heard.push([type, (event as CustomEvent).detail]))
    // Workers of a frame from another site are not in page.workers(), so they are counted where they are made.
    const workers = { alive: 0 }
    Object.defineProperty(globalThis, 'workers', { value: workers })
    globalThis.Worker = class extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args)
        workers.alive++
      }
      override terminate(): void {
        super.terminate()
        workers.alive--
      }
    }
  })
  await page.goto(sites.host + path)
  await page.frameLocator('commonwatt-widget iframe').locator('cw-frame[mode]').waitFor()
  const frame = page.frames().find((each) => each.url().startsWith(sites.page))
  if (frame === undefined) throw new Error('The widget has no frame.')
  return frame
}

const heard = (page: Page) => page.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard)
const workers = (frame: Frame) =>
  frame.evaluate(() => (globalThis as unknown as { workers: { alive: number } }).workers.alive)
const mode = (frame: Frame) => frame.locator('cw-frame').getAttribute('mode')

/** Lets `target` listen for a message of that type; what it returns resolves when that has come: listeners that were there before have heard it too. */
async function listen(target: Page | Frame, type: string): Promise<() => Promise<void>> {
  await target.evaluate((type) => {
    const hasCome = new Promise<void>((resolve) =>
      addEventListener('message', ({ data }) => {
        if ((data as { type?: unknown } | null)?.type === type) resolve()
      }),
    )
    Object.defineProperty(globalThis, `come ${type}`, { value: hasCome })
  }, type)
  return () => target.evaluate((type) => Reflect.get(globalThis, `come ${type}`) as Promise<void>, type)
}

test('default: a box of our own origin names the site and waits', async ({ page, sites }) => {
  const frame = await openHost(page, sites)
  await expect(frame.locator('cw-frame')).toContainText(new URL(sites.host).host)
  expect(await mode(frame)).toBe('asking')
  expect(await workers(frame)).toBe(0)
  expect(await heard(page)).toEqual([])
})

test('behaviour: consent in the frame starts a node, the host hears of it, and Stop ends it', async ({
  page,
  sites,
}) => {
  const frame = await openHost(page, sites)
  await clickInSight(frame)
  await expect(frame.getByTestId('stop')).toBeVisible()
  await expect.poll(() => workers(frame)).toBe(1)
  await expect(frame.locator('cw-state-line')).toContainText('Finding the network')
  expect(await heard(page)).toEqual([['commonwatt-consented', null]])
  await frame.getByTestId('stop').click()
  await expect
    .poll(() => heard(page))
    .toEqual([
      ['commonwatt-consented', null],
      ['commonwatt-stopped', null],
    ])
  expect(await workers(frame)).toBe(0)
})

test('behaviour: the host can neither give consent nor hear what our frame did not say', async ({ page, sites }) => {
  const frame = await openHost(page, sites)
  const atFrame = await listen(frame, 'start')
  const atHost = await listen(page, 'commonwatt-unit')
  await page.evaluate(() => {
    const widget = document.querySelector('commonwatt-widget')
    for (const type of ['click', 'pointerdown', 'keydown', 'cw-contribute', 'commonwatt-consented'])
      widget?.dispatchEvent(new Event(type, { bubbles: true, composed: true }))
    // A frame in a shadow tree is not among window.frames; a host finds it all the same.
    const target = widget?.shadowRoot?.querySelector('iframe')?.contentWindow
    for (const type of ['commonwatt-consented', 'contribute', 'cw-contribute', 'start'])
      target?.postMessage({ type, gpuShare: 1 }, '*')
    // A message from the host itself, and one that pretends to come from our origin.
    postMessage({ type: 'commonwatt-unit', unitsDone: 7 }, '*')
    dispatchEvent(new MessageEvent('message', { data: { type: 'commonwatt-unit', unitsDone: 7 }, source: window }))
  })
  await Promise.all([atFrame(), atHost()])
  expect(await mode(frame)).toBe('asking')
  expect(await workers(frame)).toBe(0)
  // The one event is the host's own, which it dispatched at its own element.
  expect(await heard(page)).toEqual([['commonwatt-consented', undefined]])
})

test('behaviour: a click that no person made is refused', async ({ page, sites }) => {
  const frame = await openHost(page, sites)
  await whenInSight(frame)
  await frame.getByTestId('contribute').evaluate((button: HTMLElement) => button.click())
  await expect(frame.getByRole('alert')).toContainText('nothing was started')
  expect(await mode(frame)).toBe('asking')
})

test('behaviour: a click through something laid over the frame is refused', async ({ page, sites }) => {
  const frame = await openHost(page, sites)
  await whenInSight(frame)
  await page.evaluate(() => {
    const cover = document.createElement('div')
    cover.style.cssText = 'position:fixed;inset:0;background:#fff;opacity:.9;pointer-events:none;z-index:9'
    document.body.append(cover)
  })
  await expect(frame.locator('cw-frame:not([seen])')).toBeVisible()
  const { x, y, width, height } = await boxOf(frame)
  await page.mouse.click(x + width / 2, y + height / 2)
  await expect(frame.getByRole('alert')).toContainText('Something covered this box')
  expect(await mode(frame)).toBe('asking')
  expect(await workers(frame)).toBe(0)
  // Once nothing covers it any more the same click counts: the words beneath do not push the terms out of sight.
  await page.evaluate(() => document.body.lastElementChild?.remove())
  await clickInSight(frame)
  await expect.poll(() => workers(frame)).toBe(1)
})

test('behaviour: the box has its size before its frame is there', async ({ page, sites }) => {
  await page.goto(sites.host)
  const before = await page.locator('commonwatt-widget').boundingBox()
  await page.frameLocator('commonwatt-widget iframe').getByTestId('contribute').waitFor()
  expect(await page.locator('commonwatt-widget').boundingBox()).toEqual(before)
})

test('behaviour: opened by itself, the frame offers nothing', async ({ page, sites }) => {
  await page.goto(`${sites.page}/embed`)
  await expect(page.locator('cw-frame')).toContainText('nothing can be started here')
  await expect(page.getByTestId('contribute')).toBeHidden()
})

test('behaviour: our own page is in no frame', async ({ page, sites }) => {
  await page.goto(sites.host)
  const isRefused = await page.evaluate(async (address) => {
    const frame = document.createElement('iframe')
    frame.src = address
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
    document.body.append(frame)
    await loaded
    return frame.contentDocument === null
  }, sites.page)
  expect(isRefused).toBe(true)
  const inner = page.frames().find((frame) => frame.parentFrame() !== null && !frame.url().endsWith('/embed'))
  await expect(inner?.locator('cw-contributor') ?? page.locator('cw-contributor')).toHaveCount(0)
})

for (const state of ['off', 'working', 'attention', 'stopped']) {
  test(`behaviour: the frame keeps to WCAG AA and to its box, ${state}`, async ({ page, sites }) => {
    await page.setViewportSize({ width: 280, height: 360 })
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await page.goto(`${sites.elements}elements?state=${state}&view=frame`)
    await expect(page.locator('cw-frame')).toBeVisible()
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
      .analyze()
    expect(violations.map(({ id }) => id)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(280)
  })
}

test('behaviour: cut down to its button the frame takes no click, and the window asks instead', async ({
  page,
  sites,
}) => {
  const frame = await openHost(page, sites)
  await whenInSight(frame)
  await page.evaluate(() => {
    const inner = document.querySelector('commonwatt-widget')?.shadowRoot?.querySelector('iframe')
    if (inner) inner.style.height = '150px'
  })
  await expect(frame.locator('cw-frame:not([seen])')).toBeVisible()
  await frame.getByTestId('contribute').click()
  await expect(frame.getByRole('alert')).toContainText('Something covered this box')
  expect(await workers(frame)).toBe(0)
  const [confirm] = await Promise.all([page.waitForEvent('popup'), frame.getByTestId('confirm').click()])
  await expect(confirm.locator('main')).toContainText(new URL(sites.host).host)
  await confirm.getByTestId('agree').click()
  await expect.poll(() => workers(frame)).toBe(1)
  expect(await heard(page)).toEqual([['commonwatt-consented', null]])
})

test.describe('where the browser cannot tell what is seen', () => {
  test.beforeEach(({ page }) =>
    page.addInitScript(() => Reflect.deleteProperty(IntersectionObserverEntry.prototype, 'isVisible')),
  )

  async function click(page: Page, frame: Frame): Promise<Page> {
    const [confirm] = await Promise.all([page.waitForEvent('popup'), frame.getByTestId('contribute').click()])
    return confirm
  }

  test('behaviour: a window of our own asks, and only its yes starts a node', async ({ page, sites }) => {
    const account = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
    const frame = await openHost(page, sites, `/element?share=30&account=${account}&credit=20`)
    const confirm = await click(page, frame)
    expect(confirm.url()).toMatch(new RegExp(`^${sites.page}/embed/confirm#`))
    await expect(confirm.locator('main')).toContainText('30%')
    const { host } = new URL(sites.host)
    await expect(confirm.locator('main')).toContainText(`20% of the credit goes to ${host}, the rest to you.`)
    expect(await workers(frame)).toBe(0)
    // A script in that window is not a person either.
    await confirm.getByTestId('agree').evaluate((button: HTMLButtonElement) => {
      button.disabled = false
      button.click()
    })
    expect(await heard(page)).toEqual([])
    const { violations } = await new AxeBuilder({ page: confirm }).analyze()
    expect(violations.map(({ id }) => id)).toEqual([])
    await Promise.all([confirm.waitForEvent('close'), confirm.getByTestId('agree').click()])
    await expect.poll(() => workers(frame)).toBe(1)
    expect(await heard(page)).toEqual([['commonwatt-consented', null]])
  })

  test('behaviour: a no, and a window closed without a word, start nothing', async ({ page, sites }) => {
    const frame = await openHost(page, sites)
    const first = await click(page, frame)
    await first.getByTestId('decline').click()
    await expect(frame.getByRole('alert')).toContainText('Nothing was started')
    const second = await click(page, frame)
    await expect(frame.getByRole('alert')).toBeHidden()
    await second.getByTestId('agree').waitFor()
    await second.close({ runBeforeUnload: true })
    await expect(frame.getByRole('alert')).toContainText('Nothing was started')
    expect(await workers(frame)).toBe(0)
    expect(await heard(page)).toEqual([])
  })

  test('behaviour: the host can neither answer for the window nor ask in its place', async ({ page, sites }) => {
    const frame = await openHost(page, sites)
    const confirm = await click(page, frame)
    const nonce = new URLSearchParams(new URL(confirm.url()).hash.slice(1)).get('nonce')
    // Even a host that knew the nonce is not the window.
    const atFrame = await listen(frame, 'commonwatt-confirm')
    await page.evaluate((nonce) => {
      const widget = document.querySelector('commonwatt-widget')
      const target = widget?.shadowRoot?.querySelector('iframe')?.contentWindow
      target?.postMessage({ type: 'commonwatt-confirm', nonce, isAgreed: true }, '*')
    }, nonce)
    await atFrame()
    expect(await mode(frame)).toBe('on')
    expect(await workers(frame)).toBe(0)
    expect(await heard(page)).toEqual([])
    // A window that the host opens itself does not answer the host.
    const address = `${sites.page}/embed/confirm${new URL(confirm.url()).hash}`
    const [own] = await Promise.all([
      page.waitForEvent('popup'),
      page.evaluate((address) => {
        const answers: unknown[] = []
        Object.defineProperty(globalThis, 'answers', { value: answers })
        addEventListener('message', ({ data }) => answers.push(data))
        open(address)
      }, address),
    ])
    const atHost = await listen(page, 'after')
    await own.getByTestId('agree').click()
    // Messages of one window to another come in order: what it answered before this has come.
    await own.evaluate(() => (window.opener as Window).postMessage({ type: 'after' }, '*'))
    await atHost()
    await own.close()
    const answers = await page.evaluate(() => (globalThis as unknown as { answers: unknown[] }).answers)
    expect(answers.filter((data) => JSON.stringify(data).includes('confirm'))).toEqual([])
  })
})

test('behaviour: a no holds for thirty days on this site, and can be taken back', async ({ page, sites }) => {
  const frame = await openHost(page, sites)
  await frame.getByTestId('refuse').click()
  await expect(frame.locator('cw-frame')).toContainText('Not asked again here until')
  await expect.poll(() => heard(page)).toEqual([['commonwatt-quiet', null]])
  const slim = await page.locator('commonwatt-widget').boundingBox()
  expect(slim?.height).toBe(64)
  const nowMs = Date.now()
  await page.clock.setFixedTime(nowMs + 29 * 86_400_000)
  expect(await mode(await openHost(page, sites))).toBe('refused')
  expect(await page.locator('commonwatt-widget').boundingBox()).toEqual(slim)
  await page.clock.setFixedTime(nowMs + 31 * 86_400_000)
  expect(await mode(await openHost(page, sites))).toBe('asking')
  await page.clock.setFixedTime(nowMs)
  const again = await openHost(page, sites)
  await again.getByTestId('recall').click()
  await expect(again.getByTestId('contribute')).toBeVisible()
  expect(await mode(await openHost(page, sites))).toBe('asking')
})

test('option: the site caps the share, and cannot raise what the visitor chose', async ({ page, sites }) => {
  const low = await openHost(page, sites, '/element?share=30')
  await expect(low.getByRole('slider')).toHaveAttribute('max', '30')
  await expect(low.getByRole('slider')).toHaveValue('30')
  await expect(low.locator('cw-frame')).toContainText('30% at most')
  const high = await openHost(page, sites, '/element?share=900')
  await expect(high.getByRole('slider')).toHaveValue('50')
  const unreadable = await openHost(page, sites, '/element?share=lots')
  await expect(unreadable.getByRole('slider')).toHaveAttribute('max', '5')
})

test('option: a theme against the visitor’s own, and a strip', async ({ page, sites }) => {
  await page.emulateMedia({ colorScheme: 'light' })
  const colour = (frame: Frame) => frame.locator('cw-frame').evaluate((box) => getComputedStyle(box).backgroundColor)
  expect(await colour(await openHost(page, sites, '/element?theme=dark'))).toBe('rgb(24, 27, 30)')
  expect(await colour(await openHost(page, sites, '/element?size=strip'))).toBe('rgb(255, 255, 255)')
  const strip = await page.locator('commonwatt-widget').boundingBox()
  expect(strip?.width).toBeGreaterThan(1000)
  expect(strip?.height).toBe(264)
})

test('option: one script tag is enough', async ({ page, sites }) => {
  const frame = await openHost(page, sites, '/script?theme=dark&share=20')
  await expect(page.locator('script + commonwatt-widget')).toHaveCount(1)
  await expect(frame.getByRole('slider')).toHaveAttribute('max', '20')
  await expect(frame.locator('html[data-theme="dark"]')).toBeVisible()
})

for (const [why, facts] of [
  ['a phone', devices['Pixel 7']],
  ['a browser that saves data', {}],
] as const) {
  test(`behaviour: on ${why} nothing but embed.js is fetched, and the frame asks nothing by itself`, async ({
    browser,
    sites,
  }) => {
    const context = await browser.newContext(facts)
    const page = await context.newPage()
    if (why === 'a browser that saves data')
      await page.addInitScript(() => {
        Object.defineProperty(Navigator.prototype, 'connection', { value: { saveData: true } })
      })
    const fetched: string[] = []
    page.on('request', (request) => fetched.push(request.url()))
    await page.addInitScript(() => {
      addEventListener('commonwatt-quiet', () => document.documentElement.classList.add('is-quiet'))
    })
    await page.goto(sites.host)
    await page.locator('html.is-quiet').waitFor()
    await expect(page.locator('commonwatt-widget')).toBeHidden()
    expect(fetched.filter((url) => url.startsWith(sites.page))).toEqual([`${sites.page}/embed.js`])
    // A host that opens the frame without our tag gets no further.
    await page.evaluate((address) => {
      const own = document.createElement('iframe')
      own.src = address
      document.body.append(own)
    }, `${sites.page}/embed`)
    const inner = page.frameLocator('body > iframe')
    await expect(inner.locator('.quiet-line')).toHaveText(/^Off /)
    await expect(inner.locator('.quiet-line')).toBeVisible()
    await expect(inner.getByTestId('contribute')).toBeHidden()
    await context.close()
  })
}

test('limit: all that a visitor loads before consent is under 12 kB', async ({ page, sites }) => {
  const bodies: Promise<[string, number]>[] = []
  page.on('response', (response) => {
    if (!response.url().startsWith(sites.page)) return
    bodies.push(response.body().then((body) => [new URL(response.url()).pathname, gzipSync(body).length]))
  })
  const frame = await openHost(page, sites)
  await whenInSight(frame)
  const sizes = await Promise.all(bodies)
  expect(sizes.map(([path]) => path)).toEqual(expect.arrayContaining(['/embed.js', '/embed', '/mark.svg']))
  const total = sizes.reduce((sum, [, size]) => sum + size, 0)
  console.log(`Before consent: ${total} bytes gzipped in ${sizes.length} files.`)
  expect(total).toBeLessThan(12_000)
})

test('behaviour: the frame cannot lead its host elsewhere', async ({ page, sites }) => {
  const frame = await openHost(page, sites)
  await whenInSight(frame)
  const refused = await frame.evaluate(() => {
    try {
      if (window.top !== null) window.top.location.href = 'about:blank'
      return ''
    } catch (error) {
      return error instanceof Error ? error.name : 'unknown'
    }
  })
  expect(refused).toBe('SecurityError')
  expect(page.url()).toBe(`${sites.host}/`)
})

/** Waits until the frame's own watch has seen the consent long enough, as its element says. */
async function whenInSight(frame: Frame): Promise<void> {
  await expect(frame.locator('cw-frame[seen]')).toBeVisible()
}

async function clickInSight(frame: Frame): Promise<void> {
  await whenInSight(frame)
  await frame.getByTestId('contribute').click()
}

async function boxOf(frame: Frame) {
  const box = await frame.getByTestId('contribute').boundingBox()
  if (box === null) throw new Error('The button has no box.')
  return box
}
