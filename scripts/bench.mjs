// npm run bench [NAME...] [--json FILE] [--list]: runs the benchmarks of bench/, one file each, and prints what they measured as a table.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { bootstrap } from './bootstrap.mjs'
import { ROOT } from './run-command.mjs'

const { node } = await bootstrap()
const { status } = spawnSync(node, [join(ROOT, 'bench', 'lib', 'main.ts'), ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
})
process.exit(status ?? 1)
