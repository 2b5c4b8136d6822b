// The example of a site (examples/site), on an origin of its own: strict policy, pinned digest, events.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from '@playwright/test'
import { openSite } from '../../examples/site/serve.ts'
import { test } from '../support/page-site.ts'

let server: Server
let address: string

test.beforeAll(async ({ sites }) => {
  server = await openSite({ coordinator: sites.page, hostname: '127.0.0.1', port: 0 })
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
test.afterAll(async () => {
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
})

test('default: under a strict policy the box opens, consent starts a node, and the site hears of it', async ({
  page,
}) => {
  const complaints: string[] = []
  page.on('console', (message) => {
    const text = message.text()
    // Browsers without it say so, and the tests' own is one: see scripts/find-chromium.mjs.
    if (text.includes("'compute-pressure'")) return
    if (/Content.Security.Policy|Permissions.Policy|integrity|Unrecognized/i.test(text)) complaints.push(text)
  })
  await page.goto(address)
  const frame = page.frameLocator('commonwatt-widget iframe')
  await expect(frame.locator('cw-frame[seen]')).toContainText(new URL(address).host)
  await expect(frame.getByRole('slider')).toHaveAttribute('max', '60')
  await expect(page.getByRole('status')).toHaveText('Nobody has agreed to anything yet.')
  await frame.getByTestId('contribute').click()
  await expect(page.getByRole('status')).toHaveText('Thank you. You can stop at any time.')
  await frame.getByTestId('stop').click()
  await expect(page.getByRole('status')).toHaveText('It has stopped. Thank you.')
  expect(complaints).toEqual([])
})

test('behaviour: an embed.js that is not the pinned one does not run', async ({ page, sites }) => {
  await page.route(`${sites.page}/embed.js`, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: `${await response.text()}\n;globalThis.isForeign = true` })
  })
  const refused = page.waitForEvent('console', (message) => /integrity/i.test(message.text()))
  await page.goto(address)
  await refused
  expect(await page.evaluate(() => ['isForeign' in globalThis, customElements.get('commonwatt-widget')])).toEqual([
    false,
    undefined,
  ])
})
