// A contributor in a headless Chromium: opens the coordinator's own page with a profile that keeps its identity, and clicks the button
// that a person would click. Nothing here reaches into the page but what a person sees.
import { mkdir } from 'node:fs/promises'
import { type BrowserContext, type Locator, type Page, chromium } from 'playwright'
import { AppError } from '#core/errors.ts'
import type { HeadlessNode } from './headless-node.ts'

/** How one is started. */
export type ChromiumNodeOptions = {
  readonly url: string
  readonly folder: string
  readonly executablePath: string
  readonly args: readonly string[]
  /** Whether a page that would compute on the processor is an error. */
  readonly mustHaveGpu: boolean
  readonly signal: AbortSignal
}

/** Time for the browser to start and for the page to show its button. */
const START_TIMEOUT_MS = 60_000

/** Time for the page to say goodbye to the network. */
const STOP_TIMEOUT_MS = 5_000

/** Starts a browser and contributes. Throws {@link PageProblemError} with the page's own words when it cannot. */
export async function openChromiumNode(options: ChromiumNodeOptions): Promise<HeadlessNode> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 })
  options.signal.throwIfAborted()
  const context = await chromium.launchPersistentContext(options.folder, {
    executablePath: options.executablePath,
    args: [...options.args],
    timeout: START_TIMEOUT_MS,
    // Ctrl-C is for this process: the pages are stopped first, then the browser.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  })
  try {
    const page = context.pages()[0] ?? (await context.newPage())
    const ended = whenEnded(context, page)
    await contribute(page, options)
    return { ended: Promise.race([ended, whenOff(page)]), stop: () => stop(context, page) }
  } catch (error) {
    await context.close().catch(() => undefined)
    options.signal.throwIfAborted()
    throw error
  }
}

async function contribute(page: Page, { url, signal, mustHaveGpu }: ChromiumNodeOptions): Promise<void> {
  page.setDefaultTimeout(START_TIMEOUT_MS)
  await page.goto(url)
  signal.throwIfAborted()
  const start = page.getByTestId('contribute')
  const running = page.getByTestId('stop')
  // A page that was told to keep contributing starts by itself.
  await start.or(running).first().waitFor()
  if (!(await running.isVisible())) {
    // A headless node was started to work: it lends everything.
    const share = page.locator('#share')
    if ((await share.count()) > 0) await share.fill('100')
    await start.click()
  }
  const problem = page.getByTestId('problem')
  await running.or(problem).first().waitFor()
  if (!(await running.isVisible())) throw new PageProblemError(await wordsOf(problem))
  if (!mustHaveGpu) return
  const device = page.getByTestId('device').filter({ hasNotText: /^\u2013?$/ })
  await device.or(problem).first().waitFor()
  const words = await wordsOf(device.or(problem))
  if (/without a GPU/.test(words) || (await problem.isVisible())) throw new PageProblemError(words)
}

async function wordsOf(element: Locator): Promise<string> {
  return (await element.first().innerText()).replaceAll(/\s+/g, ' ')
}

function whenEnded(context: BrowserContext, page: Page): Promise<string> {
  return new Promise((resolve) => {
    page.once('crash', () => resolve('its page crashed'))
    page.once('close', () => resolve('its page was closed'))
    context.once('close', () => resolve('its browser was closed'))
  })
}

/** A page whose consent has ended, or that gave up, offers its button again. */
function whenOff(page: Page): Promise<string> {
  const never = new Promise<string>(() => undefined)
  const start = page.getByTestId('contribute')
  return start.waitFor({ timeout: 0 }).then(
    () => 'its consent ended or it stopped',
    () => never,
  )
}

async function stop(context: BrowserContext, page: Page): Promise<void> {
  try {
    await page.getByTestId('stop').click({ timeout: STOP_TIMEOUT_MS })
    await page.getByTestId('contribute').waitFor({ timeout: STOP_TIMEOUT_MS })
  } catch {
    // A page that cannot say goodbye is closed all the same: its leases run out.
  }
  await context.close()
}

/** The page cannot contribute; the message is what it says to people. */
export class PageProblemError extends AppError {
  override readonly name = 'cli.PageProblem'
  constructor(words: string) {
    super('unavailable', `The page cannot contribute: ${words}`)
  }
}
