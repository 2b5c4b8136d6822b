// Names that people show others on the leaderboard, and teams: bounded, of one script, and no two that look the same. Whoever reads a list
// of names should not be fooled by one; what names a person for certain is the key beside it.

/** Length of a name in characters, as people count them. */
export const NAME_LENGTH = { least: 2, most: 24 } as const

/** Letters, marks and digits, and between them single spaces, hyphens, dots and apostrophes. No control, no direction, nothing invisible. */
const FORM = /^[\p{L}\p{M}\p{Nd}]+(?:[ \-.'’_][\p{L}\p{M}\p{Nd}]+)*$/u

/** Most marks on one letter: more of them climb over the lines around. */
const STACKED = /\p{M}{3,}/u

/** Scripts that one name may be in; those written together count as one. */
const SCRIPTS: readonly RegExp[] = [
  /^[\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Han}\p{Script=Bopomofo}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Greek}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Arabic}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Hebrew}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Devanagari}\p{Script=Common}\p{Script=Inherited}]+$/u,
  /^[\p{Script=Thai}\p{Script=Common}\p{Script=Inherited}]+$/u,
]

/** A team's name: an invitation to type it, so it has one spelling. */
const TEAM = /^[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])$/

/** Characters that are drawn alike, Cyrillic and Greek for Latin ones and digits for letters, by the one that stands for all. */
const ALIKE: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'l',
  i: 'l',
  '5': 's',
  '8': 'b',
  '|': 'l',

  а: 'a',
  в: 'b',
  с: 'c',
  е: 'e',
  һ: 'h',
  і: 'l',
  ӏ: 'l',
  ј: 'j',
  к: 'k',
  м: 'm',
  н: 'h',
  о: 'o',
  р: 'p',
  ѕ: 's',
  т: 't',
  у: 'y',
  х: 'x',
  α: 'a',
  β: 'b',
  ε: 'e',
  η: 'h',
  ι: 'l',
  κ: 'k',
  μ: 'm',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'y',
  χ: 'x',
}

/** Why `name` cannot be shown to others, as the end of a sentence; null where it can. */
export function nameProblem(name: string): string | null {
  const { length } = Array.from(name)
  if (length < NAME_LENGTH.least || length > NAME_LENGTH.most)
    return `has ${length} characters, not ${NAME_LENGTH.least} to ${NAME_LENGTH.most}`
  if (name.normalize('NFKC') !== name) return 'has characters that stand for others'
  if (!FORM.test(name) || STACKED.test(name))
    return 'has something other than letters, digits and single spaces, hyphens, dots or apostrophes between them'
  return SCRIPTS.some((script) => script.test(name)) ? null : 'mixes scripts'
}

/** Whether `team` can be a team's name: 2 to 24 lower-case letters, digits and hyphens within. */
export function isTeamName(team: string): boolean {
  return TEAM.test(team)
}

/** What names that look alike have in common. */
export function nameLook(name: string): string {
  const bare = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return Array.from(bare.replace(/[^\p{L}\p{Nd}]/gu, ''))
    .map((each) => ALIKE[each] ?? each)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
}
