// The widget on a site that is not ours: consent is asked and given in our frame, and nowhere else.
import { AxeBuilder } from '@axe-core/playwright'
import { type Frame, type Page, expect } from '@playwright/test'
import { type Sites, test } from '../support/page-site.ts'

/** Opens the foreign site and returns our frame in it; the host's events are collected in `window.heard`. */
async function openHost(page: Page, sites: Sites): Promise<Frame> {
  await page.addInitScript(() => {
    const heard: unknown[] = []
    Object.defineProperty(globalThis, 'heard', { value: heard })
    for (const type of ['commonwatt-consented', 'commonwatt-unit', 'commonwatt-stopped'])
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
  await page.goto(sites.host)
  await page.frameLocator('commonwatt-widget iframe').getByTestId('contribute').waitFor()
  const frame = page.frames().find((each) => each.url().startsWith(sites.page))
  if (frame === undefined) throw new Error('The widget has no frame.')
  return frame
}

const heard = (page: Page) => page.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard)
const workers = (frame: Frame) =>
  frame.evaluate(() => (globalThis as unknown as { workers: { alive: number } }).workers.alive)
const phase = (frame: Frame) => frame.evaluate(() => document.documentElement.dataset['phase'])

test('default: a box of our own origin names the site and waits', async ({ page, sites }) => {
  const frame = await openHost(page, sites)
  await expect(frame.locator('cw-frame')).toContainText(new URL(sites.host).host)
  expect(await phase(frame)).toBe('off')
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
  await expect(frame.getByTestId('device')).toHaveText(/\w/)
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
  await page.evaluate(() => {
    const widget = document.querySelector('commonwatt-widget')
    for (const type of ['click', 'pointerdown', 'keydown', 'cw-contribute', 'commonwatt-consented'])
      widget?.dispatchEvent(new Event(type, { bubbles: true, composed: true }))
    const target = window.frames[0]
    for (const type of ['commonwatt-consented', 'contribute', 'cw-contribute', 'start'])
      target?.postMessage({ type, gpuShare: 1 }, '*')
    // A message from the host itself, and one that pretends to come from our origin.
    postMessage({ type: 'commonwatt-unit', unitsDone: 7 }, '*')
    dispatchEvent(new MessageEvent('message', { data: { type: 'commonwatt-unit', unitsDone: 7 }, source: window }))
  })
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)))
  expect(await phase(frame)).toBe('off')
  expect(await workers(frame)).toBe(0)
  // The one event is the host's own, which it dispatched at its own element.
  expect(await heard(page)).toEqual([['commonwatt-consented', undefined]])
})

test('behaviour: a click that no person made is refused', async ({ page, sites }) => {
  const frame = await openHost(page, sites)
  await whenInSight(frame)
  await frame.getByTestId('contribute').evaluate((button: HTMLElement) => button.click())
  await expect(frame.getByRole('alert')).toContainText('nothing was started')
  expect(await phase(frame)).toBe('off')
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
  expect(await phase(frame)).toBe('off')
  expect(await workers(frame)).toBe(0)
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
  await expect(page.getByTestId('contribute')).toHaveCount(0)
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
