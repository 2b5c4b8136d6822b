// A site's share from the tag to the owner's page: a visitor of the example site agrees, its device does a unit on a real grid, and both
// are credited as the terms said.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AxeBuilder } from '@axe-core/playwright'
import { type Page, expect } from '@playwright/test'
import { signerFromSecret } from '#core/ed25519.ts'
import { seededRandom, systemRandom } from '#core/random.ts'
import { openSite } from '../../examples/site/serve.ts'
import { randomMatrix } from '../support/certified-job.ts'
import { test } from '../support/explorer-site.ts'
import type { LiveGrid } from '../support/live-grid.ts'

const account = signerFromSecret(systemRandom.bytes(32)).publicKey
const servers: Server[] = []

test.afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function openGarden(grid: LiveGrid, credit?: { account: string; percent: number }): Promise<string> {
  const options = { coordinator: grid.url, hostname: '127.0.0.1', port: 0 }
  const server = await openSite(credit === undefined ? options : { ...options, credit })
  servers.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const frameOf = (page: Page) => page.frameLocator('commonwatt-widget iframe')

async function expectClean(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze()
  expect(violations.map(({ id }) => id)).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
}

test('default: visitor and site are credited as the terms say, and the owner reads it', async ({ page, site }) => {
  test.setTimeout(180_000)
  const grid = await site.grid(1)
  const garden = await openGarden(grid, { account, percent: 30 })
  await page.goto(garden)
  const frame = frameOf(page)
  await expect(frame.locator('cw-frame[seen]')).toContainText(
    `30% of the credit goes to ${new URL(garden).host}, the rest to you.`,
  )
  await frame.getByTestId('contribute').click()
  await expect
    .poll(async () => ((await (await fetch(`${grid.url}/api/v1/network`)).json()) as { nodes: number }).nodes, {
      timeout: 60_000,
    })
    .toBe(2)
  const requester = await grid.requester()
  const random = seededRandom('site-credit')
  const { body } = await requester.submit([randomMatrix(random, 'i8', 30, 20), randomMatrix(random, 'i8', 20, 30)])
  expect((await requester.events(String(body.id))).at(-1)?.event).toBe('done')
  await expect(page.getByRole('status')).toHaveText('Thank you for 1 unit.')
  // What both replicas did is the same work: two parts in one receipt for the visitor's, one for the other node's.
  const entry = (await grid.entries()).find(({ type }) => type === 'receipt')
  const payments = entry?.type === 'receipt' ? entry.payments : []
  const part = payments.find((payment) => payment.account === account)
  const own = payments.find(({ node, account: to }) => node === part?.node && to !== account)
  const total = BigInt(own?.amount ?? 0) + BigInt(part?.amount ?? 0)
  expect(payments).toHaveLength(3)
  expect(own?.account).toBe(own?.node)
  expect(BigInt(part?.amount ?? 0)).toBe((total * 30n) / 100n)
  expect((await requester.get(`/api/v1/accounts/${own?.node}`)).body).toMatchObject({ earned: own?.amount })
  expect((await requester.get(`/api/v1/accounts/${account}`)).body).toMatchObject({ earned: part?.amount })
  await frame.getByTestId('stop').click()
  await page.goto(`${grid.url}/sites?of=${account}`)
  await expect(page.getByRole('heading', { name: 'By site' })).toBeVisible()
  await expect(page.getByRole('rowheader', { name: garden })).toBeVisible()
  await expectClean(page)
  await page.goto(`${grid.url}/sites?of=${encodeURIComponent(garden)}`)
  await expect(page.getByRole('heading', { name: 'By day' })).toBeVisible()
})

test('behaviour: a site that names no account gets nothing, and the terms say so', async ({ page, site }) => {
  const grid = await site.grid(0)
  await page.goto(await openGarden(grid))
  await expect(frameOf(page).locator('cw-frame[seen]')).toContainText('The credit is yours alone')
})

for (const [width, colorScheme] of [
  [360, 'light'],
  [1440, 'dark'],
] as const)
  test(`behaviour: the page for owners, ${width} px, ${colorScheme}`, async ({ page, site }) => {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const grid = await site.grid(0)
    await page.goto(`${grid.url}/sites`)
    const input = page.getByRole('textbox')
    await input.fill('a garden')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('alert').filter({ hasText: 'This is neither' })).toBeVisible()
    await expectClean(page)
    await input.fill(account)
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('nothing')).toBeVisible()
    await expect(page.locator('pre')).toContainText(`account="${account}"`)
    await expect(page).toHaveURL(`${grid.url}/sites?of=${account}`)
    await expectClean(page)
  })
