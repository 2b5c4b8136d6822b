// The main screens against pictures of their layout, at the width of a phone and of a desk, light and dark. Of boxes, not of letters:
// boxes.css says how. `npx playwright test pictures --update-snapshots` takes them anew (CONTRIBUTING.md).
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Page, expect } from '@playwright/test'
import { Hono } from 'hono'
import { pageRoutes } from '#coordinator/http/page.ts'
import { certifyMatmul } from '../support/certified-job.ts'
import { type Sites, listen, test as base } from '../support/page-site.ts'
import { ToldLog } from '../support/told-log.ts'

const WIDTHS = [360, 1440] as const
const BOXES = fileURLToPath(new URL('boxes.css', import.meta.url))

/** Noon of an ordinary day: ages, bars and dates are the same whenever this runs. */
const NOW = new Date('2026-03-03T12:00:00Z')

const ACCOUNT = 'ad'.repeat(32)
const EARNINGS = {
  account: { balance: '1203144958123000000', pending: '171798691840000000', burned: '0' },
  from: '2025-12-03',
  days: ['2026-03-03', '2026-03-02', '2026-02-27'].flatMap((day, i) =>
    ['https://garden.example', 'https://kitchen.example'].map((site, j) => ({
      site,
      account: ACCOUNT,
      day,
      units: 40 - 9 * i - 3 * j,
      amount: `${(7 - i) * (3 - j)}4359738368000000`,
    })),
  ),
}

/** Playwright's test with the explorer over the log of one certified job. */
const test = base.extend<object, { explorer: string }>({
  explorer: [
    async ({ sites }, use) => {
      const told = await ToldLog.open(await certifyMatmul('pictures', { m: 300, k: 40, n: 280 }))
      const app = new Hono()
      app.route('/', told.app)
      app.route('/', pageRoutes(sites.pageDir))
      const { origin, close } = await listen('localhost', app)
      await use(`${origin}/explorer/unit/${told.unit}`)
      await close()
    },
    { scope: 'worker' },
  ],
})

// The page's own policy lets no style of a test in.
test.use({ bypassCSP: true, locale: 'en-GB', timezoneId: 'UTC' })

type Screen = {
  readonly name: string
  readonly schemes: readonly ('light' | 'dark')[]
  readonly open: (page: Page, sites: Sites, explorer: string) => Promise<unknown>
}

const SCREENS: readonly Screen[] = [
  {
    name: 'before',
    schemes: ['light', 'dark'],
    open: async (page, { page: origin }) => {
      await page.goto(origin)
      await expect(page.getByTestId('device-panel')).toBeAttached()
    },
  },
  {
    name: 'working',
    schemes: ['light', 'dark'],
    open: async (page, { elements }) => {
      await page.goto(`${elements}elements?state=working`)
      await expect(page.getByTestId('stop')).toBeVisible()
    },
  },
  {
    name: 'unit',
    schemes: ['light'],
    open: async (page, _, explorer) => {
      await page.goto(explorer)
      await expect(page.getByTestId('verdict')).toContainText('passed')
    },
  },
  {
    name: 'sites',
    schemes: ['light'],
    open: async (page, { page: origin }) => {
      await page.route('**/api/v1/sites/*', (route) => route.fulfill({ json: EARNINGS }))
      await page.goto(`${origin}/sites?of=${ACCOUNT}`)
      await expect(page.getByRole('heading', { name: 'By site' })).toBeVisible()
    },
  },
  {
    name: 'widget',
    schemes: ['light', 'dark'],
    open: async (page, { elements }) => {
      await page.goto(`${elements}elements?state=off&view=frame`)
      await expect(page.locator('cw-frame[mode]')).toBeVisible()
    },
  },
]

/** The font of boxes.css. The page's own may come too late to be used, and a system's differ: lines would break elsewhere. */
async function addFont(page: Page): Promise<void> {
  for (const weight of ['400', '600']) {
    const path = `node_modules/@fontsource/ibm-plex-sans/files/ibm-plex-sans-latin-${weight}-normal.woff2`
    const bytes = (await readFile(path)).toString('base64')
    await page.evaluate(
      async ({ bytes, weight }) => {
        const face = new FontFace('Pictures', `url(data:font/woff2;base64,${bytes})`, { weight })
        document.fonts.add(await face.load())
      },
      { bytes, weight },
    )
  }
}

for (const { name, schemes, open } of SCREENS)
  for (const colorScheme of schemes)
    for (const width of WIDTHS)
      test(`default: ${name} at ${width} px, ${colorScheme}`, async ({ page, sites, explorer }) => {
        await page.clock.setFixedTime(NOW)
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.setViewportSize({ width, height: width < 600 ? 740 : 900 })
        await open(page, sites, explorer)
        await addFont(page)
        await expect(page).toHaveScreenshot(`${name}-${width}-${colorScheme}.png`, {
          stylePath: BOXES,
          animations: 'disabled',
          maxDiffPixelRatio: 0.01,
        })
      })
