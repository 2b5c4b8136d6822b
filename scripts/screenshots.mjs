// Takes the pictures of docs/images from a running grid, so that they show what there is: `node scripts/screenshots.mjs` after `npm run build`.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { openHeadlessNodes } from '../src/cli/headless-nodes.ts'
import { openCoordinator } from '../src/coordinator/coordinator.ts'
import { systemRandom } from '../src/core/random.ts'
import { connect } from '../src/sdk/index.ts'
import { chromiumArgs, findChromium } from './find-chromium.mjs'
import { ROOT } from './run-command.mjs'

const JOBS = 4
const PICTURES = [
  { name: 'page', width: 1280, height: 900, colorScheme: 'light' },
  { name: 'page-dark', width: 1280, height: 900, colorScheme: 'dark' },
  { name: 'page-phone', width: 390, height: 844, colorScheme: 'light' },
]

const folder = join(ROOT, 'docs', 'images')
mkdirSync(folder, { recursive: true })
const dataDir = mkdtempSync(join(tmpdir(), 'screenshots-'))
const coordinator = await openCoordinator({ dataDir, pageDir: join(ROOT, 'dist', 'page') })
const nodes = await openHeadlessNodes({
  url: coordinator.url,
  count: 1,
  folder: join(dataDir, 'nodes'),
  withBrowser: true,
  signal: new AbortController().signal,
  note: (text) => process.stderr.write(`${text}\n`),
})
const browser = await chromium.launch({ executablePath: await findChromium(), args: chromiumArgs() })
const context = await browser.newContext({ deviceScaleFactor: 2, reducedMotion: 'reduce' })
const page = await context.newPage()
await page.goto(coordinator.url)
await page.getByTestId('contribute').click()
await page.waitForFunction(() => document.documentElement.dataset.phase === 'waiting')
const client = await connect(coordinator.url)
for (let job = 0; job < JOBS; job++) {
  const random = (rows, cols) => ({ rows, cols, data: new Int8Array(systemRandom.bytes(rows * cols).buffer) })
  const side = 256 * (1 + (job % 2))
  await client.matmul(random(side, 256), random(256, side))
}
for (const { name, width, height, colorScheme } of PICTURES) {
  await page.emulateMedia({ colorScheme })
  await page.setViewportSize({ width, height })
  await page.screenshot({ path: join(folder, `${name}.png`) })
}
await page.emulateMedia({ colorScheme: 'light' })
await page.setViewportSize({ width: 1280, height: 900 })
const auditor = await context.newPage()
await auditor.setViewportSize({ width: 1280, height: 900 })
await auditor.goto(`${coordinator.url}/explorer`)
await auditor.getByTestId('proven').getByText('each proven').waitFor()
await auditor.locator('cw-entries summary', { hasText: 'was checked and agreed on' }).first().click()
await auditor.getByRole('link', { name: /compute it again/ }).click()
await auditor.getByTestId('verdict').getByText('all passed').waitFor()
await auditor.getByTestId('compute-again').click()
await auditor.getByTestId('recompute-outcome').getByText('the same').waitFor()
await auditor.screenshot({ path: join(folder, 'explorer-unit.png') })
await page.bringToFront()
await page.getByTestId('stop').click()
await page.getByTestId('contribute').waitFor()
await browser.close()
await nodes.stop()
await coordinator.close()
rmSync(dataDir, { recursive: true, force: true })
