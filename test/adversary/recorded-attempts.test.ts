// The documentation's table of attempts on real nodes is the one that was written down.
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { withAttempts } from './protocol/table.ts'

test('default: docs/verification.md holds what was recorded of attempts on real nodes', async () => {
  const text = await readFile(new URL('../../docs/verification.md', import.meta.url), 'utf8')
  expect(await withAttempts(text)).toBe(text)
})
