// Builds the WebAssembly kernels and the page when their sources are newer than the last build.
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, binOf, runCommand, say } from './run-command.mjs'

const BUILT = join(ROOT, 'dist', 'page', 'index.html')
const KERNELS = join(ROOT, 'dist', 'wasm', 'kernels.wasm')

/** What ends up in the page; folders that never do are left out, so that work on the server does not rebuild it. */
const SOURCES = [
  'src',
  'shaders',
  'public',
  'index.html',
  'embed.html',
  'confirm.html',
  'explorer.html',
  'sites.html',
  'vite.config.ts',
  'scripts/page-shell.ts',
  'scripts/service-worker-files.ts',
  'package-lock.json',
  'tsconfig.json',
]
const NEVER_IN_PAGE = new Set(['cli', 'coordinator'])

/**
 * Builds dist/page with `node` when it is missing or older than its sources.
 * @param {string} node
 */
export async function buildPage(node) {
  if (
    existsSync(BUILT) &&
    existsSync(KERNELS) &&
    newest(SOURCES.map((name) => join(ROOT, name))) <= statSync(BUILT).mtimeMs
  )
    return
  say('Building the page ...')
  const startedAt = new Date()
  for (const command of [[join(ROOT, 'scripts', 'build-wasm.mjs')], [binOf('vite'), 'build', '--logLevel', 'warn']]) {
    const { code, output, reason } = await runCommand([node, ...command], { capture: true })
    if (code !== 0) throw new Error(`The page could not be built (${reason}):\n${output.trim()}`)
  }
  // What was edited while it was being built counts as newer than the build.
  utimesSync(BUILT, startedAt, startedAt)
}

function newest(paths) {
  let latest = 0
  for (const path of paths) {
    if (!existsSync(path)) continue
    const info = statSync(path)
    latest = Math.max(latest, info.mtimeMs)
    if (!info.isDirectory()) continue
    const inside = readdirSync(path).filter((name) => !name.endsWith('.test.ts') && !NEVER_IN_PAGE.has(name))
    latest = Math.max(latest, newest(inside.map((name) => join(path, name))))
  }
  return latest
}
