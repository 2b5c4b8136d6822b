// npm run adversary, its second half: simulates every strategy, writes down what came of it, and the tables of docs/verification.md.
import { readFile, writeFile } from 'node:fs/promises'
import { SEED } from './measure.ts'
import { recordSimulation, recordedSimulation } from './recorded.ts'
import { withTables } from './table.ts'

const path = new URL('../../../docs/verification.md', import.meta.url)
console.log(`seed: ${SEED}`)
await recordSimulation()
await writeFile(path, withTables(await readFile(path, 'utf8'), await recordedSimulation()))
