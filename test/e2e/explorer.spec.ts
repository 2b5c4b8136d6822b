// The explorer in a real Chromium: true logs and units, over a real grid, and what it says of those that are not true.
import { readFile } from 'node:fs/promises'
import { AxeBuilder } from '@axe-core/playwright'
import { type Page, expect } from '@playwright/test'
import { bytesSource } from '#core/byte-source.ts'
import type { Digest } from '#core/digest.ts'
import { seededRandom } from '#core/random.ts'
import { generateText, registerModel } from '#cli/generation.ts'
import { type Matrix, addressOf, connect, isFork, matrixSource, verifyLogFork } from '#sdk/index.ts'
import { kindOf } from '#work/kinds.ts'
import { unitId } from '#work/unit.ts'
import { type Lies, certifyMatmul } from '../support/certified-job.ts'
import { test } from '../support/explorer-site.ts'
import { tinyModelFile } from '../support/tiny-model.ts'
import { ToldLog } from '../support/told-log.ts'

const WIDTHS = [320, 360, 768, 1100, 1440]
const GRANT = { type: 'grant', account: 'ab'.repeat(32), amount: '1' } as never

function matrix(seed: string, rows: number, cols: number): Matrix<Int8Array<ArrayBuffer>> {
  console.log(`seed: ${seed}`)
  return { rows, cols, data: new Int8Array(seededRandom(seed).bytes(rows * cols).buffer) }
}

/** The one unit of a small product. */
async function unitOfProduct(...matrices: Matrix<Int8Array<ArrayBuffer>>[]): Promise<Digest> {
  const inputs = await Promise.all(matrices.map(async (each) => (await addressOf(matrixSource(each))).ref))
  const [unit] = kindOf('matmul', 1).split({ params: {}, inputs })
  if (unit === undefined) throw new RangeError('The job has no units.')
  return unitId(unit)
}

async function toldLog(seed: string, lies: Lies = {}): Promise<ToldLog> {
  console.log(`seed: ${seed}`)
  return ToldLog.open(await certifyMatmul(seed, { m: 300, k: 40, n: 280, ...lies }))
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

/** What axe finds in light and in dark, and widths at which the page is wider than the screen. */
async function expectSound(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
      .analyze()
    expect(
      violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    ).toEqual([])
  }
  const { width, height } = page.viewportSize() ?? { width: 1280, height: 720 }
  for (const each of WIDTHS) {
    await page.setViewportSize({ width: each, height: 900 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth), `at ${each}`).toBeLessThanOrEqual(each)
  }
  await page.setViewportSize({ width, height })
}

const proven = (page: Page) => page.getByTestId('proven')
const row = (page: Page, index: number) => page.locator(`cw-entries details[data-index="${index}"]`)
const verdict = (page: Page) => page.getByTestId('verdict')
const outcome = (page: Page) => page.getByTestId('recompute-outcome')

test.describe('a real grid', () => {
  test('default: the log proves itself, follows what comes, and leads to a unit that comes out the same', async ({
    page,
    site,
  }) => {
    const grid = await site.grid(2, { config: { drawEpochMs: 1_000 } })
    const client = await connect(grid.url)
    await client.matmul(matrix('explorer/a', 300, 40), matrix('explorer/b', 40, 280))
    const refused = complaints(page)
    await page.goto(`${grid.url}/explorer`)
    await expect(proven(page)).toContainText('each proven')
    await expect(page.getByTestId('standing')).toContainText('Your first visit')
    const before = await page.locator('cw-entries details').count()
    expect(before).toBeGreaterThan(5)
    await expect(page.locator('cw-entries details[data-proven="yes"]')).toHaveCount(before)
    const { certificate } = await client.matmul(matrix('explorer/c', 64, 40), matrix('explorer/d', 40, 64))
    const receipts = page.locator('cw-entries details', { hasText: 'was checked and agreed on' })
    // The new entries may come in two looks, and are drawn over a few frames.
    await expect(async () => {
      const newer = page.getByTestId('show-newer')
      if (await newer.isVisible()) await newer.click()
      expect(await receipts.count()).toBe(2)
    }).toPass()
    const receipt = receipts.first()
    await receipt.locator('summary').click()
    await expectSound(page)
    await receipt.getByRole('link', { name: /compute it again/ }).click()
    await expect(verdict(page)).toContainText('all passed')
    await expect(page.getByTestId('what')).toHaveText('Multiplied a 64 x 40 and a 40 x 64 matrix')
    await page.getByTestId('compute-again').click()
    await expect(outcome(page)).toHaveText('The one part is the same, byte for byte.')
    await expect(page.getByTestId('recompute-device')).toContainText('fetched and checked')
    await expectSound(page)
    const [unit] = certificate.units
    if (unit === undefined) throw new Error('The job has no units.')
    await page.goto(`${grid.url}/explorer/unit/${unitId(unit.body.unit)}`)
    await expect(verdict(page)).toContainText('all passed')
    await page.goto(`${grid.url}/explorer`)
    await expect(page.getByTestId('standing')).toContainText('that you saw before')
    expect(refused).toEqual([])
  })

  test('behaviour: a text of a language model comes out the same', async ({ page, site }) => {
    test.slow()
    const grid = await site.grid(2)
    const client = await connect(grid.url)
    const model = await registerModel(client, bytesSource(await tinyModelFile('explorer')))
    const written = await generateText(client, { model, prompt: 'Once upon a time', maxTokens: 24 }, {})
    const [unit] = written.outcome.certificate.units
    if (unit === undefined) throw new Error('The job has no units.')
    await page.goto(`${grid.url}/explorer/unit/${unitId(unit.body.unit)}`)
    await expect(verdict(page)).toContainText('all passed')
    await page.getByTestId('compute-again').click()
    await expect(outcome(page)).toHaveText('The one part is the same, byte for byte.', { timeout: 90_000 })
  })

  test('behaviour: a unit without nodes says that it waits, and shows its certificate when there is one', async ({
    page,
    site,
  }) => {
    const grid = await site.grid(0)
    const client = await connect(grid.url)
    const [a, b] = [matrix('explorer/wait/a', 32, 40), matrix('explorer/wait/b', 40, 32)]
    const running = client.matmul(a, b)
    const unit = await unitOfProduct(a, b)
    await expect.poll(async () => (await page.request.get(`${grid.url}/api/v1/units/${unit}`)).status()).toBe(200)
    await page.goto(`${grid.url}/explorer/unit/${unit}`)
    await expect(page.getByTestId('uncertified')).toContainText('It waits for a node')
    await expectSound(page)
    await grid.node()
    await grid.node()
    await running
    await expect(verdict(page)).toContainText('all passed')
  })
})

test.describe('lies', () => {
  test('behaviour: an entry that is not the one in the log is shown red, and the others stay green', async ({
    page,
    site,
  }) => {
    const log = await toldLog('explorer/e2e/tampered')
    const [, admission] = log.entries
    log.told.set(1, { ...admission, escrow: '1' })
    const { origin } = await site.told(log)
    await page.goto(`${origin}/explorer`)
    await expect(proven(page)).toContainText(`1 of ${log.entries.length} is not proven`)
    await expect(row(page, 1)).toHaveAttribute('data-proven', 'no')
    await expect(row(page, 1)).toContainText('does not lead to the signed root')
    await expect(row(page, 0)).toHaveAttribute('data-proven', 'yes')
    await expectSound(page)
  })

  test('behaviour: a changed digest in a tile takes the tick from every entry whose proof uses it', async ({
    page,
    site,
  }) => {
    const log = await toldLog('explorer/e2e/tile')
    const { origin } = await site.told(log)
    await page.route('**/api/v1/log/tile/**', async (route) => {
      const response = await route.fetch()
      const body = await response.body()
      // The second leaf: it is on every path but its own.
      body[40] = (body[40] ?? 0) ^ 1
      await route.fulfill({ response, body })
    })
    await page.goto(`${origin}/explorer`)
    await expect(proven(page)).toContainText(`${log.entries.length - 1} of ${log.entries.length} are not proven`)
    await expect(row(page, 1)).toHaveAttribute('data-proven', 'yes')
  })

  test('behaviour: a fork is an alarm whose file convicts, and it stays when the true log is shown again', async ({
    page,
    site,
  }) => {
    const log = await toldLog('explorer/e2e/fork')
    const { origin } = await site.told(log)
    await page.goto(`${origin}/explorer`)
    await expect(proven(page)).toContainText('each proven')
    await log.show([...log.entries.slice(0, -1), GRANT, GRANT])
    // The page follows the log: no reload is needed.
    const alarm = page.getByTestId('alarm')
    await expect(alarm).toHaveAttribute('data-kind', 'fork')
    await expect(page.getByRole('alert').filter({ hasText: 'forked its log' })).toBeVisible()
    await expect(page.getByTestId('standing')).toContainText('not the log you saw before')
    await expectSound(page)
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('save-evidence').click()])
    const bytes = new Uint8Array(await readFile(await download.path()))
    expect(isFork(bytes)).toBe(true)
    expect(verifyLogFork(bytes).verdict).toMatchObject({ ok: true })
    await log.show([...log.entries, GRANT])
    await page.goto(`${origin}/explorer/unit/${log.unit}`)
    await expect(page.getByTestId('alarm')).toContainText('at an earlier visit')
    await page.getByRole('button', { name: 'Begin anew from here' }).click()
    await page.getByRole('button', { name: 'Yes, forget' }).click()
    await expect(page.getByTestId('alarm')).toHaveCount(0)
  })

  test('behaviour: a log that was rolled back is an alarm with both checkpoints', async ({ page, site }) => {
    const log = await toldLog('explorer/e2e/rollback')
    const { origin } = await site.told(log)
    await page.goto(`${origin}/explorer`)
    await expect(proven(page)).toContainText('each proven')
    await log.show(log.entries.slice(0, 3))
    await page.reload()
    await expect(page.getByTestId('alarm')).toHaveAttribute('data-kind', 'rollback')
    await expect(page.getByTestId('alarm')).toContainText(`had ${log.entries.length} entries and has 3 now`)
    await expectSound(page)
  })

  test('behaviour: a result that all replicas lied about goes red where it is wrong, although every check passes', async ({
    page,
    site,
  }) => {
    const log = await toldLog('explorer/e2e/false', { wrongPart: 2 })
    const { origin } = await site.told(log)
    await page.goto(`${origin}/explorer/unit/${log.unit}`)
    await expect(verdict(page)).toContainText('all passed')
    await expect(page.getByTestId('pending-draws')).toContainText('draw epoch 7')
    await page.getByTestId('compute-again').click()
    await expect(outcome(page)).toHaveText(
      '1 of 4 parts came out differently, part 2 first: the certified result is wrong.',
    )
    await expect(page.locator('cw-recompute .cells .same')).toHaveCount(3)
    await expect(page.locator('cw-recompute .cells .different')).toHaveCount(1)
    await expectSound(page)
  })

  test('behaviour: a certificate whose receipt is another one’s says which check fails', async ({ page, site }) => {
    const log = await toldLog('explorer/e2e/receipt')
    const receipt = { ...log.entries.at(-1), certificate: 'cd'.repeat(32) }
    await log.show([...log.entries.slice(0, -1), receipt as never])
    const { origin } = await site.told(log)
    await page.goto(`${origin}/explorer/unit/${log.unit}`)
    await expect(verdict(page)).toContainText('A check fails')
    await expect(page.locator('cw-checks li[data-check="receipt"]')).toHaveAttribute('data-standing', 'bad')
    await expect(page.locator('cw-checks li[data-check="lease"]')).toHaveAttribute('data-standing', 'good')
    await expectSound(page)
  })
})

test.describe('what went wrong', () => {
  const [said, expected] = ['ab'.repeat(32), 'cd'.repeat(32)]

  /** A unit that was disputed, with a fault whose document convicts nobody. */
  async function disputed(log: ToldLog, state: 'done' | 'failed'): Promise<void> {
    const record = (await (await log.app.request(`/api/v1/units/${log.unit}`)).json()) as { certificates: unknown[] }
    const { certificates } = record
    const [node, third] = log.nodes
    const groups = [
      { leaf: expected, nodes: [third] },
      { leaf: said, nodes: [node] },
    ]
    const statement = { task: { body: { node: third } }, statement: { body: { leaf: expected } } }
    const faults = [{ fault: said, node, cause: 'wrong-part', logIndex: 1 }]
    const told: readonly (readonly [path: string, answer: object])[] = [
      [
        `/api/v1/units/${log.unit}`,
        { unit: log.unit, state, certificates: state === 'done' ? certificates : [], disputes: [said], faults },
      ],
      [`/api/v1/disputes/${said}`, { part: 3, expected, groups, third: statement }],
      [`/api/v1/faults/${said}`, { format: 'commonwatt/fault-proof/v9' }],
    ]
    for (const [path, answer] of told) log.answers.set(path, () => Response.json(answer))
  }

  test('behaviour: a dispute is told, and a fault whose document convicts nobody is not taken for proven', async ({
    page,
    site,
  }) => {
    const log = await toldLog('explorer/e2e/disputed')
    await disputed(log, 'done')
    const { origin } = await site.told(log)
    await page.goto(`${origin}/explorer/unit/${log.unit}`)
    await expect(verdict(page)).toContainText('all passed')
    await expect(page.getByTestId('disputes')).toContainText('the same as the reference')
    await page.getByRole('button', { name: 'Check the proof' }).click()
    await expect(page.getByTestId('faults')).toContainText('Not proven:')
    await expectSound(page)
  })

  test('behaviour: a unit that was given up says so, and what was proven on the way', async ({ page, site }) => {
    const log = await toldLog('explorer/e2e/failed')
    await disputed(log, 'failed')
    const { origin } = await site.told(log)
    await page.goto(`${origin}/explorer/unit/${log.unit}`)
    await expect(page.getByTestId('uncertified')).toHaveAttribute('data-state', 'failed')
    await expect(page.getByTestId('disputes')).toBeVisible()
    await expect(page.getByTestId('compute-again')).toHaveCount(0)
    await expectSound(page)
  })
})

test.describe('what is missing', () => {
  test('behaviour: an unknown unit, and an id that is none, say where ids come from', async ({ page, site }) => {
    const log = await toldLog('explorer/e2e/missing')
    const { origin } = await site.told(log)
    for (const id of ['ef'.repeat(32), 'nonsense']) {
      await page.goto(`${origin}/explorer/unit/${id}`)
      await expect(page.getByTestId('missing')).toContainText('knows no unit')
      await expect(page.getByTestId('missing').getByRole('link')).toHaveAttribute('href', '/explorer')
    }
    await expectSound(page)
  })

  test('behaviour: inputs that are no longer kept are said to be so, and nothing turns red', async ({ page, site }) => {
    const log = await toldLog('explorer/e2e/swept')
    const { origin } = await site.told(log)
    await page.route('**/api/v1/contents/**', (route) =>
      route.fulfill({
        status: 404,
        json: { error: { name: 'coordinator.UnknownContent', kind: 'input', message: 'There is no such content.' } },
      }),
    )
    await page.goto(`${origin}/explorer/unit/${log.unit}`)
    await page.getByTestId('compute-again').click()
    await expect(page.getByTestId('trouble')).toContainText('no longer keeps the inputs')
    await expect(page.locator('cw-recompute .cells .different')).toHaveCount(0)
    await expectSound(page)
  })

  test('behaviour: a coordinator that goes away is said to be away, and what was proven stays', async ({
    page,
    site,
  }) => {
    test.slow()
    const log = await toldLog('explorer/e2e/offline')
    const { origin, goOffline } = await site.told(log)
    await page.goto(`${origin}/explorer`)
    await expect(proven(page)).toContainText('each proven')
    await goOffline()
    await expect(page.getByTestId('trouble')).toContainText('The coordinator does not answer.')
    await expect(page.getByTestId('trouble')).toContainText('asks again by itself')
    await expect(proven(page)).toContainText('each proven')
    await expectSound(page)
  })
})

test('behaviour: everything can be reached and opened with the keyboard', async ({ page, site }) => {
  const log = await toldLog('explorer/e2e/keyboard')
  const { origin } = await site.told(log)
  await page.goto(`${origin}/explorer`)
  await expect(proven(page)).toContainText('each proven')
  await page.getByRole('button', { name: 'Copy the coordinator’s key' }).focus()
  await page.keyboard.press('Tab')
  await expect(page.locator('cw-entries summary').first()).toBeFocused()
  await page.keyboard.press('Enter')
  // What is inside is made when the entry opens, so that a key pressed at once would pass it by.
  const link = page.getByRole('link', { name: /compute it again/ })
  await expect(link).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(link).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(verdict(page)).toContainText('all passed')
  await page.getByTestId('compute-again').focus()
  await page.keyboard.press('Enter')
  await expect(outcome(page)).toHaveText('All 4 parts are the same, byte for byte.')
  await expect(page.getByTestId('compute-again')).toBeFocused()
})

test('behaviour: nothing moves while entries and checks come in', async ({ page, site }) => {
  const log = await toldLog('explorer/e2e/still')
  const { origin } = await site.told(log)
  await page.addInitScript(() => {
    const shifts: number[] = []
    Object.defineProperty(window, 'shifts', { value: shifts })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value)
    }).observe({ type: 'layout-shift', buffered: true })
  })
  const total = () =>
    page.evaluate(() => (window as unknown as { shifts: number[] }).shifts.reduce((sum, shift) => sum + shift, 0))
  await page.goto(`${origin}/explorer`)
  await expect(proven(page)).toContainText('each proven')
  await log.show([...log.entries, GRANT])
  await expect(page.getByTestId('show-newer')).toBeVisible()
  expect(await total()).toBeLessThan(0.02)
  await page.goto(`${origin}/explorer/unit/${log.unit}`)
  await expect(verdict(page)).toContainText('all passed')
  await page.getByTestId('compute-again').click()
  await expect(outcome(page)).toContainText('the same')
  expect(await total()).toBeLessThan(0.02)
})

test.describe('languages', () => {
  test.use({ locale: 'pt-BR' })

  test('behaviour: a Brazilian browser reads the log and a unit in Portuguese, and what is computed again ends in it', async ({
    page,
    site,
  }) => {
    const log = await toldLog('explorer/e2e/portuguese')
    const { origin } = await site.told(log)
    const refused = complaints(page)
    await page.goto(`${origin}/explorer`)
    await expect(proven(page)).toContainText('todas provadas')
    await expect(page.locator('html')).toHaveAttribute('lang', 'pt-BR')
    await expect(page).toHaveTitle('Registro · Commonwatt')
    await row(page, log.entries.length - 1)
      .locator('summary')
      .click()
    await expectSound(page)
    await page.getByRole('link', { name: /calcule de novo/ }).click()
    await expect(verdict(page)).toContainText('todas passaram')
    await expect(page.getByTestId('what')).toHaveText('Multiplicou uma matriz de 300 × 40 por uma de 40 × 280')
    await page.getByTestId('compute-again').click()
    await expect(outcome(page)).toHaveText('Todas as 4 partes são iguais, byte por byte.')
    await expectSound(page)
    expect(refused).toEqual([])
  })

  test('behaviour: the switch changes a page that is open, and the choice stays', async ({ page, site }) => {
    const log = await toldLog('explorer/e2e/switch')
    const { origin } = await site.told(log)
    await page.goto(`${origin}/explorer/unit/${log.unit}`)
    await expect(verdict(page)).toContainText('todas passaram')
    await page.getByRole('button', { name: '中文' }).click()
    await expect(verdict(page)).toContainText('全部通过')
    await expect(page.locator('html')).toHaveAttribute('lang', 'zh-Hans')
    await expect(page.getByTestId('what')).toHaveText('把 300 × 40 矩阵与 40 × 280 矩阵相乘')
    await expectSound(page)
    await page.goto(`${origin}/explorer`)
    await expect(proven(page)).toContainText('全部获得证明')
    await expectSound(page)
    await page.getByRole('button', { name: 'English' }).click()
    await expect(proven(page)).toContainText('each proven')
  })
})
