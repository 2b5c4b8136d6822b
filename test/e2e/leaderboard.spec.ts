// The leaderboard on the contributor's page, from nothing to a name and back: a real page earns credit on a real grid, asks to be named,
// is seen, changes its team and is erased.
import { AxeBuilder } from '@axe-core/playwright'
import { type Page, expect } from '@playwright/test'
import { seededRandom } from '#core/random.ts'
import { randomMatrix } from '../support/certified-job.ts'
import { test } from '../support/explorer-site.ts'
import type { LiveGrid } from '../support/live-grid.ts'

type Line = { readonly account: string; readonly name: string; readonly team: string | null; readonly amount: string }

async function board(grid: LiveGrid): Promise<Line[]> {
  const response = await fetch(`${grid.url}/api/v1/leaderboard?by=week`)
  return ((await response.json()) as { lines: Line[] }).lines
}

/** Has the page's node and the other one do a unit. */
async function earn(grid: LiveGrid): Promise<void> {
  const nodes = async () => ((await (await fetch(`${grid.url}/api/v1/network`)).json()) as { nodes: number }).nodes
  await expect.poll(nodes, { timeout: 60_000 }).toBe(2)
  const requester = await grid.requester()
  const random = seededRandom('leaderboard')
  const { body } = await requester.submit([randomMatrix(random, 'i8', 30, 20), randomMatrix(random, 'i8', 20, 30)])
  expect((await requester.events(String(body.id))).at(-1)?.event).toBe('done')
}

async function expectClean(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze()
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`),
    what,
  ).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), what).toBeLessThanOrEqual(0)
}

async function openBoard(page: Page): Promise<void> {
  await page.locator('cw-board').scrollIntoViewIfNeeded()
  await expect(page.locator('cw-board-name')).toBeVisible()
}

for (const [width, colorScheme] of [
  [1440, 'light'],
  [360, 'dark'],
] as const)
  test(`default: a contributor asks to be named, changes the team and is erased, ${width} px, ${colorScheme}`, async ({
    page,
    site,
  }) => {
    test.setTimeout(180_000)
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (/Content Security Policy|Trusted/.test(message.text())) complaints.push(message.text())
    })
    const grid = await site.grid(1)
    await page.goto(grid.url)
    await expect(page.locator('cw-board')).toHaveCount(0)
    await page.getByTestId('contribute').click()
    await openBoard(page)
    await expect(page.getByTestId('board-empty')).toBeVisible()
    await earn(grid)
    expect(await board(grid)).toEqual([])

    // The name, by the keyboard.
    await page.getByTestId('board-join').focus()
    await page.keyboard.press('Enter')
    const name = page.getByLabel('Name', { exact: true })
    await expect(name).toBeFocused()
    await expect(page.locator('cw-board-name')).toContainText('What becomes public')
    await expectClean(page, 'form')
    await name.fill('a/b')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('alert').filter({ hasText: 'This name cannot be shown.' })).toBeVisible()
    await name.fill('Zoë 7')
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('board-place')).toHaveText('Place 1 this week.')
    await expect(page.getByTestId('board-change')).toBeFocused()
    await expect(page.getByRole('row', { name: /Zoë 7.*you/ })).toBeVisible()
    const [line] = await board(grid)
    expect(line).toMatchObject({ name: 'Zoë 7', team: null })
    const key = await page
      .locator('cw-contributor')
      .evaluate((view) => (view as unknown as { state: { node: string } }).state.node)
    expect(line?.account).toBe(key)
    await expectClean(page, 'named')

    // A team, while nothing runs: the word needs no node.
    await page.getByTestId('stop').click()
    await expect(page.getByTestId('contribute')).toBeVisible()
    await page.reload()
    await openBoard(page)
    await page.getByTestId('board-change').click()
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Zoë 7')
    await page.getByRole('textbox', { name: 'Team' }).fill('roses')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { name: 'You are here as Zoë 7, in the team roses' })).toBeVisible()
    await page.getByLabel('Teams').check()
    await expect(page.getByRole('row', { name: /roses 1 member yours/ })).toBeVisible()
    await page.getByLabel('In total').check()
    await expect(page.getByTestId('board-place')).toHaveText('Place 1 in total.')

    // Off again, after a question.
    await page.getByTestId('board-leave').click()
    await expect(page.getByTestId('board-stay')).toBeFocused()
    await page.getByTestId('board-stay').click()
    expect(await board(grid)).toHaveLength(1)
    await page.getByTestId('board-leave').click()
    await page.getByTestId('board-leave-yes').click()
    await expect(page.getByText('You are off the board. Your name and team are erased.')).toBeVisible()
    await expect(page.getByTestId('board-join')).toBeFocused()
    expect(await board(grid)).toEqual([])
    expect(complaints).toEqual([])
  })

test('error: a coordinator that does not answer costs nothing, and is asked again', async ({ page, site }) => {
  const grid = await site.grid(0)
  await page.goto(grid.url)
  const cut = () => page.route('**/api/v1/leaderboard**', (route) => route.abort())
  const mend = () => page.unroute('**/api/v1/leaderboard**')
  await cut()
  await page.getByTestId('contribute').click()
  await page.locator('cw-board').scrollIntoViewIfNeeded()
  const trouble = page.getByTestId('board-trouble')
  await expect(trouble).toContainText('are as they were')
  await mend()
  await trouble.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByTestId('board-empty')).toBeVisible()
  await expect(trouble).toHaveCount(0)
  await cut()
  await page.getByLabel('In total').check()
  await expect(trouble).toBeVisible()
  await mend()
  await page.getByLabel('This week').check()
  await expect(page.getByTestId('board-empty')).toBeVisible()
})
