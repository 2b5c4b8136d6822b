// The embedded database passes the suite of stores; its directory is locked, and written by one version at a time.
import { mkdtemp, rm } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeStore } from '../compliance/store.ts'
import { DirectoryLockedError, lockDirectory } from '#coordinator/store/lock.ts'
import { MigrationError } from '#coordinator/store/migrations.ts'
import { openStore } from '#coordinator/store/store.ts'

const OPEN_TIMEOUT_MS = 120_000

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'store-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

describeStore({
  name: 'PGlite in a directory',
  open: () => openStore(join(dir, 'suite')),
  reopen: () => openStore(join(dir, 'suite')),
  cleanUp: async () => {},
})

describe('openStore', () => {
  test(
    'error: Migration on a store of a newer version',
    async () => {
      const pglite = await PGlite.create({ dataDir: join(dir, 'suite', 'pg') })
      await pglite.exec(`insert into kysely_migration (name, timestamp) values ('9999-future', '2099')`)
      await pglite.close()
      await expect(openStore(join(dir, 'suite'))).rejects.toThrow(MigrationError)
    },
    OPEN_TIMEOUT_MS,
  )
})

describe('lockDirectory', () => {
  test('default: held once, free again after its release', async () => {
    const lock = await lockDirectory(dir)
    await expect(lockDirectory(dir)).rejects.toThrow(DirectoryLockedError)
    await expect(lockDirectory(dir)).rejects.toThrow(`in use by process ${process.pid} on `)
    await lock.release()
    const again = await lockDirectory(dir)
    await again.release()
  })

  test('behaviour: the lock of a killed process is taken over at once', async () => {
    const script = `
      import { lockDirectory } from '#coordinator/store/lock.ts'
      await lockDirectory(process.argv[1])
      console.log('locked')
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, dir], {
      cwd: new URL('../..', import.meta.url),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await expect(lockDirectory(dir)).rejects.toThrow(`in use by process ${child.pid}`)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = await lockDirectory(dir)
    await lock.release()
  })
})
