// A coordinator in a process of its own, so that a test can kill it: `node coordinator-process.ts DATA_DIR PORT`.
import { flushCompileCache } from 'node:module'
import { openCoordinator } from '#coordinator/coordinator.ts'

const [dataDir, port] = process.argv.slice(2)
if (dataDir === undefined || port === undefined) throw new Error('Usage: coordinator-process.ts DATA_DIR PORT')
const { url } = await openCoordinator({
  dataDir,
  port: Number(port),
  report: (error) => console.error(error),
})
// A killed process writes no cache at its end.
flushCompileCache()
process.send?.({ url })
