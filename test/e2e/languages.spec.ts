// Every page in the three languages: chosen from the browser, switched and kept, whole at the width of a phone, and with no English left in it.
import { AxeBuilder } from '@axe-core/playwright'
import { type Locator, type Page, expect } from '@playwright/test'
import { test } from '../support/page-site.ts'

const LANGUAGES = [
  { locale: 'en-GB', lang: 'en', contribute: 'Contribute', stop: 'Stop', half: '50%' },
  { locale: 'pt-BR', lang: 'pt-BR', contribute: 'Contribuir', stop: 'Parar', half: '50%' },
  { locale: 'zh-CN', lang: 'zh-Hans', contribute: '贡献', stop: '停止', half: '50%' },
] as const

/** Names and figures that are the same in every language are no phrase of three English words. */
const ENGLISH = /\b(?:the|and|your|you|with|this|that|not|its|from|when|for|was|are)\b/i

const lang = (page: Page) => page.evaluate(() => document.documentElement.lang)

async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)
}

/** Lines that a person reads in `root`, and what is said of its parts, with what lies in shadow roots. */
function wordsIn(root: Locator): Promise<string[]> {
  return root.evaluate((element) => {
    const found: string[] = []
    const walk = (node: Node): void => {
      if (node instanceof HTMLStyleElement || node instanceof HTMLScriptElement || node.nodeName === 'NOSCRIPT') return
      // What is in a language of its own says so.
      if (node instanceof Element && node.hasAttribute('lang') && node !== document.documentElement) return
      if (node instanceof Text && node.data.trim() !== '') found.push(node.data.trim())
      if (node instanceof Element)
        for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-valuetext']) {
          const text = node.getAttribute(name)
          if (text !== null && text !== '') found.push(text)
        }
      const inside = node instanceof Element && node.shadowRoot !== null ? [node.shadowRoot] : []
      for (const child of [...inside, ...node.childNodes]) walk(child)
    }
    walk(element)
    return found
  })
}

for (const { locale, lang: expected, contribute, stop, half } of LANGUAGES) {
  test.describe(expected, () => {
    test.use({ locale, viewport: { width: 360, height: 740 } })

    test('default: the page says before the click what would run, in the language of the browser', async ({
      page,
      sites,
    }) => {
      const fetched: string[] = []
      page.on('request', (request) => fetched.push(new URL(request.url()).pathname))
      await page.goto(sites.page)
      await expect(page.getByTestId('contribute')).toHaveText(contribute)
      expect(await lang(page)).toBe(expected)
      await expect(page.locator('output')).toHaveText(half)
      // Only the sentences of one language travel.
      const tables = fetched.filter((path) => /^\/assets\/(?:pt-BR|zh-Hans)-/.test(path))
      expect(tables.every((path) => path.includes(`/${expected}-`))).toBe(true)
      expect(tables.length > 0).toBe(expected !== 'en')
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
      ).toBeLessThanOrEqual(0)
      expect(await violations(page)).toEqual([])
    })

    test('behaviour: a running page is in that language, with what the node tells', async ({ page, sites }) => {
      for (const state of ['working', 'paused', 'attention']) {
        await page.goto(`${sites.elements}elements?state=${state}`)
        await expect(page.getByTestId('state-line')).toBeVisible()
        expect(await lang(page)).toBe(expected)
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
          state,
        ).toBeLessThanOrEqual(0)
        expect(await violations(page), state).toEqual([])
      }
      await page.goto(`${sites.elements}elements?state=working`)
      await expect(page.getByTestId('stop')).toHaveText(stop)
    })

    test('behaviour: the widget asks in that language', async ({ page, sites }) => {
      await page.goto(sites.host)
      const box = page.frameLocator('commonwatt-widget iframe').locator('cw-frame')
      await expect(box.getByTestId('contribute')).toHaveText(contribute)
      await expect(box.locator('output')).toHaveText(half)
      await expect(box).toContainText(new URL(sites.host).host)
      if (expected !== 'en') expect((await wordsIn(box)).filter((text) => ENGLISH.test(text))).toEqual([])
    })

    if (expected !== 'en')
      test('behaviour: no English is left before the click', async ({ page, sites }) => {
        await page.goto(sites.page)
        await expect(page.getByTestId('contribute')).toBeVisible()
        expect((await wordsIn(page.locator('body'))).filter((text) => ENGLISH.test(text))).toEqual([])
      })
  })
}

test('behaviour: a switch is kept, and a page that runs changes its words in place', async ({ page, sites }) => {
  await page.goto(sites.page)
  await expect(page.getByTestId('contribute')).toHaveText('Contribute')
  await page.getByTestId('languages').getByRole('button', { name: '中文' }).click()
  await expect(page.getByTestId('contribute')).toHaveText('贡献')
  expect(await lang(page)).toBe('zh-Hans')
  await page.reload()
  await expect(page.getByTestId('contribute')).toHaveText('贡献')
  await page.getByTestId('languages').getByRole('button', { name: 'English' }).click()
  await expect(page.getByTestId('contribute')).toHaveText('Contribute')
  expect(await lang(page)).toBe('en')
})

test.describe('without the network', () => {
  // A service worker would answer instead of the network that fails here.
  test.use({ serviceWorkers: 'block' })

  test('behaviour: where the table cannot be fetched the page stays as it is, and the next choice tries again', async ({
    page,
    sites,
  }) => {
    await page.goto(sites.page)
    await expect(page.getByTestId('contribute')).toHaveText('Contribute')
    await page.route('**/assets/pt-BR-*', (route) => route.abort())
    const failed = page.waitForEvent('requestfailed')
    await page.getByTestId('languages').getByRole('button', { name: 'Português' }).click()
    await failed
    await expect(page.getByTestId('contribute')).toHaveText('Contribute')
    expect(await lang(page)).toBe('en')
    await page.getByTestId('languages').getByRole('button', { name: '中文' }).click()
    await expect(page.getByTestId('contribute')).toHaveText('贡献')
  })
})
