// The contributor's page, without a grid behind it: what happens before the click, every state's look, keyboard, reload, policy.
import { gzipSync } from 'node:zlib'
import { AxeBuilder } from '@axe-core/playwright'
import { type Page, expect } from '@playwright/test'
import { test } from '../support/page-site.ts'

const FIRST_LOAD_BYTES = 130_000
const STATES = [
  'off',
  'starting',
  'waiting',
  'working',
  'throttled',
  'throttled-waiting',
  'protected',
  'paused',
  'paused-twice',
  'hidden',
  'reconnecting',
  'stopped',
  'attention',
  'failed',
  'reference',
]

/** Counts every touch of the GPU, of workers and of WebRTC from the first script on. */
async function countTouches(page: Page): Promise<() => Promise<Record<string, number>>> {
  await page.addInitScript(() => {
    const touches: Record<string, number> = { gpu: 0, worker: 0, webrtc: 0 }
    Object.defineProperty(window, 'touches', { value: touches })
    const count = <T extends object>(name: string, owner: T, key: keyof T) => {
      const touch = () => (touches[name] = (touches[name] ?? 0) + 1)
      const target = owner[key] as object
      owner[key] = new Proxy(target, {
        apply: (call, self, args) => (touch(), Reflect.apply(call as never, self, args)),
        construct: (make, args) => (touch(), Reflect.construct(make as never, args)),
      }) as never
    }
    if ('gpu' in navigator) count('gpu', GPU.prototype, 'requestAdapter')
    count('worker', globalThis, 'Worker')
    count('webrtc', globalThis, 'RTCPeerConnection')
  })
  return () => page.evaluate(() => ({ ...(window as unknown as { touches: Record<string, number> }).touches }))
}

/** What the policy refused and what scripts threw, from now on. */
function complaints(page: Page): string[] {
  const found: string[] = []
  page.on('pageerror', (error) => found.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML|TrustedScript/.test(message.text())) found.push(message.text())
  })
  return found
}

async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)
}

const globals = (page: Page) => page.evaluate(() => Object.getOwnPropertyNames(window))
const phase = (page: Page) => page.evaluate(() => document.documentElement.dataset['phase'])

test.describe('before the click', () => {
  test('default: nothing touches the GPU, a worker or another node', async ({ page, sites }) => {
    await page.goto(sites.host)
    const usual = await globals(page)
    const touches = await countTouches(page)
    const refused = complaints(page)
    const scripts: string[] = []
    page.on('request', (request) => {
      if (request.resourceType() === 'script') scripts.push(new URL(request.url()).pathname)
    })
    await page.goto(sites.page)
    await expect(page.getByTestId('contribute')).toBeVisible()
    await page.locator('#share').fill('80')
    await page.getByRole('checkbox').check()
    await page.waitForLoadState('networkidle')
    expect(await touches()).toEqual({ gpu: 0, worker: 0, webrtc: 0 })
    expect(page.workers()).toHaveLength(0)
    expect(await phase(page)).toBe('off')
    expect(scripts.every((path) => /^\/assets\/(?:page|elements|light|start-node)-/.test(path))).toBe(true)
    expect(refused).toEqual([])
    // Lit keeps its versions on the window, and an isolated page has shared memory; nothing of ours is there.
    const added = (await globals(page)).filter((name) => !usual.includes(name) && !/^lit|^reactiveElement/.test(name))
    expect(added.sort()).toEqual(['SharedArrayBuffer', 'touches'])
  })

  test(`limit: the first load is under ${FIRST_LOAD_BYTES} bytes gzip, fonts included`, async ({ page, sites }) => {
    const sizes: Promise<number>[] = []
    page.on('response', (response) => sizes.push(response.body().then((body) => gzipSync(body).length)))
    await page.goto(sites.page)
    await expect(page.getByTestId('contribute')).toBeVisible()
    await page.waitForLoadState('networkidle')
    const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
    console.log(`first load: ${total} bytes gzip in ${sizes.length} files`)
    expect(total).toBeLessThan(FIRST_LOAD_BYTES)
  })

  test('behaviour: a browser without WebGPU is told which have it, and can still contribute', async ({
    page,
    sites,
  }) => {
    await page.addInitScript(() => {
      Reflect.deleteProperty(Navigator.prototype, 'gpu')
    })
    await page.goto(sites.page)
    await expect(page.getByTestId('no-webgpu')).toContainText(/Chrome and Edge 113.*Safari 26.*Firefox 141/)
    await expect(page.getByTestId('no-webgpu')).toContainText('You can still contribute')
    await expect(page.getByTestId('contribute')).toBeEnabled()
    await expect(page.getByText('Share of the processor')).toBeVisible()
    expect(await violations(page)).toEqual([])
  })

  test('behaviour: the text does not move once it is there', async ({ page, sites }) => {
    await page.addInitScript(() => {
      const shifts: number[] = []
      Object.defineProperty(window, 'shifts', { value: shifts })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value)
      }).observe({ type: 'layout-shift', buffered: true })
    })
    await page.goto(sites.page)
    await page.waitForLoadState('networkidle')
    await page.evaluate(() => document.fonts.ready)
    const total = await page.evaluate(() =>
      (window as unknown as { shifts: number[] }).shifts.reduce((sum, shift) => sum + shift, 0),
    )
    expect(total).toBeLessThan(0.01)
  })
})

test.describe('before the scripts', () => {
  const LATER = /\/assets\/.*\.js$/

  for (const width of [360, 1440])
    test(`behaviour: the document says what it is, and the elements take over in the same places at ${width} px`, async ({
      page,
      sites,
    }) => {
      await page.setViewportSize({ width, height: 800 })
      const refused = complaints(page)
      let letThrough = () => {}
      const opened = new Promise<void>((resolve) => (letThrough = resolve))
      await page.route(LATER, async (route) => {
        await opened
        await route.continue()
      })
      await page.goto(sites.page, { waitUntil: 'commit' })
      const button = page.getByRole('button', { name: 'Contribute' })
      await expect(button).toBeDisabled()
      await expect(page.getByText('Opening the page')).toBeVisible()
      await page.evaluate(() => document.fonts.ready)
      expect(await violations(page)).toEqual([])
      const before = await firstBoxes(page)
      letThrough()
      await expect(button).toBeEnabled()
      await expect(page.locator('#shell')).toHaveCount(0)
      expect(await firstBoxes(page)).toEqual(before)
      expect(refused).toEqual([])
    })

  for (const { locale, title } of [
    { locale: 'pt-PT', title: 'Empreste sua GPU a um trabalho que qualquer um pode conferir' },
    { locale: 'zh-CN', title: '把您的 GPU 借给人人可核对的计算' },
  ])
    test(`behaviour: the document is in the language of the browser, ${locale}`, async ({ browser, sites }) => {
      const context = await browser.newContext({ locale, javaScriptEnabled: false })
      const page = await context.newPage()
      await page.goto(sites.page)
      await expect(page.getByRole('heading', { level: 1 })).toContainText(title)
      await context.close()
    })
})

/** Where the parts of the first picture are. */
async function firstBoxes(page: Page) {
  const parts = [page.locator('header'), page.locator('h1'), page.locator('.intro p'), page.locator('.line').first()]
  return Promise.all([...parts, page.getByRole('button', { name: 'Contribute' })].map((part) => part.boundingBox()))
}

test.describe('after the click', () => {
  test('behaviour: the node starts under the policy, keeps focus on the button, and Stop ends its worker', async ({
    page,
    sites,
  }) => {
    const touches = await countTouches(page)
    const refused = complaints(page)
    await page.goto(sites.page)
    await page.getByTestId('contribute').focus()
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('stop')).toBeFocused()
    await expect.poll(() => page.workers().length).toBe(1)
    await expect.poll(touches).toMatchObject({ worker: 1 })
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('contribute')).toBeFocused()
    await expect.poll(() => page.workers().length).toBe(0)
    expect(await phase(page)).toBe('off')
    expect(refused).toEqual([])
  })

  test('behaviour: a double-click starts, it does not start and stop', async ({ page, sites }) => {
    await page.goto(`${sites.elements}elements?next=working`)
    await page.getByTestId('contribute').dblclick()
    await expect(page.getByTestId('state-line')).toHaveText(/Working on 2 units with 5 peers/)
  })

  test('behaviour: when the device is lent is said before the click, chosen, and kept over a reload', async ({
    page,
    sites,
  }) => {
    await page.setViewportSize({ width: 360, height: 800 })
    await page.goto(sites.page)
    const caps = page.getByTestId('caps')
    await expect(caps).toHaveText('Works at all hours, plugged in, not on metered links, while this tab is visible')
    await caps.click()
    await page.getByLabel('On battery').selectOption({ label: 'Down to 50% charge' })
    await page.getByLabel('Go on while this tab is hidden').check()
    await page.getByLabel('Only at some hours of the day').check()
    await page.getByLabel('to', { exact: true }).fill('06:30')
    const chosen = 'Works from 08:00 to 06:30, on battery down to 50%, not on metered links, also in a hidden tab'
    await expect(caps).toHaveText(chosen)
    expect(await violations(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    await page.reload()
    await expect(caps).toHaveText(chosen)
  })

  test('behaviour: a reload asks again and remembers the share', async ({ page, sites }) => {
    await page.goto(sites.page)
    await page.locator('#share').fill('35')
    await page.getByTestId('contribute').click()
    await expect.poll(() => page.workers().length).toBe(1)
    await page.reload()
    await expect(page.getByTestId('contribute')).toBeVisible()
    await expect(page.locator('#share')).toHaveValue('35')
    await page.waitForLoadState('networkidle')
    expect(await phase(page)).toBe('off')
    expect(page.workers()).toHaveLength(0)
  })

  test('behaviour: resumes after a reload only when asked to, says so, and not after a stop', async ({
    page,
    sites,
  }) => {
    await page.goto(sites.page)
    await page.getByRole('checkbox').check()
    await page.getByTestId('contribute').click()
    await expect(page.getByTestId('stop')).toBeVisible()
    await page.reload()
    await expect(page.getByTestId('stop')).toBeVisible()
    await expect(page.getByText('goes on by itself')).toBeVisible()
    await page.getByTestId('stop').click()
    await expect(page.getByTestId('contribute')).toBeVisible()
    await page.reload()
    await expect(page.getByTestId('contribute')).toBeVisible()
    await page.waitForLoadState('networkidle')
    expect(page.workers()).toHaveLength(0)
  })
})

test.describe('states', () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`behaviour: no state breaks WCAG AA, ${colorScheme}`, async ({ page, sites }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      for (const state of STATES) {
        await page.goto(`${sites.elements}elements?state=${state}`)
        await expect(page.getByTestId('state-line')).toBeVisible()
        for (const unit of (await page.locator('cw-units details').all()).slice(0, 3)) await unit.click()
        expect(await violations(page), state).toEqual([])
      }
    })
  }

  test('behaviour: no state is wider than the screen, from 320 to 1440 px', async ({ page, sites }) => {
    for (const state of STATES) {
      await page.goto(`${sites.elements}elements?state=${state}`)
      await expect(page.getByTestId('state-line')).toBeVisible()
      for (const width of [320, 360, 768, 1100, 1440]) {
        await page.setViewportSize({ width, height: 900 })
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth),
          `${state} at ${width}`,
        ).toBeLessThanOrEqual(width)
      }
    }
  })

  test('behaviour: under reduced motion nothing moves', async ({ page, sites }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await page.goto(`${sites.elements}elements?state=working`)
    await expect(page.getByTestId('state-line')).toHaveText(/Working/)
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
  })

  test('behaviour: everything can be reached and opened with the keyboard', async ({ page, sites }) => {
    await page.goto(`${sites.elements}elements?state=protected`)
    await expect(page.getByTestId('units')).toBeVisible()
    await page.getByTestId('stop').focus()
    await page.keyboard.press('Tab')
    await expect(page.getByLabel('Share of the GPU')).toBeFocused()
    await page.keyboard.press('Tab')
    await expect(page.getByTestId('caps')).toBeFocused()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await expect(page.getByLabel('On battery')).toBeFocused()
    await page.getByTestId('caps').focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await expect(page.locator('cw-units summary').first()).toBeFocused()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    const unit = page.locator('cw-units details').nth(2)
    await expect(unit).toHaveAttribute('open', '')
    await expect(unit).toContainText('Checked by 1 other node: equal, byte for byte.')
    await page.keyboard.press('Tab')
    await expect(unit.getByRole('link', { name: 'Certificate' })).toBeFocused()
  })

  test('behaviour: credits and units are told with their reasons', async ({ page, sites }) => {
    await page.goto(`${sites.elements}elements?state=working`)
    await expect(page.getByTestId('units-done')).toHaveText('18')
    await expect(page.getByTestId('credits')).toContainText('0.034359')
    await expect(page.getByTestId('credits')).toContainText('1.203144')
    await expect(page.getByText(/1 unit not accepted: Part 3/)).toBeVisible()
    await expect(page.getByTestId('device')).toHaveText('nvidia hopper')
    await expect(page.getByTestId('peer-count')).toHaveText('5')
  })

  test('behaviour: an error says what happened, what was kept and what to do next', async ({ page, sites }) => {
    await page.goto(`${sites.elements}elements?state=attention`)
    const problem = page.getByRole('alert').filter({ hasText: /./ })
    await expect(problem).toContainText('The GPU was lost, and lost again after it was opened anew')
    await expect(problem).toContainText('is safe')
    await expect(problem).toContainText('Lower the share of your GPU')
  })

  test('behaviour: a passkey is offered, may fail without harm and may be refused', async ({ page, sites }) => {
    await page.goto(`${sites.elements}elements?state=working`)
    await page.getByTestId('passkey-create').click()
    await expect(page.getByTestId('passkey')).toContainText('Nothing was lost')
    await page.getByTestId('passkey-skip').click()
    await expect(page.getByTestId('passkey')).toHaveCount(0)
    await expect(page.getByTestId('stop')).toBeVisible()
    await page.goto(`${sites.elements}elements?state=protected`)
    await expect(page.getByText('protects your key (tier 1)')).toBeVisible()
    await expect(page.getByTestId('passkey')).toHaveCount(0)
  })
})
