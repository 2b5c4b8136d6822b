// Runs a module of bench/page without a browser: bundled by Vite (shaders included), in a Node process of its own with Dawn's WebGPU.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'vite'
import { findChromium } from '../../scripts/find-chromium.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Longest a module may run. */
const TIMEOUT_MS = 10 * 60_000

/** What `run(argument)` of bench/page/<module> returns. `driver` describes a Vulkan driver; SwiftShader's unless hardware is asked for. */
export async function runInDawn<T>(module: string, argument: unknown, driver?: string): Promise<T> {
  const outDir = join(root, 'dist', 'bench')
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: { ssr: `bench/page/${module}.ts`, outDir, emptyOutDir: false, target: 'node22' },
    ssr: { noExternal: true },
  })
  const child = fileURLToPath(new URL('dawn-child.mjs', import.meta.url))
  const built = join(outDir, `${module}.js`)
  const { stdout } = await promisify(execFile)(process.execPath, [child, built, JSON.stringify(argument)], {
    env: { ...process.env, ...(await vulkanEnvironment(driver)) },
    timeout: TIMEOUT_MS,
    maxBuffer: 2 ** 24,
  })
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n', stdout.length - 2) + 1)) as T
}

/** The description of the Vulkan driver that comes with Chromium: SwiftShader. */
export async function softwareDriver(): Promise<string | undefined> {
  const chromium = await findChromium()
  const folders = [chromium === undefined ? '' : dirname(chromium), '/usr/lib/chromium', '/opt/google/chrome']
  return folders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find((path) => existsSync(path))
}

async function vulkanEnvironment(driver: string | undefined): Promise<Record<string, string>> {
  if (driver !== undefined) return { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: dirname(driver) }
  if (process.platform !== 'linux' || process.env.COMMONWATT_GPU === 'hardware') return {}
  const found = await softwareDriver()
  return found === undefined ? {} : vulkanEnvironment(found)
}
