// The state line of a real page on a real grid: waiting, slowed down, hidden, paused, offline and off, each with its sign and its why.
import { type Page, expect } from '@playwright/test'
import { test } from '../support/explorer-site.ts'

const line = (page: Page) => page.getByTestId('state-line')
const reason = (page: Page) => page.locator('cw-state-line .reason')

/** Has the browser tell the page that it is seen, or not: a headless browser shows every tab. */
async function setVisible(page: Page, isVisible: boolean): Promise<void> {
  await page.evaluate(
    (state) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    },
    isVisible ? 'visible' : 'hidden',
  )
}

test('default: the line says what the node does, and why it does less or nothing', async ({ page, site }) => {
  test.setTimeout(120_000)
  const grid = await site.grid(1)
  await page.goto(grid.url)
  await expect(line(page)).toHaveAttribute('data-kind', 'off')
  await page.getByTestId('contribute').click()
  await expect(line(page)).toHaveText(/^\s*On, waiting for work/, { timeout: 60_000 })
  // Whoever uses the page gets the device back for half a minute.
  await page.getByRole('heading', { name: 'You and your peers' }).click()
  await expect(line(page)).toHaveAttribute('data-kind', 'throttled')
  await expect(line(page)).toHaveText(/^\s*On, waiting for work.*, slowed down\s*$/)
  await expect(reason(page)).toHaveText(
    /^No unit is meant for your device.*Eases off to \d+% of your device: you used this page/,
  )
  await setVisible(page, false)
  await expect(line(page)).toHaveAttribute('data-kind', 'hidden')
  await expect(line(page)).toHaveText(/Resting while hidden/)
  await expect(reason(page)).toHaveText('This tab is hidden; it goes on when you come back to it.')
  // Outside the hours that are lent as well: it is the person's rule that pauses now, not the tab alone.
  await page.getByTestId('caps').click()
  await page.getByLabel('Only at some hours of the day').check()
  // On the half hour: it never is what the fields begin with, and hours have an end other than their beginning.
  const now = new Date()
  const clock = (hours: number) => `${String((now.getHours() + hours) % 24).padStart(2, '0')}:30`
  await page.getByLabel('to', { exact: true }).fill(clock(5))
  await page.getByLabel('from', { exact: true }).fill(clock(3))
  await expect(line(page)).toHaveAttribute('data-kind', 'paused')
  await expect(reason(page)).toHaveText(
    /you lend from .* and this tab is hidden\. It goes on when none of this holds any more\.$/,
  )
  await setVisible(page, true)
  await expect(reason(page)).toHaveText(new RegExp(`it goes on at ${clock(3)}\\.$`))
  await page.getByLabel('Only at some hours of the day').uncheck()
  await expect(line(page)).toHaveAttribute('data-kind', 'throttled')
  await page.getByTestId('stop').click()
  await expect(line(page)).toHaveAttribute('data-kind', 'off')
  await page.context().setOffline(true)
  await expect(line(page)).toHaveAttribute('data-kind', 'offline')
  await expect(line(page)).toHaveText(/Off, and offline/)
})
