// The states that the development page shows are told in sentences that nodes really tell: the page knows each of them.
import { expect, test } from 'vitest'
import { isKnown } from '#ui/told-words.ts'
import { nodeStates } from '../support/node-states.ts'
import { sampleHistory } from '../support/sample-history.ts'

const NOW_MS = 1_800_000_000_000

/** What is said from codes instead. */
const SAID_ANEW = /Eases off to .*$/

test.each(Object.entries(nodeStates(NOW_MS)))('default: every sentence of "%s" is known', (_, state) => {
  const { reason, deviceNote, language, error, units } = state
  const told = [reason.replace(SAID_ANEW, ''), deviceNote, language?.note ?? '', error?.message ?? '']
  for (const { what, reason } of units) told.push(what, reason)
  const isHeld = state.held.pauses.length > 0
  for (const text of isHeld ? told.slice(1) : told)
    if (text.trim() !== '') expect(isKnown(text.trim()), text).toBe(true)
})

test('default: so is every unit of the sample history', () => {
  for (const { what, reason } of sampleHistory(NOW_MS).units) {
    expect(isKnown(what), what).toBe(true)
    expect(isKnown(reason), reason).toBe(true)
  }
})
