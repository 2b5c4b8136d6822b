// npm test: makes the clone ready, then every check and test there is. Nothing stops early; the closing line sums all runners,
// and a check (format, lint, ...) counts as one. A runner that crashes, or reports nothing, counts as a failure.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { bootstrap, isBrowserless } from './bootstrap.mjs'
import { buildPage } from './build-page.mjs'
import { ROOT, binOf, onOrphaned, runCommand, say } from './run-command.mjs'

/** Time for everything, in minutes: several times what an idle machine of two cores needs, so that only a run that hangs is ended. */
const TOTAL_MINUTES = 60

onOrphaned(() => process.kill(process.pid, 'SIGTERM'))
const deadlineMs = Date.now() + TOTAL_MINUTES * 60_000
const { node, chromium } = await bootstrap({ withBrowser: !isBrowserless(process.argv) })
const reports = mkdtempSync(join(tmpdir(), 'commonwatt-test-'))
const sum = { passed: 0, failed: 0, skipped: 0 }
const outcomes = []

await check('format', ['oxfmt'], ['--check'])
await check('lint', ['oxlint'], ['--type-aware'])
await check('types', ['typescript', 'tsc'], ['--noEmit'])
await check('unused', ['knip'], [])
await check('languages', join(ROOT, 'scripts', 'languages.mjs'), ['--check'])
await pageBuild()
await check('page size', ['size-limit'], [])
await tests('unit tests', 30, vitest('node'))
await tests('GPU tests', 15, vitest('gpu'), { needsBrowser: true })
await tests('end-to-end tests', 25, playwright(), { needsBrowser: true })

rmSync(reports, { recursive: true, force: true })
say('')
for (const line of outcomes) say(line)
const skipped = sum.skipped === 0 ? '' : `, ${sum.skipped} skipped`
process.stdout.write(`${sum.passed} passed, ${sum.failed} failed${skipped}\n`)
process.exit(sum.failed === 0 ? 0 : 1)

/** A check passes or fails as a whole; its output is shown only when it fails. */
async function check(name, program, args) {
  const file = typeof program === 'string' ? program : binOf(...program)
  const { seconds, result } = await timed([node, file, ...args], 3, true)
  const passed = result.code === 0
  if (!passed) say(`\n--- ${name}: ${result.reason}\n${result.output.trim()}\n`)
  record(name, seconds, passed ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 })
}

/** The page is built first: its size is checked, and end-to-end tests open it. */
async function pageBuild() {
  const startMs = Date.now()
  const problem = await buildPage(node).then(
    () => undefined,
    (error) => error.message,
  )
  if (problem !== undefined) say(`\n--- page build\n${problem}\n`)
  const counts = problem === undefined ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }
  record('page build', (Date.now() - startMs) / 1000, counts)
}

/** A test runner writes its report to a file; what it prints is passed through. */
async function tests(name, minutes, { command, report, env, count }, { needsBrowser = false } = {}) {
  if (needsBrowser && chromium === undefined) {
    say(`SKIPPED ${name}: there is no Chromium on this machine.`)
    return record(name, 0, { passed: 0, failed: 0, skipped: 1 })
  }
  say(`\n--- ${name}`)
  const { seconds, result } = await timed([node, ...command], minutes, false, env)
  const counted = readReport(report, count) ?? { passed: 0, failed: 0, skipped: 0 }
  // A crash or an error outside any test shows in the exit code alone.
  if (result.code !== 0 && counted.failed === 0) {
    say(`${name}: ${result.reason}`)
    counted.failed = 1
  }
  if (counted.passed + counted.failed + counted.skipped === 0) {
    say(`${name}: the runner reported no test at all`)
    counted.failed = 1
  }
  record(name, seconds, counted)
}

function vitest(project) {
  const report = join(reports, `${project}.json`)
  const output = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  return { report, command: [binOf('vitest'), 'run', '--project', project, ...output], env: {}, count: countVitest }
}

function playwright() {
  const report = join(reports, 'e2e.json')
  return {
    report,
    command: [binOf('@playwright/test', 'playwright'), 'test', '--reporter=list,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: report },
    count: countPlaywright,
  }
}

function countVitest({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) {
  // A file that does not even load has no tests to count.
  const broken = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length
  return { passed: numPassedTests, failed: numFailedTests + broken, skipped: numPendingTests + numTodoTests }
}

function countPlaywright({ stats, errors }) {
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected + errors.length, skipped: stats.skipped }
}

function readReport(path, count) {
  try {
    return count(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return undefined
  }
}

async function timed(command, minutes, capture, env = {}) {
  const startMs = Date.now()
  const timeoutMs = Math.max(1000, Math.min(minutes * 60_000, deadlineMs - startMs))
  const path = [dirname(node), join(ROOT, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter)
  const browser = chromium === undefined ? {} : { COMMONWATT_CHROMIUM: chromium }
  const result = await runCommand(command, { capture, timeoutMs, env: { PATH: path, ...browser, ...env } })
  return { seconds: (Date.now() - startMs) / 1000, result }
}

function record(name, seconds, { passed, failed, skipped }) {
  sum.passed += passed
  sum.failed += failed
  sum.skipped += skipped
  const verdict = failed > 0 ? 'FAILED ' : passed > 0 ? 'ok     ' : 'SKIPPED'
  const counts = `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`
  const line = `${verdict} ${name.padEnd(17)} ${counts} (${seconds.toFixed(1)} s)`
  outcomes.push(line)
  say(line)
}
