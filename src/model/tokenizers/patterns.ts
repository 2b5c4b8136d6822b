// Patterns in tokenizers from elsewhere, refused where a text could keep them busy without end: the engine backtracks, and whoever registers
// a model chooses the pattern that a coordinator and nodes run. What published tokenizers use passes; not every harmless pattern does.
import { TokenizerError } from '#model/tokenizer.ts'

/** Longest pattern; the longest published one has about 1,000 characters. */
export const MAX_PATTERN_LENGTH = 4096

/** Repetitions without a bound in one alternative: time grows with that power of a word's length. Published patterns have at most two. */
export const MAX_REPETITIONS = 2

/** A repetition of more than this counts as one without a bound. */
const MAX_COUNT = 64

type Group = { /** The most in any alternative. */ most: number; /** In this alternative. */ now: number }

/** Throws {@link TokenizerError} unless `pattern` is sure to end soon on any text. */
export function assertTamePattern(pattern: string): void {
  if (pattern.length > MAX_PATTERN_LENGTH)
    throw new TokenizerError(
      `The tokenizer has a pattern of ${pattern.length} characters, more than ${MAX_PATTERN_LENGTH}.`,
    )
  const open: Group[] = [{ most: 0, now: 0 }]
  const top = () => open.at(-1) ?? { most: 0, now: 0 }
  for (let i = 0; i < pattern.length;) {
    const atom = atomAt(pattern, i)
    i += atom.length
    if (atom === '|') top().now = 0
    else if (atom === '(') open.push({ most: 0, now: 0 })
    else {
      const inner = atom === ')' && open.length > 1 ? open.pop() : undefined
      const quantifier = quantifierAt(pattern, i)
      i += quantifier.length
      const times = mostTimes(quantifier)
      if (inner !== undefined && (times > MAX_COUNT || (times > 1 && inner.most > 0)))
        throw new TokenizerError(`The tokenizer's pattern repeats a group: "${pattern.slice(0, 100)}" might never end.`)
      count(top(), (inner?.most ?? 0) + (inner === undefined && times > MAX_COUNT ? 1 : 0))
    }
    if (top().most > MAX_REPETITIONS)
      throw new TokenizerError(
        `The tokenizer's pattern has more than ${MAX_REPETITIONS} open repetitions in a row: "${pattern.slice(0, 100)}" might take too long.`,
      )
  }
}

function count(group: Group, repetitions: number): void {
  group.now += repetitions
  group.most = Math.max(group.most, group.now)
}

/** One character, escape, class, or the beginning or end of a group. */
function atomAt(pattern: string, at: number): string {
  if (pattern[at] === '\\') return /^\\(?:[pPxu]\{[^}]*\}|[\s\S]?)/u.exec(pattern.slice(at))?.[0] ?? '\\'
  if (pattern[at] === '[') return pattern.slice(at, classEnd(pattern, at))
  return pattern[at] ?? ''
}

/** Classes nest, and escape. One that does not end ends the pattern. */
function classEnd(pattern: string, at: number): number {
  let depth = 0
  for (let i = at; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++
    else if (pattern[i] === '[') depth++
    else if (pattern[i] === ']' && --depth === 0) return i + 1
  }
  return pattern.length
}

function quantifierAt(pattern: string, at: number): string {
  return /^(?:[*+?]|\{\d*,?\d*\})[?+]?/.exec(pattern.slice(at, at + 32))?.[0] ?? ''
}

function mostTimes(quantifier: string): number {
  if (quantifier === '') return 1
  if (quantifier.startsWith('?')) return 1
  if (!quantifier.startsWith('{')) return Infinity
  const [, least = '', comma = '', most = ''] = /^\{(\d*)(,?)(\d*)\}/.exec(quantifier) ?? []
  if (most !== '') return Number(most)
  return comma === '' ? Number(least) : Infinity
}
