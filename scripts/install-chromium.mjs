// Gets a Chromium where none is found and the platform's package manager can bring one without asking for anything.
import { existsSync, readFileSync } from 'node:fs'
import { findChromium } from './find-chromium.mjs'
import { runCommand, say } from './run-command.mjs'

/** Longest wait for the package manager: about 300 MB on a slow line. */
const INSTALL_TIMEOUT_MS = 4 * 60_000

/**
 * Path of a browser: found, or installed just now; undefined, after a sentence on what to do, where neither is possible.
 * @returns {Promise<string | undefined>}
 */
export async function provideChromium() {
  const found = await findChromium()
  if (found !== undefined) return found
  if (process.env.COMMONWATT_CHROMIUM) {
    say(`No browser: COMMONWATT_CHROMIUM names ${process.env.COMMONWATT_CHROMIUM}, which does not exist.`)
    return undefined
  }
  if (canInstall()) {
    say('No Chromium found: installing the package `chromium` with apt-get (--no-browser skips this) ...')
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    const script = 'apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium'
    const { code, output } = await runCommand(['sh', '-c', script], {
      capture: true,
      timeoutMs: INSTALL_TIMEOUT_MS,
      env,
    })
    const installed = await findChromium()
    if (code === 0 && installed !== undefined) return installed
    const lastLine = output.trim().split('\n').at(-1) ?? ''
    say(`apt-get could not install it${lastLine === '' ? '' : ` (${lastLine})`}.`)
  }
  say(
    'Going on without a browser. To lend a GPU, install Google Chrome or Chromium, or run `npx playwright install chromium`, or name one in COMMONWATT_CHROMIUM.',
  )
  return undefined
}

function canInstall() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false
  // Ubuntu's package is a pointer to a snap, which containers and most servers cannot run; it is tried all the same, and says so itself.
  return /^ID(?:_LIKE)?=.*(?:debian|ubuntu)/m.test(
    existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '',
  )
}
