// The table of faults in the documentation is the one that the coordinator acts on.
import { readFile } from 'node:fs/promises'
import { FAULTS, type Fault, PROVEN_CAUSES } from '#verify/faults.ts'
import { describe, expect, test } from 'vitest'

const all: [string, Fault][] = Object.entries(FAULTS)

describe('faults', () => {
  test('default: docs/verification.md lists every cause with its consequences', async () => {
    const text = await readFile(new URL('../../docs/verification.md', import.meta.url), 'utf8')
    const rows = text.split('\n').map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .filter((cell) => cell !== ''),
    )
    for (const [cause, { evidence, isDeliberate, trust, admission, pending }] of all)
      expect(rows).toContainEqual([
        `\`${cause}\``,
        evidence ?? 'none',
        isDeliberate ? 'yes' : 'no',
        trust,
        admission,
        pending,
      ])
  })

  test('behaviour: deliberate faults cost what is pending, other proven ones what is in doubt, and what is not proven is not logged', () => {
    for (const [cause, { evidence, isDeliberate, pending }] of all) {
      const cost = isDeliberate ? 'forfeit' : evidence === null ? 'kept' : 'doubtful'
      expect([cause, pending]).toEqual([cause, cost])
      expect([cause, (PROVEN_CAUSES as readonly string[]).includes(cause)]).toEqual([cause, evidence !== null])
    }
  })
})
