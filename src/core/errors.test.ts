import { expect, test } from 'vitest'
import { HexError } from './bytes.ts'
import { RemoteError, toErrorRecord } from './errors.ts'

test('default', () => {
  const record = toErrorRecord(new HexError('zz', undefined))
  expect(record).toEqual({
    name: 'core.Hex',
    kind: 'input',
    message: 'Expected lower-case hex, got 2 characters beginning with "zz".',
  })
  const rebuilt = new RemoteError(structuredClone(record))
  expect(toErrorRecord(rebuilt)).toEqual(record)
})

test('behaviour: what is not ours is a bug', () => {
  expect(toErrorRecord(new TypeError('t'))).toEqual({ name: 'TypeError', kind: 'bug', message: 't' })
  expect(toErrorRecord('text')).toEqual({ name: 'Error', kind: 'bug', message: 'text' })
})
