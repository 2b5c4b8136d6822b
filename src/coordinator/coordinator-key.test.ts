// The key in its file.
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '#core/random.ts'
import { KeyFileError, openCoordinatorKey } from './coordinator-key.ts'

const random = seededRandom('coordinator-key')
let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'key-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

describe('openCoordinatorKey', () => {
  test('default: made once, the same afterwards, readable by its owner only', async () => {
    const first = await openCoordinatorKey(dir, random)
    const again = await openCoordinatorKey(dir, random)
    expect(again.signer.publicKey).toBe(first.signer.publicKey)
    expect((await stat(join(dir, 'coordinator-key'))).mode & 0o777).toBe(0o600)
    expect(await readdir(dir)).toEqual(['coordinator-key'])
  })

  test('error: KeyFile for anything but a key, without telling what it holds', async () => {
    const path = join(dir, 'coordinator-key')
    await writeFile(path, 'secret-but-not-a-key')
    await expect(openCoordinatorKey(dir, random)).rejects.toThrow(KeyFileError)
    await expect(openCoordinatorKey(dir, random)).rejects.not.toThrow('secret-but')
    await chmod(path, 0o600)
    expect(await readFile(path, 'utf8')).toBe('secret-but-not-a-key')
  })
})
