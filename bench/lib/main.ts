// The command line of the benchmarks.
import { readdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { Bench, BenchRecord } from './bench.ts'
import { tableOf } from './table.ts'

const folder = new URL('../', import.meta.url)

async function loadBenches(): Promise<Map<string, Bench>> {
  const benches = new Map<string, Bench>()
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.ts')).sort()) {
    const module = (await import(new URL(file, folder).href)) as { bench?: Bench }
    if (module.bench !== undefined) benches.set(file.replace('.ts', ''), module.bench)
  }
  return benches
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, list: { type: 'boolean' }, full: { type: 'boolean' } },
})
const benches = await loadBenches()
const names = positionals.length > 0 ? positionals : [...benches.keys()]
const unknown = names.filter((name) => !benches.has(name))
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. There are: ${[...benches.keys()].join(', ')}.`)
  process.exit(2)
}
if (values.list) {
  for (const [name, { summary }] of benches) console.log(`${name.padEnd(12)}${summary}`)
  process.exit(0)
}

const records: BenchRecord[] = []
let failed = 0
for (const name of names) {
  const bench = benches.get(name)
  if (bench === undefined) continue
  console.log(`\n${name}: ${bench.summary}`)
  try {
    const measured = await bench.run(new Set(values.full ? ['full'] : []))
    records.push(...measured)
    console.log(tableOf(measured))
  } catch (error) {
    failed++
    console.error(`${name} failed: ${error instanceof Error ? error.message : String(error)}`)
  }
}
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(records, null, 2)}\n`)
process.exit(failed === 0 ? 0 : 1)
