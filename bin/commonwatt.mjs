#!/usr/bin/env node
// The command line's entry for any Node: runs src/cli/main.ts here when this Node runs TypeScript unbuilt, else under node_modules' Node.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const main = join(root, 'src', 'cli', 'main.ts')
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
// Compiled sources are kept between starts, which takes two thirds of a start away; other processes find the place in the environment.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'node-compile')
const installed = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

if (!existsSync(join(root, 'node_modules'))) {
  fail('The packages are not installed yet: run `npm start` once, or `npm ci`.')
} else if (major > 22 || (major === 22 && minor >= 18)) {
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE)
  await import(pathToFileURL(main).href)
} else if (existsSync(installed)) {
  const child = spawn(installed, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code) => process.exit(code ?? 1))
} else {
  fail(`Node 22.18 or newer is needed, this is ${process.versions.node}: run \`npm start\` once, or install Node 24.`)
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
}
