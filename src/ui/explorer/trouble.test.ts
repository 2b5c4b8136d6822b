import { expect, test } from 'vitest'
import { type ErrorKind, RemoteError } from '#core/errors.ts'
import { troubleOf } from './trouble.ts'

const error = (name: string, kind: ErrorKind) => new RemoteError({ name, kind, message: 'What happened.' })

test('default: every kind says what happened, what it means and what to do next', () => {
  for (const kind of ['input', 'hostile', 'unavailable', 'capacity', 'bug'] as const) {
    const trouble = troubleOf(error('any.Name', kind), 'unit')
    expect(trouble).toMatchObject({ what: 'What happened.', name: 'any.Name' })
    expect(trouble.means).not.toBe('')
    expect(trouble.next).not.toBe('')
  }
})

test('behaviour: a coordinator that is away is no verdict on what was checked', () => {
  const trouble = troubleOf(error('sdk.Unreachable', 'unavailable'), 'log')
  expect(trouble.what).toBe('The coordinator does not answer.')
  expect(trouble.means).toContain('still holds')
  expect(trouble.next).toContain('by itself')
})

test('behaviour: inputs that are deleted are told apart from a unit that does not exist', () => {
  expect(troubleOf(error('coordinator.UnknownContent', 'input'), 'recompute').what).toContain('no longer keeps')
  expect(troubleOf(error('coordinator.UnknownContent', 'input'), 'unit').what).toBe('What happened.')
})
