import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileTally } from './tally-file.ts'

test('default: a count outlives its tally; a broken file counts as none', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tally-'))
  const path = join(dir, 'units-done')
  const tally = fileTally(path)
  expect(await tally.load()).toBe(0)
  await Promise.all([tally.save(1), tally.save(2), tally.save(3)])
  expect(await readFile(path, 'utf8')).toBe('3\n')
  expect(await fileTally(path).load()).toBe(3)
  for (const text of ['', 'many', '-1', '1.5', '1e300']) {
    await writeFile(path, text)
    expect(await fileTally(path).load()).toBe(0)
  }
  await fileTally(join(dir, 'nowhere', 'units-done')).save(1)
  await rm(dir, { recursive: true })
})
