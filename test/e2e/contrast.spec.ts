// Pages for people who ask for more contrast, or whose system forces its own few colours.
import { AxeBuilder } from '@axe-core/playwright'
import { type Page, expect } from '@playwright/test'
import { PANELS } from '../support/panel-names.ts'
import { test } from '../support/page-site.ts'

const SCHEMES = ['light', 'dark'] as const

/** What there is to see: the page, the widget's frame and single elements. */
const VIEWS = [
  ...['off', 'working', 'paused', 'reference', 'attention', 'stopped&record'].map((state) => `state=${state}`),
  ...['off', 'working'].map((state) => `state=${state}&view=frame`),
  ...PANELS.map((panel) => `panel=${panel}`),
]

/** Colours that a system may force. */
const SYSTEM = [
  'Canvas',
  'CanvasText',
  'LinkText',
  'Highlight',
  'HighlightText',
  'GrayText',
  'ButtonFace',
  'ButtonText',
]
SYSTEM.push('ButtonBorder', 'Field', 'FieldText', 'VisitedText', 'ActiveText')

async function open(page: Page, elements: string, view: string): Promise<void> {
  await page.goto(`${elements}elements?${view}`)
  await expect(page.locator('cw-contributor, cw-frame, #panel > *').first()).toBeAttached()
  for (const fold of await page.locator('details > summary').all()) await fold.click()
}

/** Contrast of the look's colours on paper and surface, by name. */
const contrasts = (page: Page): Promise<Record<string, number>> =>
  page.evaluate(() => {
    const probe = document.body.appendChild(document.createElement('span'))
    const luminance = (name: string) => {
      probe.style.color = `var(--${name})`
      const [r = 0, g = 0, b = 0] = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map((part) => {
        const level = Number(part) / 255
        return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const ratio = (one: string, other: string) => {
      const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
      return (light + 0.05) / (dark + 0.05)
    }
    const worst = (name: string) => Math.min(ratio(name, 'paper'), ratio(name, 'surface'))
    const names = ['ink', 'muted', 'filament', 'agreed', 'fault', 'edge', 'line']
    const found = Object.fromEntries(names.map((name) => [name, worst(name)]))
    return { ...found, 'on-filament': ratio('on-filament', 'filament') }
  })

/** Colours of what is drawn that are none of `system`, each with where it is. */
const foreignColours = (page: Page, system: readonly string[]) =>
  page.evaluate((system) => {
    const probe = document.body.appendChild(document.createElement('span'))
    const known = new Set(['none'])
    for (const name of system) {
      probe.style.color = name
      known.add(getComputedStyle(probe).color)
    }
    probe.style.color = 'Canvas'
    const canvas = getComputedStyle(probe).color
    const found: string[] = []
    const look = (root: ParentNode) => {
      for (const element of root.querySelectorAll('*')) {
        const style = getComputedStyle(element)
        const isDrawn = element instanceof SVGElement && style.display !== 'none'
        const values = isDrawn ? [style.fill, style.stroke] : [style.color, style.backgroundColor]
        // Behind words on any other ground a browser puts its own, which may be as dark as the words.
        const isPlate =
          style.backgroundColor !== canvas && style.forcedColorAdjust !== 'none' && element.textContent !== ''
        if (!isDrawn && isPlate && !style.backgroundColor.endsWith(', 0)'))
          found.push(`${element.outerHTML.slice(0, 80)}: a plate`)
        for (const value of values)
          if (!known.has(value) && !value.endsWith(', 0)')) found.push(`${element.outerHTML.slice(0, 80)}: ${value}`)
        if (element.shadowRoot !== null) look(element.shadowRoot)
      }
    }
    look(document.body)
    return found
  }, system)

for (const colorScheme of SCHEMES) {
  test(`behaviour: with more contrast text has 7:1, borders and marks 4.5:1, ${colorScheme}`, async ({
    page,
    sites,
  }) => {
    await page.emulateMedia({ colorScheme, contrast: 'more', reducedMotion: 'reduce' })
    for (const view of VIEWS) {
      await open(page, sites.elements, view)
      const { violations } = await new AxeBuilder({ page }).withRules(['color-contrast-enhanced']).analyze()
      expect(
        violations.flatMap(({ nodes }) => nodes.map(({ html }) => html)),
        view,
      ).toEqual([])
    }
    const { line = 0, ...others } = await contrasts(page)
    for (const [name, ratio] of Object.entries(others)) expect(ratio, name).toBeGreaterThanOrEqual(7)
    expect(line, 'line').toBeGreaterThanOrEqual(4.5)
  })

  test(`behaviour: under forced colours nothing keeps a colour of its own, and axe finds nothing, ${colorScheme}`, async ({
    page,
    sites,
  }) => {
    await page.emulateMedia({ colorScheme, forcedColors: 'active', reducedMotion: 'reduce' })
    for (const view of VIEWS) {
      await open(page, sites.elements, view)
      expect(await foreignColours(page, SYSTEM), view).toEqual([])
      const { violations } = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
        .analyze()
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
        view,
      ).toEqual([])
    }
  })
}

test('behaviour: every control of the page shows the focus, under forced colours too', async ({ page, sites }) => {
  for (const forcedColors of ['none', 'active'] as const) {
    await page.emulateMedia({ forcedColors, reducedMotion: 'reduce' })
    await page.goto(`${sites.elements}elements?state=off`)
    await expect(page.getByTestId('contribute')).toBeEnabled()
    const seen = new Set<string>()
    for (;;) {
      await page.keyboard.press('Tab')
      const focus = await page.evaluate(() => {
        let element = document.activeElement
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
        if (element === null || element === document.body) return null
        const { outlineStyle, outlineWidth } = getComputedStyle(element)
        return { html: element.outerHTML.slice(0, 100), outlineStyle, outlineWidth }
      })
      if (focus === null || seen.has(focus.html)) break
      seen.add(focus.html)
      expect(focus.outlineStyle, focus.html).toBe('solid')
      expect(Number.parseFloat(focus.outlineWidth), focus.html).toBeGreaterThanOrEqual(2)
    }
    expect(seen.size).toBeGreaterThanOrEqual(8)
  }
})

test('behaviour: signs of the states differ in shape, not by colour alone', async ({ page, sites }) => {
  const shapes = new Map<string, string>()
  for (const state of ['off', 'starting', 'waiting', 'working', 'paused', 'attention']) {
    await page.goto(`${sites.elements}elements?state=${state}`)
    const sign = page.locator('cw-state-line svg')
    await expect(sign).toBeVisible()
    const shape = await sign.evaluate((svg) => svg.innerHTML.replaceAll(/<!--.*?-->/g, ''))
    const withoutClass = shape.replaceAll(/ class="[^"]*"/g, '')
    expect(shapes.get(withoutClass), state).toBeUndefined()
    shapes.set(withoutClass, state)
  }
})
