// Build of the pages and the two Vitest projects: `node` beside the source, `gpu` in a real Chromium.
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { playwright } from '@vitest/browser-playwright'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { chromiumArgs, findChromium } from './scripts/find-chromium.mjs'
import { pageShell } from './scripts/page-shell.ts'
import { serviceWorkerFiles } from './scripts/service-worker-files.ts'
import { gridCommands } from './test/support/grid-commands.ts'
import { relayCommands } from './test/support/relay-commands.ts'

const executablePath = process.env.VITEST === undefined ? undefined : await findChromium()

export default defineConfig({
  build: {
    target: 'es2023',
    outDir: 'dist/page',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    license: true,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        page: 'index.html',
        explorer: 'explorer.html',
        sites: 'sites.html',
        frame: 'embed.html',
        confirm: 'confirm.html',
        embed: 'src/widget/embed.ts',
        'service-worker': 'src/widget/service-worker.ts',
      },
      // Site owners paste the address of embed.js, and browsers know the service worker by its own, so they have no hash in their names.
      output: {
        entryFileNames: ({ name }) =>
          name === 'embed' || name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js',
        // Page and frame share the elements; a name of its own lets .size-limit.json count what a first visit loads.
        codeSplitting: {
          groups: [
            // The widget's frame needs this before consent, and must not fetch the elements for it.
            {
              name: 'light',
              test: /src\/widget\/(?:light|dom|confirm-terms|host-site|frame-words)\.ts$|vite\/preload-helper|core\/language-choice\.ts$/,
              priority: 1,
            },
            { name: 'ask-pt-BR', test: /widget\/words\/pt-BR\.ts$/, priority: 2 },
            { name: 'ask-zh-Hans', test: /widget\/words\/zh-Hans\.ts$/, priority: 2 },
            { name: 'ask-en', test: /widget\/words\/en\.ts$/, priority: 2 },
            // Without the sentences of other languages, which are fetched for one language alone.
            {
              name: 'elements',
              test: /src\/ui\/(?!explorer\/|sites\/|panels\/|record\/|languages\/built\/).*\.ts$|node_modules\/(?:@lit|lit)/,
            },
          ],
        },
      },
    },
  },
  plugins: [embedInOneFile(), pageShell(), serviceWorkerFiles()],
  worker: { format: 'es' },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['src/**/*.test.ts', 'test/{node,adversary}/**/*.test.ts'],
          environment: 'node',
          globalSetup: 'test/support/empty-store.ts',
          // V8 ends a process now and then when it frees WebAssembly code that several threads share (nodejs/node#64500).
          execArgv: ['--no-wasm-code-gc'],
          // What tests start as processes of their own starts in a third of the time.
          env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/node-compile', import.meta.url)) },
          testTimeout: 30_000,
          // Most tests wait for others more than they compute: two at a time even on two cores.
          maxWorkers: Math.max(2, availableParallelism() - 1),
        },
      },
      {
        extends: true,
        // Found only while a test runs, they would reload its page in the middle.
        optimizeDeps: {
          // Finds its WebAssembly beside itself.
          exclude: ['@wllama/wllama'],
          include: [
            '@libp2p/circuit-relay-v2',
            '@libp2p/crypto/keys',
            '@libp2p/identify',
            '@libp2p/noise',
            '@libp2p/peer-id',
            '@libp2p/webrtc',
            '@libp2p/websockets',
            '@libp2p/yamux',
            '@levischuck/tiny-cbor',
            '@simplewebauthn/browser',
            '@multiformats/multiaddr',
            '@noble/curves/ed25519.js',
            '@noble/hashes/sha2.js',
            '@noble/hashes/utils.js',
            'cborg',
            'comlink',
            'idb',
            'libp2p',
            'uint8arraylist',
            'valibot',
          ],
        },
        test: {
          name: 'gpu',
          include: ['test/gpu/**/*.test.ts'],
          testTimeout: 120_000,
          maxWorkers: 2,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            commands: { ...relayCommands, ...gridCommands },
            provider: playwright({
              launchOptions: { ...(executablePath ? { executablePath } : {}), args: chromiumArgs() },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})

/**
 * Gives embed.js its own copy of what it imports: a site owner pins one file by its digest, and a visitor's browser asks for one. So
 * with the service worker, which a browser runs as one classic script.
 */
function embedInOneFile(): Plugin {
  return {
    name: 'embed-in-one-file',
    enforce: 'pre',
    apply: 'build',
    async resolveId(source, importer, options) {
      const owner = /\/src\/widget\/(embed|service-worker)\.ts$|\?of-(embed|service-worker)$/.exec(importer ?? '')
      if (importer === undefined || owner === null) return null
      const whole = importer.replace(/\?of-[a-z-]+$/, '')
      const found = await this.resolve(source, whole, { ...options, skipSelf: true })
      return found === null ? null : `${found.id}?of-${owner[1] ?? owner[2]}`
    },
  }
}
