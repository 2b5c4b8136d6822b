// Installs node_modules when it does not fit package-lock.json, with npm's own command line under the Node that the lock names:
// under an older Node npm silently drops native packages whose `engines` do not fit. A fresh install is never touched.
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ROOT, isNodeNewEnough, runCommand, say } from './run-command.mjs'

/**
 * Installs what is missing. Returns the path of a Node that runs the sources.
 * @returns {Promise<string>}
 */
export async function installDependencies() {
  if (!isInstalled()) {
    const npm = findNpm()
    if (npm === undefined)
      throw new Error('npm was not found beside this Node. Run `npm ci` in the repository, then start again.')
    const version = lockedVersions().get('node_modules/node') ?? '24'
    say(`Installing the packages of package-lock.json (once, a minute or two) ...`)
    const install = [npm, 'ci', '--include=dev', '--no-audit', '--no-fund']
    const command = isNodeNewEnough()
      ? [process.execPath, ...install]
      : [process.execPath, npm, 'exec', '--yes', `--package=node@${version}`, '--', 'node', ...install]
    const { code, reason } = await runCommand(command)
    if (code !== 0)
      throw new Error(
        `The packages could not be installed (${reason}); npm's message is above. Is the network reachable?`,
      )
  }
  return findNode()
}

/** Whether every package that this platform needs is there in the locked version. */
function isInstalled() {
  const have = versionsOf(join(ROOT, 'node_modules', '.package-lock.json'))
  if (have === undefined) return false
  for (const [path, version, isOptional] of lockEntries())
    if (have.get(path) !== version && !(isOptional && !have.has(path))) return false
  return true
}

/** The Node in node_modules, or the one that runs this script where it is new enough. */
function findNode() {
  const installed = join(ROOT, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(installed)) return installed
  if (isNodeNewEnough()) return process.execPath
  throw new Error(
    `Node 22.18 or newer is needed, this is ${process.versions.node}, and the \`node\` package brought none. Install Node 24 and start again.`,
  )
}

function findNpm() {
  const prefix = dirname(dirname(realpathSync(process.execPath)))
  return [
    process.env.npm_execpath,
    join(prefix, 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(dirname(dirname(process.execPath)), 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ].find((path) => path !== undefined && basename(path) === 'npm-cli.js' && existsSync(path))
}

function lockedVersions() {
  return new Map(lockEntries().map(([path, version]) => [path, version]))
}

/** Path, version and whether it may be missing, of each locked package. */
function lockEntries() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => [path, entry.version, entry.optional === true])
}

function versionsOf(lockPath) {
  if (!existsSync(lockPath)) return undefined
  const { packages } = JSON.parse(readFileSync(lockPath, 'utf8'))
  return new Map(Object.entries(packages).map(([path, entry]) => [path, entry.version]))
}
