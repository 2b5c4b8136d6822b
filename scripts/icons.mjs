// Renders public/icons from the mark: `node scripts/icons.mjs` after the mark changed. PNG, because systems take no SVG for an icon.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { chromiumArgs, findChromium } from './find-chromium.mjs'
import { ROOT } from './run-command.mjs'

const PAPER = '#faf8f3'

// `share` is the width of the mark on the icon: a mask may cut away all but the inner 80 %.
const ICONS = [
  { name: '192', size: 192, share: 0.72 },
  { name: '512', size: 512, share: 0.72 },
  { name: 'maskable-512', size: 512, share: 0.5 },
  { name: 'apple-180', size: 180, share: 0.62 },
]

const mark = readFileSync(join(ROOT, 'public', 'mark.svg'), 'utf8')
const folder = join(ROOT, 'public', 'icons')
mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({ executablePath: await findChromium(), args: chromiumArgs() })
const page = await browser.newPage({ colorScheme: 'light' })
for (const { name, size, share } of ICONS) {
  const side = Math.round(size * share)
  await page.setViewportSize({ width: size, height: size })
  const source = `data:image/svg+xml,${encodeURIComponent(mark)}`
  await page.setContent(
    `<body style="margin:0;display:grid;place-items:center;height:${size}px;background:${PAPER}">` +
      `<img src="${source}" width="${side}" height="${side}">`,
  )
  await page.locator('img').evaluate((image) => image.decode())
  await page.screenshot({ path: join(folder, `${name}.png`) })
}
await browser.close()
