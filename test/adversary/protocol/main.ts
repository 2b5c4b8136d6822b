// npm run adversary, its first half: writes what was recorded of attempts on real nodes into docs/verification.md.
import { readFile, writeFile } from 'node:fs/promises'
import { withAttempts } from './table.ts'

const path = new URL('../../../docs/verification.md', import.meta.url)
await writeFile(path, await withAttempts(await readFile(path, 'utf8')))
