// What a node is at is sent as a code and said by the page and by the node alike: in English the same, but for whose device it is.
import { expect, test } from 'vitest'
import { STEP_WORDS, type Step, atStep } from '#node/step.ts'
import { OFF_STATE } from '#ui/session.ts'
import { stepWords } from '#ui/step-words.ts'
import { reasonWords } from '#ui/words.ts'

test.each(Object.keys(STEP_WORDS) as Step[])('default: "%s" is said as it is told', (step) => {
  expect(stepWords(step)).toBe(STEP_WORDS[step].replace('this device', 'your device'))
  expect(reasonWords({ ...OFF_STATE, phase: 'starting', ...atStep(step) })).toBe(stepWords(step))
})
