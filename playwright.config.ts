// End-to-end tests in a real Chromium. Each spec starts the servers it needs; two files run beside each other, whose tests mostly wait.
import { defineConfig } from '@playwright/test'
import { chromiumArgs, findChromium } from './scripts/find-chromium.mjs'

const executablePath = await findChromium()
const chromium = {
  browserName: 'chromium',
  launchOptions: { ...(executablePath ? { executablePath } : {}), args: chromiumArgs() },
} as const

/** Files that measure the speed of a page: alone, when all others are done. */
const MEASURING = /lighthouse\.spec\.ts$/

export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'test-results',
  // One set of pictures: they are of boxes, which every machine draws alike.
  snapshotPathTemplate: '{testDir}/pictures/{arg}{ext}',
  workers: 2,
  fullyParallel: false,
  reporter: [['list']],
  timeout: 120_000,
  expect: { timeout: 30_000 },
  projects: [
    { name: 'chromium', use: chromium, testIgnore: MEASURING },
    { name: 'measuring', use: chromium, testMatch: MEASURING, dependencies: ['chromium'] },
  ],
})
