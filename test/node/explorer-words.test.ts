import { expect, test } from 'vitest'
import { FAULTS, PROVEN_CAUSES } from '#verify/faults.ts'
import { CHECKS, type CheckName } from '#verify/verdict.ts'
import { causeClause, causeSentence } from '#ui/explorer/cause-words.ts'
import { checkWords } from '#ui/explorer/check-words.ts'

test('default: in English a check means what the command line says that it means', () => {
  for (const [check, says] of Object.entries(CHECKS)) expect(checkWords(check as CheckName)).toBe(says)
})

test('default: in English a cause is what the documentation says that it is', () => {
  for (const cause of PROVEN_CAUSES) expect(causeSentence(cause)).toBe(FAULTS[cause].says)
})

test('behaviour: no two causes are told alike', () => {
  expect(new Set(PROVEN_CAUSES.map(causeClause)).size).toBe(PROVEN_CAUSES.length)
})
