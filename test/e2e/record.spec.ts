// What a device did and got, in a real browser: when it is fetched, what is kept, shown, saved, deleted and shared.
import { readFile } from 'node:fs/promises'
import { AxeBuilder } from '@axe-core/playwright'
import { type Download, type Page, expect } from '@playwright/test'
import { test } from '../support/page-site.ts'

async function openElements(page: Page, origin: string, record = ''): Promise<void> {
  await page.goto(`${origin}elements?state=stopped&record=${record}`)
  await expect(page.locator('cw-earned')).toBeVisible()
}

async function saved(page: Page, button: string): Promise<{ download: Download; bytes: Buffer }> {
  const coming = page.waitForEvent('download')
  await page.getByTestId(button).click()
  const download = await coming
  return { download, bytes: await readFile(await download.path()) }
}

async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)
}

/** Different colours in the plot: an empty canvas has one. */
const colours = (page: Page, chart: string) =>
  page.locator(`[data-chart=${chart}] canvas`).evaluate((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement
    const pixels = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? []
    return new Set(new Uint32Array(Uint8ClampedArray.from(pixels).buffer)).size
  })

const FIRST_TOTAL = /In total 0 units since/

test.describe('on the page', () => {
  test('default: a first visit fetches nothing of it; after the first start it is there, and after a reload before any click', async ({
    page,
    sites,
  }) => {
    const scripts: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => scripts.push(new URL(request.url()).pathname))
    page.on('console', (message) => {
      if (/Content Security Policy|Trusted/.test(message.text())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    const isFetched = () => scripts.some((path) => /open-record|plot|uplot/.test(path))
    await page.goto(sites.page)
    await expect(page.getByTestId('contribute')).toBeVisible()
    await page.waitForLoadState('networkidle')
    expect(isFetched()).toBe(false)
    await page.getByTestId('contribute').click()
    await expect(page.getByText(FIRST_TOTAL)).toBeVisible()
    expect(isFetched()).toBe(true)
    await page.getByTestId('stop').click()
    await page.reload()
    await expect(page.getByText(FIRST_TOTAL)).toBeVisible()
    await expect(page.getByTestId('contribute')).toBeVisible()
    expect(page.workers()).toHaveLength(0)
    await page.locator('cw-charts').scrollIntoViewIfNeeded()
    await expect(page.locator('[data-chart=credit] canvas')).toBeVisible()
    expect(complaints).toEqual([])
  })

  test('behaviour: nothing that is seen moves when the record comes', async ({ page, sites }) => {
    await page.goto(sites.page)
    await page.getByTestId('contribute').click()
    await expect(page.getByText(FIRST_TOTAL)).toBeVisible()
    await page.getByTestId('stop').click()
    await page.addInitScript(() => {
      const shifts: number[] = []
      Object.defineProperty(window, 'shifts', { value: shifts })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value)
      }).observe({ type: 'layout-shift', buffered: true })
    })
    await page.reload()
    await expect(page.getByText(FIRST_TOTAL)).toBeVisible()
    await page.waitForLoadState('networkidle')
    const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts)
    expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.01)
  })
})

test.describe('the record', () => {
  test('behaviour: credit is told by the day, the week and in total, with why', async ({ page, sites }) => {
    await openElements(page, sites.elements)
    for (const span of ['today', 'week', 'total']) await expect(page.getByTestId(`earned-${span}`)).toHaveText(/[1-9]/)
    await expect(page.getByTestId('earned-why')).toHaveText(/^Today: [\d,]+ units? whose result others reached too\./)
    await openElements(page, sites.elements, 'none')
    await expect(page.getByTestId('earned-total')).toHaveText('0')
    await expect(page.getByTestId('earned-why')).toHaveText('No unit finished today yet.')
  })

  test('behaviour: charts are fetched when they come into view, follow the span, and are told in words', async ({
    page,
    sites,
  }) => {
    await page.setViewportSize({ width: 360, height: 480 })
    await page.emulateMedia({ reducedMotion: 'reduce' })
    let fetched = 0
    page.on('request', (request) => (fetched += Number(/record\/plot/.test(request.url()))))
    await openElements(page, sites.elements)
    await expect(page.getByTestId('chart-rate')).toHaveText(/Between [\d.]+ Gop\/s and/)
    expect(fetched).toBe(0)
    await page.locator('cw-charts').scrollIntoViewIfNeeded()
    await expect(page.locator('[data-chart=credit] canvas')).toBeVisible()
    for (const chart of ['rate', 'credit']) expect(await colours(page, chart)).toBeGreaterThan(5)
    const day = await page.getByTestId('chart-credit').textContent()
    await page.getByRole('radio', { name: 'Last 24 hours' }).focus()
    await page.keyboard.press('ArrowRight')
    await expect(page.getByRole('radio', { name: 'Last 30 days' })).toBeChecked()
    await expect(page.getByTestId('chart-credit')).not.toHaveText(day ?? '')
    await page.getByTestId('chart-table').click()
    const rows = page.locator('cw-charts tbody tr')
    await expect(rows).toHaveCount(30)
    await expect(rows.first()).toContainText('Gop/s')
    await page.getByRole('radio', { name: 'Last hour' }).check()
    await expect(page.getByText('Credit by the minute')).toBeVisible()
    await expect(rows.first()).toContainText(/\d\d:\d\d/)
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
  })

  test('behaviour: all units are there a page at a time, each with its certificate and a way to compute it again', async ({
    page,
    sites,
  }) => {
    await page.goto(`${sites.elements}elements?state=off&record`)
    const place = page.getByTestId('page-place')
    await expect(place).toHaveText('1 to 12 of 40')
    const units = page.locator('cw-history details')
    await expect(units).toHaveCount(12)
    const newest = await units.first().textContent()
    await page.getByTestId('older').focus()
    for (const words of ['13 to 24 of 40', '25 to 36 of 40', '37 to 40 of 40', '37 to 40 of 40']) {
      await page.keyboard.press('Enter')
      await expect(place).toHaveText(words)
    }
    await expect(page.getByTestId('older')).toBeFocused()
    await expect(units).toHaveCount(4)
    const oldest = units.filter({ hasText: 'agreed' }).last()
    await oldest.click()
    await expect(oldest.getByRole('link', { name: 'Certificate' })).toHaveAttribute(
      'href',
      /^\/api\/v1\/certificates\//,
    )
    await expect(oldest.getByRole('link', { name: /compute it again/ })).toHaveAttribute(
      'href',
      /^\/explorer\/unit\/[0-9a-f]{64}$/,
    )
    for (let i = 0; i < 3; i++) await page.getByTestId('newer').click()
    await expect(place).toHaveText('1 to 12 of 40')
    await expect.poll(() => units.first().textContent()).toBe(newest)
  })

  test('behaviour: it is saved as CSV and as JSON, whole and exact', async ({ page, sites }) => {
    await openElements(page, sites.elements)
    const csv = await saved(page, 'export-csv')
    expect(csv.download.suggestedFilename()).toMatch(/^commonwatt-history-\d{4}-\d\d-\d\d\.csv$/)
    const lines = csv.bytes.toString('utf8').split('\r\n')
    expect(lines[0]).toBe('started,finished,what,outcome,credit,credit_atto,reason,unit,certificate,checked_with')
    expect(lines).toHaveLength(42)
    expect(lines.filter((line) => line.includes(',agreed,0.002147483648,2147483648000000,')).length).toBeGreaterThan(30)
    const json = await saved(page, 'export-json')
    const whole = JSON.parse(json.bytes.toString('utf8')) as {
      format: string
      totals: { agreed: number; credited: string }
      units: { unit: string }[]
      quarters: { agreed: number; credited: string }[]
      minutes: unknown[]
    }
    expect(whole.format).toBe('commonwatt-history/1')
    expect(whole.units).toHaveLength(40)
    expect(whole.minutes.length).toBeGreaterThan(100)
    expect(whole.quarters.reduce((sum, { agreed }) => sum + agreed, 0)).toBe(whole.totals.agreed)
    expect(whole.quarters.reduce((sum, { credited }) => sum + BigInt(credited), 0n)).toBe(BigInt(whole.totals.credited))
    await expect(page.getByText(/^Saved as commonwatt-history-.*\.json\.$/)).toBeVisible()
  })

  test('behaviour: it is deleted after a question, for good, and not by Escape', async ({ page, sites }) => {
    await openElements(page, sites.elements)
    const total = await page.getByTestId('earned-total').textContent()
    await page.getByTestId('delete-history').focus()
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('delete-no')).toBeFocused()
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await expect(page.getByTestId('delete-history')).toBeFocused()
    await openElements(page, sites.elements, 'kept')
    await expect(page.getByTestId('earned-total')).toHaveText(total ?? '')
    await page.getByTestId('delete-history').click()
    await page.getByTestId('delete-yes').click()
    await expect(page.getByText('The history is deleted.')).toBeVisible()
    await expect(page.getByTestId('earned-total')).toHaveText('0')
    await expect(page.getByTestId('delete-history')).toBeFocused()
    await openElements(page, sites.elements, 'kept')
    await expect(page.getByTestId('earned-total')).toHaveText('0')
  })

  test('behaviour: a goal is set, kept over a reload, and taken away; by the keyboard', async ({ page, sites }) => {
    await openElements(page, sites.elements)
    await page.getByTestId('goal-set').focus()
    await page.keyboard.press('Enter')
    await expect(page.getByLabel('How much')).toBeFocused()
    await page.getByLabel('How much').fill('10')
    await page.getByLabel('Of what').selectOption('credit')
    await page.getByLabel('In which time').selectOption('week')
    expect(await violations(page)).toEqual([])
    await page.getByLabel('How much').press('Enter')
    const words = page.getByTestId('goal-words')
    await expect(words).toHaveText(/^\s*[\d.]+ of 10 credits this week/)
    await openElements(page, sites.elements)
    await expect(words).toHaveText(/of 10 credits this week/)
    await page.getByTestId('goal-change').click()
    await page.getByLabel('Of what').selectOption('units')
    await page.getByLabel('How much').fill('1')
    await page.getByLabel('How much').press('Enter')
    await expect(words).toHaveText(/Reached:\s+[\d,]+ of 1 units this week \(100%\)/)
    await expect(page.getByRole('progressbar', { name: 'Your goal' })).toHaveAttribute('class', 'reached')
    await page.getByTestId('goal-remove').click()
    await expect(page.getByTestId('goal-set')).toBeFocused()
    await openElements(page, sites.elements)
    await expect(page.getByTestId('goal-set')).toBeVisible()
  })

  test('behaviour: a card is drawn here, says what was done and no key, and is saved or copied', async ({
    page,
    context,
    sites,
  }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await openElements(page, sites.elements)
    await page.getByTestId('card-make').click()
    await expect(page.getByTestId('card-save')).toBeFocused()
    const told = (await page.getByTestId('card').getAttribute('aria-label')) ?? ''
    expect(told).toMatch(/^[\d,]+ units of work, each checked by others\. [\d.]+ credits earned since /)
    expect(told).toContain(new URL(sites.elements).host)
    expect(told).not.toMatch(/[0-9a-f]{16}/)
    const { download, bytes } = await saved(page, 'card-save')
    expect(download.suggestedFilename()).toBe('commonwatt.png')
    expect(bytes.subarray(1, 4).toString()).toBe('PNG')
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1200, 630])
    expect(bytes.length).toBeGreaterThan(10_000)
    await page.getByTestId('card-copy').click()
    await expect(page.getByText('Copied.')).toBeVisible()
    expect(await page.evaluate(async () => (await navigator.clipboard.read())[0]?.types)).toEqual(['image/png'])
    await openElements(page, sites.elements, 'none')
    await expect(page.getByTestId('card-make')).toHaveCount(0)
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`behaviour: nothing of it breaks WCAG AA or is wider than the screen, ${colorScheme}`, async ({
      page,
      sites,
    }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      for (const record of ['', 'none']) {
        await openElements(page, sites.elements, record)
        await page.getByTestId('chart-table').click()
        if (record === '') await page.getByTestId('card-make').click()
        await page.locator('cw-board').scrollIntoViewIfNeeded()
        await page.getByTestId('board-join').click()
        await expect(page.locator('[data-chart=credit] canvas')).toBeVisible()
        expect(await violations(page), record).toEqual([])
        for (const width of [320, 360, 768, 1100, 1440]) {
          await page.setViewportSize({ width, height: 900 })
          expect(
            await page.evaluate(() => document.documentElement.scrollWidth),
            `${record} at ${width}`,
          ).toBeLessThanOrEqual(width)
        }
      }
    })
  }
})
