// Makes a clone ready: packages and a browser. Plain JavaScript without dependencies, for any Node from 18 on; what is there already
// costs a fraction of a second and is not touched.
import { installDependencies } from './dependencies.mjs'
import { provideChromium } from './install-chromium.mjs'
import { say } from './run-command.mjs'

/**
 * Whether `--no-browser` is among `args`; npm keeps it to itself when it stands before `--`, and says so in the environment.
 * @param {string[]} args
 */
export function isBrowserless(args) {
  return args.includes('--no-browser') || process.env.npm_config_browser === ''
}

/**
 * Returns the Node that runs the sources and the browser, undefined when there is none. Ends the process with one sentence when
 * the clone cannot be made ready.
 * @param {{ withBrowser?: boolean }} [options]
 * @returns {Promise<{ node: string, chromium: string | undefined }>}
 */
export async function bootstrap({ withBrowser = true } = {}) {
  try {
    const node = await installDependencies()
    return { node, chromium: withBrowser ? await provideChromium() : undefined }
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    process.exit(1)
  }
}
