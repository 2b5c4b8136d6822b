// A page of test/e2e/harness, built and served.
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, preview } from 'vite'

/** A served page. Close it. */
export type HarnessSite = { readonly url: string; readonly close: () => Promise<void> }

/** Builds and serves the harness `page`. Built, not served module by module: every node is a page of its own profile, with nothing in its cache. */
export async function openHarness(page: string): Promise<HarnessSite> {
  const root = fileURLToPath(new URL('../e2e/harness', import.meta.url))
  const outDir = await mkdtemp(join(tmpdir(), 'harness-'))
  const common = { configFile: false, logLevel: 'error', root } as const
  await build({
    ...common,
    build: { outDir, target: 'es2023', rolldownOptions: { input: join(root, page) } },
    worker: { format: 'es' },
  })
  const server = await preview({ ...common, build: { outDir }, preview: { host: '127.0.0.1', port: 0 } })
  const address = server.httpServer.address() as AddressInfo | null
  if (address === null) throw new Error('The server has no port.')
  return {
    url: `http://localhost:${address.port}/${page}`,
    close: async () => {
      await server.close()
      await rm(outDir, { recursive: true, force: true })
    },
  }
}
