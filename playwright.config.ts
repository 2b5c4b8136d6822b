// End-to-end tests in a real Chromium. Each spec starts the servers it needs, and they run one after another.
import { defineConfig } from '@playwright/test'
import { chromiumArgs, findChromium } from './scripts/find-chromium.mjs'

const executablePath = await findChromium()

export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'test-results',
  // One set of pictures: they are of boxes, which every machine draws alike.
  snapshotPathTemplate: '{testDir}/pictures/{arg}{ext}',
  workers: 1,
  fullyParallel: false,
  reporter: [['list']],
  timeout: 120_000,
  expect: { timeout: 30_000 },
  projects: [
    {
      name: 'chromium',
      use: {
        browserName: 'chromium',
        launchOptions: { ...(executablePath ? { executablePath } : {}), args: chromiumArgs() },
      },
    },
  ],
})
