import { describe, expect, test } from 'vitest'
import { NAME_LENGTH, isTeamName, nameLook, nameProblem } from './board-name.ts'

describe('nameProblem', () => {
  test.each(['Ana', 'Zoë 7', "O'Neill", 'J.P.Dupont-Roy', '林小雨', 'Иван', '김철수', 'さくら子'])(
    'default: "%s" is a name',
    (name) => {
      expect(nameProblem(name)).toBeNull()
    },
  )

  test.each([
    ['tab\there', 'other than letters'],
    ['line\nbreak', 'other than letters'],
    ['\u202Eevil', 'other than letters'],
    ['zero\u200Bwidth', 'other than letters'],
    ['soft\u00ADhyphen', 'other than letters'],
    ['two  spaces', 'other than letters'],
    [' edge', 'other than letters'],
    ['<b>bold</b>', 'other than letters'],
    ['🙂🙂', 'other than letters'],
    ['z\u0335\u0336\u0337algo', 'other than letters'],
    ['ﬁne', 'stand for others'],
    ['Ａnna', 'stand for others'],
    ['pаypal', 'mixes scripts'],
    ['αlpha', 'mixes scripts'],
  ])('error: %j', (name, problem) => {
    expect(nameProblem(name)).toContain(problem)
  })

  test('limit: 2 to 24 characters, those outside the first plane as one', () => {
    const { least, most } = NAME_LENGTH
    expect(nameProblem('a'.repeat(least))).toBeNull()
    expect(nameProblem('a'.repeat(most))).toBeNull()
    expect(nameProblem('𠮷'.repeat(most))).toBeNull()
    expect(nameProblem('a'.repeat(least - 1))).toContain('characters')
    expect(nameProblem('a'.repeat(most + 1))).toContain('characters')
    expect(nameProblem('')).toContain('characters')
  })
})

test('behaviour: names that look alike have the same look, others do not', () => {
  const looks = (...names: readonly string[]) => new Set(names.map(nameLook)).size
  expect(looks('Lili', 'L1L1', 'lIlI', 'Li-li', 'Lílì', 'l i l i')).toBe(1)
  expect(looks('Оле', 'Oлe')).toBe(1)
  expect(looks('сосо', 'coco', 'COCO', 'c0c0')).toBe(1)
  expect(looks('modern', 'modem')).toBe(1)
  expect(looks('Ana', 'Anna', 'Bea', '林小雨')).toBe(4)
})

test('limit: teams have 2 to 24 of a-z, 0-9 and hyphens within', () => {
  for (const team of ['ab', 'a-b', 'team-7', '42', 'a'.repeat(24)]) expect(isTeamName(team)).toBe(true)
  for (const team of ['a', '', '-ab', 'ab-', 'Ab', 'a b', 'täm', 'a_b', 'a'.repeat(25), 'ab\n'])
    expect(isTeamName(team)).toBe(false)
})
