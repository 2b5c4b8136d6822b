import { describe, expect, test } from 'vitest'
import { type Sight, answerTo } from './consent-gate.ts'

describe('answerTo', () => {
  test.each([
    ['seen', 'start'],
    ['unseen', 'refuse'],
    ['unknown', 'confirm'],
  ] as const)('behaviour: a person’s click while %s: %s', (sight, answer) => {
    expect(answerTo({ isTrusted: true }, sight)).toBe(answer)
  })

  test.each(['seen', 'unseen', 'unknown'] satisfies Sight[])(
    'behaviour: a script’s click while %s: refuse',
    (sight) => {
      expect(answerTo({ isTrusted: false }, sight)).toBe('refuse')
    },
  )
})
