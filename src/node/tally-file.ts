// A node's tally in a file, for Node processes.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { type Tally, countOf } from './tally.ts'

/** The tally kept in the file at `path`, which is made with the first unit. A file that cannot be read counts as none. */
export function fileTally(path: string): Tally {
  let last: Promise<void> = Promise.resolve()
  return {
    load: async () => countOf(Number(await readFile(path, 'utf8').catch(() => '0'))),
    save: (unitsDone) => {
      last = last.then(() => replaceFile(path, `${unitsDone}\n`)).catch(() => undefined)
      return last
    },
  }
}

/** Writes beside and renames, so that a kill in between leaves the old text. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await rename(`${path}.new`, path)
}
