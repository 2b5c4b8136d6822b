// A coordinator's store that has its schema and nothing else, copied in a fraction of a second: making one anew takes the embedded database
// several seconds of work, and most tests want the same one. Tests of the making itself do not use this.
import { createHash } from 'node:crypto'
import { cpSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Store, openStore } from '#coordinator/store/store.ts'

const ROOT = new URL('../../', import.meta.url)

/** Vitest calls this before any test: on a slow machine, making the store takes longer than a test may. */
export async function setup(): Promise<void> {
  await template()
}

/** Lays an empty store into `dataDir`, a coordinator's directory. Returns the directory. */
export async function layEmptyStore(dataDir: string): Promise<string> {
  // Synchronous, because that is done natively: one by one a thousand small files take ten times as long.
  cpSync(await template(), join(dataDir, 'store'), { recursive: true })
  return dataDir
}

/** A coordinator's directory of its own with an empty store; whoever made it removes it. */
export async function newDataDir(name: string): Promise<string> {
  return layEmptyStore(await mkdtemp(join(tmpdir(), `${name}-`)))
}

/** An empty store, open; its files go when it is closed. */
export async function openEmptyStore(): Promise<Store> {
  const dir = await newDataDir('empty-store')
  const store = await openStore(join(dir, 'store'))
  return {
    ...store,
    close: async () => {
      await store.close()
      await rm(dir, { recursive: true })
    },
  }
}

/** Where the store lies that is copied. It is made again when the schema or the database changes. */
async function template(): Promise<string> {
  const hash = createHash('sha256')
  for (const path of ['src/coordinator/store/migrations.ts', 'node_modules/@electric-sql/pglite/package.json'])
    hash.update(await readFile(new URL(path, ROOT)))
  const cache = fileURLToPath(new URL('node_modules/.cache/commonwatt/', ROOT))
  const wanted = join(cache, `empty-store-${hash.digest('hex').slice(0, 16)}`)
  const isThere = await readFile(join(wanted, 'pg', 'PG_VERSION')).catch(() => undefined)
  if (isThere !== undefined) return wanted
  await mkdir(cache, { recursive: true })
  const made = await mkdtemp(join(cache, 'making-'))
  await (await openStore(made)).close()
  // Of two that make it at a time one comes first; both are the same.
  await rename(made, wanted).catch(() => rm(made, { recursive: true }))
  return wanted
}
