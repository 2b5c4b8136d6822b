import { expect, test } from 'vitest'
import type { Digest } from '#core/digest.ts'
import { isId, parseRoute, unitPath } from './route.ts'

const ID = 'ab'.repeat(32) as Digest

test('default: the log, a unit, a certificate', () => {
  expect(parseRoute('/explorer')).toBe(null)
  expect(parseRoute(`/explorer/unit/${ID}`)).toEqual({ by: 'unit', id: ID })
  expect(parseRoute(`/explorer/certificate/${ID}/`)).toEqual({ by: 'certificate', id: ID })
})

test('behaviour: an address is what it was made from, in lower case', () => {
  expect(parseRoute(unitPath({ by: 'certificate', id: ID }))).toEqual({ by: 'certificate', id: ID })
  expect(parseRoute(`/explorer/unit/${ID.toUpperCase()}`)).toEqual({ by: 'unit', id: ID })
})

test('behaviour: what is no id is told apart from one', () => {
  expect(isId(ID)).toBe(true)
  for (const id of ['', 'nonsense', ID.slice(1), `${ID}0`]) expect(isId(id)).toBe(false)
})
