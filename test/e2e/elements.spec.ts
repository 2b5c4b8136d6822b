// Every element of ours in its states on the development page: none breaks WCAG AA, none is wider than the screen, and none is forgotten.
import { glob, readFile } from 'node:fs/promises'
import { AxeBuilder } from '@axe-core/playwright'
import { type Page, expect } from '@playwright/test'
import { EXPLORER_PANELS, PANELS } from '../support/panel-names.ts'
import { test } from '../support/page-site.ts'

const WIDTHS = [320, 360, 768, 1440]

/** Groups of panels, each a test. */
const GROUPS = {
  'of the page': PANELS,
  'of the explorer': EXPLORER_PANELS.slice(0, 12),
  'of whole pages': EXPLORER_PANELS.slice(12),
}

async function show(page: Page, elements: string, panel: string): Promise<void> {
  await page.goto(`${elements}elements?panel=${panel}`)
  await expect(page.locator('#panel > *')).toBeAttached()
  // What is computed again is so after a click.
  if (panel.startsWith('recompute-')) await page.getByTestId('compute-again').click()
  if (panel === 'recompute-same') await expect(page.getByTestId('recompute-outcome')).toContainText('same')
  if (panel === 'recompute-different') await expect(page.getByTestId('recompute-outcome')).toContainText('3')
  if (panel === 'faults')
    for (const outcome of ['The proof holds', 'Not proven']) {
      await page.getByRole('button', { name: 'Check the proof' }).first().click()
      await expect(page.locator('cw-faults')).toContainText(outcome)
    }
}

for (const [group, panels] of Object.entries(GROUPS))
  for (const colorScheme of ['light', 'dark'] as const)
    test(`behaviour: no panel ${group} breaks WCAG AA or is wider than the screen, ${colorScheme}`, async ({
      page,
      sites,
    }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      for (const panel of panels) {
        await show(page, sites.elements, panel)
        for (const fold of await page.locator('details').all()) await fold.locator('summary').first().click()
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 800 })
          expect(
            await page.evaluate(() => document.documentElement.scrollWidth),
            `${panel} at ${width}`,
          ).toBeLessThanOrEqual(width)
        }
        const { violations } = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
          .analyze()
        expect(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
          panel,
        ).toEqual([])
      }
    })

test('default: the development page has every element of the pages', async ({ page, sites }) => {
  const defined: string[] = []
  for await (const path of glob('src/ui/**/*.ts'))
    for (const [, tag = ''] of (await readFile(path, 'utf8')).matchAll(/customElements\.define\('([a-z-]+)'/g))
      defined.push(tag)
  expect(defined.length).toBeGreaterThan(30)
  const seen = new Set<string>()
  const views = [
    ...['off', 'working', 'attention', 'stopped&record'].map((state) => `state=${state}`),
    ...[...PANELS, ...EXPLORER_PANELS].map((panel) => `panel=${panel}`),
  ]
  for (const view of views) {
    await page.goto(`${sites.elements}elements?${view}`)
    const last = view.startsWith('panel') ? '#panel > *' : view.endsWith('record') ? 'cw-history' : 'cw-this-device'
    await expect(page.locator(last)).toBeAttached()
    if (last === 'cw-history') {
      // It is read when it comes into view.
      await page.locator('cw-board').scrollIntoViewIfNeeded()
      await expect(page.locator('cw-board-name')).toBeAttached()
    }
    const tags = await page.evaluate(() => {
      const found: string[] = []
      const look = (root: ParentNode) => {
        for (const element of root.querySelectorAll('*')) {
          if (element.localName.includes('-')) found.push(element.localName)
          if (element.shadowRoot !== null) look(element.shadowRoot)
        }
      }
      look(document)
      return found
    })
    for (const tag of tags) seen.add(tag)
  }
  expect(defined.filter((tag) => !seen.has(tag))).toEqual([])
})

test('behaviour: a new unit pulses on the lines to its peers, and on none under reduced motion', async ({
  page,
  sites,
}) => {
  await page.goto(`${sites.elements}elements?state=working`)
  const picture = page.locator('cw-grid')
  /** The next unit of the picture, with its first two peers: how many of its parts moved, when they have. */
  const moved = () =>
    picture.evaluate(async (element) => {
      const grid = element as HTMLElementTagNameMap['cw-grid']
      const [unit] = grid.state.units
      if (unit === undefined) throw new Error('The state has no unit.')
      const peers = grid.state.peers.slice(0, 2)
      grid.state = { ...grid.state, units: [{ ...unit, startedMs: unit.startedMs + 1, outcome: 'checking', peers }] }
      await grid.updateComplete
      const begun = grid.shadowRoot?.getAnimations() ?? []
      await Promise.all(begun.map(({ finished }) => finished))
      return begun.length
    })
  await expect(picture.locator('.track')).toHaveCount(5)
  expect(await moved()).toBe(2)
  await page.emulateMedia({ reducedMotion: 'reduce' })
  expect(await moved()).toBe(0)
})
