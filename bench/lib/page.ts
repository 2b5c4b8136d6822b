// Runs a module of bench/page in a real headless Chromium, served by Vite as it is: peers and our own code share one page and one adapter.
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'
import { createServer } from 'vite'
import { chromiumArgs, findChromium } from '../../scripts/find-chromium.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Longest a page may measure. */
const TIMEOUT_MS = 30 * 60_000

/** Packages served in one piece: found only while a page runs, they would reload it. */
const PEERS = ['@jax-js/jax', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-webgpu', 'comlink']

/** What `run(argument)` of bench/page/<module> returns, in a page of its own. Both must survive JSON. */
export async function runInPage<T>(module: string, argument: unknown): Promise<T> {
  const [result] = await runSeveralInPage(module, [argument])
  return result?.result as T
}

/** The same for several arguments, one after the other in one page, each with the milliseconds that the page's main thread was busy. */
export async function runSeveralInPage(
  module: string,
  several: readonly unknown[],
): Promise<{ result: unknown; busyMs: number }[]> {
  const server = await createServer({
    configFile: false,
    root,
    cacheDir: 'node_modules/.vite-bench',
    appType: 'mpa',
    logLevel: 'error',
    // Isolation gives the page a clock of 5 us.
    server: {
      port: 0,
      host: 'localhost',
      watch: null,
      hmr: false,
      headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
    },
    optimizeDeps: {
      noDiscovery: true,
      include: PEERS,
      exclude: ['onnxruntime-web', '@wllama/wllama', '@huggingface/transformers'],
    },
  })
  await server.listen()
  const executablePath = await findChromium()
  const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args: chromiumArgs() })
  try {
    const page = await browser.newPage()
    page.on('console', (message) => {
      if (!message.text().startsWith('[vite]')) console.log(`  ${message.text()}`)
    })
    await page.goto(`${server.resolvedUrls?.local[0] ?? ''}bench/page/index.html`)
    page.setDefaultTimeout(TIMEOUT_MS)
    const session = await page.context().newCDPSession(page)
    await session.send('Performance.enable')
    const busyMs = async () => {
      const { metrics } = await session.send('Performance.getMetrics')
      return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN)
    }
    const results: { result: unknown; busyMs: number }[] = []
    for (const argument of several) {
      const startMs = await busyMs()
      const result: unknown = await page.evaluate(runModule, { module, argument })
      results.push({ result, busyMs: (await busyMs()) - startMs })
    }
    return results
  } finally {
    await browser.close()
    await server.close()
  }
}

/** Runs in the page. */
async function runModule({ module, argument }: { module: string; argument: unknown }): Promise<unknown> {
  const loaded = (await import(/* @vite-ignore */ `/bench/page/${module}.ts`)) as {
    run: (argument: unknown) => Promise<unknown>
  }
  return loaded.run(argument)
}
