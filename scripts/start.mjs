// npm start: makes the clone ready, then `commonwatt up` with the arguments given, under the Node that runs the sources.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { bootstrap, isBrowserless } from './bootstrap.mjs'
import { buildPage } from './build-page.mjs'
import { ROOT, onOrphaned, say } from './run-command.mjs'

const args = process.argv.slice(2)
const isHelp = args.includes('--help') || args.includes('-h')
const withBrowser = !isBrowserless(args)
if (!withBrowser && !args.includes('--no-browser')) args.push('--no-browser')
const { node, chromium } = await bootstrap({ withBrowser: withBrowser && !isHelp })
if (!isHelp)
  await buildPage(node).catch((error) => {
    say(error.message)
    process.exit(1)
  })

const child = spawn(node, [join(ROOT, 'bin', 'commonwatt.mjs'), 'up', ...args], {
  stdio: 'inherit',
  env: chromium === undefined ? process.env : { ...process.env, COMMONWATT_CHROMIUM: chromium },
})
// The child stops the grid; this process only passes signals on and waits, so that nothing outlives the prompt.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
onOrphaned(() => child.kill('SIGTERM'))
child.on('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
