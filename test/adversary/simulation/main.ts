// npm run adversary: simulates every strategy and writes the table into docs/verification.md.
import { readFile, writeFile } from 'node:fs/promises'
import { SEED } from './measure.ts'
import { measureAll, sweep, withTable } from './table.ts'

const path = new URL('../../../docs/verification.md', import.meta.url)
console.log(`seed: ${SEED}`)
const [outcomes, points] = [measureAll(), sweep()]
await writeFile(path, withTable(await readFile(path, 'utf8'), outcomes, points))
