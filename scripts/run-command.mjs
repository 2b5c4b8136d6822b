// Runs one command of a set-up or test script. Plain JavaScript for Node 18: it runs before anything is installed.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** Time for a command that ran too long to write what it has. */
const GRACE_MS = 15_000

/**
 * Runs `command` in the repository, its output on stderr or, with `capture`, returned. `code` is null when it could not start,
 * was killed or ran past `timeoutMs`.
 * @param {string[]} command
 * @param {{ capture?: boolean, timeoutMs?: number, env?: Record<string, string> }} [options]
 * @returns {Promise<{ code: number | null, output: string, reason: string }>}
 */
export function runCommand([program = '', ...args], { capture = false, timeoutMs, env = {} } = {}) {
  return new Promise((resolve) => {
    // A group of its own where the platform has them, so that a time-out ends grandchildren (browsers, workers) too.
    const grouped = timeoutMs !== undefined && process.platform !== 'win32'
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...(capture ? { NO_COLOR: '1' } : {}), ...env },
      stdio: ['ignore', capture ? 'pipe' : 2, capture ? 'pipe' : 2],
      detached: grouped,
    })
    const end = (signal) => (grouped && child.pid ? signalGroup(child.pid, signal) : child.kill(signal))
    const stopped = (signal) => {
      end('SIGKILL')
      process.exit(signal === 'SIGINT' ? 130 : 143)
    }
    let output = ''
    let reason = ''
    const timers = []
    if (timeoutMs !== undefined)
      timers.push(
        setTimeout(() => {
          reason = `ran past ${Math.round(timeoutMs / 1000)} s`
          // A test runner that is interrupted still writes its report.
          end('SIGINT')
          timers.push(setTimeout(() => end('SIGKILL'), GRACE_MS))
        }, timeoutMs),
      )
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
    if (grouped) for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stopped)
    const finish = (code, why) => {
      for (const timer of timers) clearTimeout(timer)
      if (reason !== '') end('SIGKILL')
      for (const signal of ['SIGINT', 'SIGTERM']) process.removeListener(signal, stopped)
      resolve({ code, output, reason: reason || why })
    }
    child.on('error', (error) => finish(null, error.message))
    child.on('close', (code, signal) =>
      finish(reason ? null : code, signal ? `ended by ${signal}` : `exit code ${code}`),
    )
  })
}

/**
 * The script behind a package's command, to be run by a Node of our choice on every platform.
 * @param {string} packageName
 * @param {string} [command]
 */
export function binOf(packageName, command = packageName) {
  const folder = join(ROOT, 'node_modules', packageName)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : bin[command])
}

/** Whether a Node of `version` runs the sources unbuilt. */
export function isNodeNewEnough(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 18)
}

/**
 * Calls `callback` once when the npm that runs this script has gone: npm passes SIGTERM on to its shell alone, and what it started would
 * stay behind unseen.
 * @param {() => void} callback
 */
export function onOrphaned(callback) {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    callback()
  }, 500)
  timer.unref()
}

/** One line about what is going on. Stdout stays free for results. */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal)
  } catch {
    // Already gone.
  }
}
