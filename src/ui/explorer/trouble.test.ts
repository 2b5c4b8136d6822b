import { expect, test } from 'vitest'
import { type ErrorKind, RemoteError } from '#core/errors.ts'
import { type Asked, troubleOf, troubleWords } from './trouble.ts'

const wordsOf = (error: unknown, asked: Asked) => troubleWords(troubleOf(error, asked))
const error = (name: string, kind: ErrorKind) => new RemoteError({ name, kind, message: 'What happened.' })

test('default: every kind says what happened, what it means and what to do next', () => {
  for (const kind of ['input', 'hostile', 'unavailable', 'capacity', 'bug'] as const) {
    const words = wordsOf(error('any.Name', kind), 'unit')
    expect(words.detail).toBe('What happened.')
    for (const sentence of [words.what, words.means, words.next]) expect(sentence).toMatch(/^[A-Z].+\.$/)
  }
})

test('behaviour: a coordinator that is away is no verdict on what was checked', () => {
  const trouble = wordsOf(error('sdk.Unreachable', 'unavailable'), 'log')
  expect(trouble.what).toBe('The coordinator does not answer.')
  expect(trouble.means).toContain('still holds')
  expect(trouble.next).toContain('by itself')
})

test('behaviour: inputs that are deleted are told apart from a unit that does not exist', () => {
  expect(wordsOf(error('coordinator.UnknownContent', 'input'), 'recompute').what).toContain('no longer keeps')
  expect(wordsOf(error('coordinator.UnknownContent', 'input'), 'unit').detail).toBe('What happened.')
})
