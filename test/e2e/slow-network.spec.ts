// The page over a bad link: it is never blank, says what it waits for, and nothing that is seen moves.
import { type Page, expect } from '@playwright/test'
import { test } from '../support/page-site.ts'

/** A link at the edge of a village: 400 kbit/s, and half a second to get an answer. */
const SLOW = { offline: false, latency: 500, downloadThroughput: 50_000, uploadThroughput: 25_000 }

// What goes through the service worker is not slowed down.
test.use({ serviceWorkers: 'block' })

type Watched = { readonly shifts: readonly number[]; readonly blanks: number; readonly frames: number }

/** Watches each frame for text on the screen, once there was some, and collects what moved without anybody's doing. */
async function watch(page: Page): Promise<() => Promise<Watched>> {
  await page.addInitScript(() => {
    const seen = { shifts: [] as number[], blanks: 0, frames: 0 }
    Object.defineProperty(window, 'seen', { value: seen })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
        if (!entry.hadRecentInput) seen.shifts.push(entry.value)
    }).observe({ type: 'layout-shift', buffered: true })
    const hasText = () =>
      ['#shell', 'cw-contributor'].some((host) => {
        const button = document.querySelector(host)?.shadowRoot?.querySelector('.control')
        return button?.checkVisibility() === true && button.getBoundingClientRect().height > 0
      })
    const look = () => {
      if (hasText()) seen.frames += 1
      else if (seen.frames > 0) seen.blanks += 1
      requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
  return () => page.evaluate(() => (window as unknown as { seen: Watched }).seen)
}

for (const width of [360, 1440])
  test(`behaviour: load and consent over a slow link say what they wait for, ${width} px`, async ({ page, sites }) => {
    await page.setViewportSize({ width, height: 740 })
    const watched = await watch(page)
    const session = await page.context().newCDPSession(page)
    await session.send('Network.enable')
    await session.send('Network.emulateNetworkConditions', SLOW)
    await page.goto(sites.page, { waitUntil: 'commit' })
    // Long before the scripts are there.
    await expect(page.getByText('Opening the page')).toBeVisible()
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    const button = page.getByRole('button', { name: 'Contribute' })
    await expect(button).toBeDisabled()
    await expect(button).toBeEnabled()
    await expect(page.getByTestId('state-line')).toHaveText('Off')
    await page.getByTestId('contribute').click()
    await expect(page.getByTestId('state-line')).toHaveText('Starting')
    await expect(page.getByText('Loading the node.', { exact: true })).toBeVisible()
    await expect(page.getByTestId('stop')).toBeEnabled()
    // The node is there, and the network does not answer.
    await expect(page.getByText('Finding the network.', { exact: true })).toBeVisible()
    const { blanks, frames, shifts } = await watched()
    expect(frames).toBeGreaterThan(0)
    expect(blanks).toBe(0)
    expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.01)
    await page.getByTestId('stop').click()
    await expect(page.getByTestId('state-line')).toHaveText('Off')
  })

test('behaviour: a click while the node still travels is undone by Stop at once', async ({ page, sites }) => {
  await page.goto(sites.page)
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', { ...SLOW, latency: 5_000 })
  await page.getByTestId('contribute').click()
  await expect(page.getByText('Loading the node.', { exact: true })).toBeVisible()
  await page.getByTestId('stop').click()
  await expect(page.getByTestId('state-line')).toHaveText(/Stopping|Off/)
  await session.send('Network.emulateNetworkConditions', { ...SLOW, latency: 0, downloadThroughput: -1 })
  await expect(page.getByTestId('contribute')).toBeVisible()
  await expect(page.getByTestId('state-line')).toHaveText('Off')
  expect(page.workers()).toHaveLength(0)
})
