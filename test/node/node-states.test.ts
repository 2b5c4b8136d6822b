// The states that the development page shows are told in sentences that nodes really tell: the page knows each of them.
import { expect, test } from 'vitest'
import { isKnown } from '#ui/told-words.ts'
import { nodeStates } from '../support/node-states.ts'
import { sampleHistory } from '../support/sample-history.ts'

const NOW_MS = 1_800_000_000_000

/** What is said from codes instead. */
const SAID_ANEW = /Eases off to .*$/

const unknown = (texts: readonly string[]) =>
  texts.map((text) => text.trim()).filter((text) => text !== '' && !isKnown(text))

test.each(Object.entries(nodeStates(NOW_MS)))('default: every sentence of "%s" is known', (_, state) => {
  const { reason, step, held, deviceNote, language, error, units } = state
  const why = held.pauses.length > 0 || step !== null ? '' : reason.replace(SAID_ANEW, '')
  const told = units.flatMap(({ what, reason }) => [what, reason])
  expect(unknown([why, deviceNote, language?.note ?? '', error?.message ?? '', ...told])).toEqual([])
})

test('default: so is every unit of the sample history', () => {
  expect(unknown(sampleHistory(NOW_MS).units.flatMap(({ what, reason }) => [what, reason]))).toEqual([])
})
