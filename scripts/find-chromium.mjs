// Finds a Chromium with WebGPU: COMMONWATT_CHROMIUM, Playwright's own, or the system's. Plain JavaScript: it runs before anything is built.
import { existsSync } from 'node:fs'

const SYSTEM_PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
]

/** Path of a browser, or undefined when the machine has none. */
export async function findChromium() {
  const named = process.env.COMMONWATT_CHROMIUM
  if (named) return existsSync(named) ? named : undefined
  return [await playwrightPath(), ...SYSTEM_PATHS].find((path) => path && existsSync(path))
}

/** Switches for headless use: full Chromium (the headless shell has no WebGPU), a software adapter unless `hardware` is asked for. */
export function chromiumArgs({ hardware = process.env.COMMONWATT_GPU === 'hardware' } = {}) {
  return [
    '--headless=new',
    '--enable-unsafe-webgpu',
    ...(hardware ? hardwareArgs() : ['--use-webgpu-adapter=swiftshader']),
    ...(process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // A machine that was told to work headless is not anybody's desk: pages would rest whenever it is busy, also with their own work.
    '--disable-blink-features=ComputePressure',
    '--no-first-run',
  ]
}

/** Where Playwright would put its own browser; undefined where Playwright itself is missing or wants a newer Node. */
async function playwrightPath() {
  try {
    const { chromium } = await import('playwright')
    return chromium.executablePath()
  } catch {
    return undefined
  }
}

/** Chromium reaches GPUs on Linux through Vulkan, which it does not try by itself, and without a surface where there is no screen. */
function hardwareArgs() {
  if (process.platform !== 'linux') return []
  return ['--use-angle=vulkan', '--enable-features=Vulkan', '--disable-vulkan-surface', '--ignore-gpu-blocklist']
}
