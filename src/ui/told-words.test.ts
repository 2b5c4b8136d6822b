import { describe, expect, test } from 'vitest'
import { TOLD_AGREEMENTS, TOLD_SENTENCES } from './told-sentences.ts'
import { isKnown, toldWords } from './told-words.ts'

/** `pattern` with numbers in its gaps, which every kind of value can be. */
function filled(pattern: string): { text: string; values: string[] } {
  const values: string[] = []
  const text = pattern.replace(/\{…?\}/g, () => {
    values.push(String(values.length + 11))
    return values.at(-1) ?? ''
  })
  return { text, values }
}

/** English as it is said may differ from English as it is told in this sign alone. */
const plain = (text: string) => text.replaceAll('’', "'")

/** Told for people who run a node from a page and from a command line alike; said for the page. */
const SAID_ANEW: ReadonlySet<string> = new Set([
  'The contributor stopped.',
  'the device rests',
  'The lease ran out before the unit was settled.',
  'Reload the page, or start the node again, to join it.',
  'Reload the page, or start the node again.',
  'The worker failed: {…}.',
])

describe('told words', () => {
  test.each([...TOLD_SENTENCES, ...TOLD_AGREEMENTS])('default: %s is said as it is told', (pattern, say) => {
    const { text, values } = filled(pattern)
    if (SAID_ANEW.has(pattern)) expect(say(...values)).not.toBe(text)
    else expect(plain(say(...values))).toBe(plain(text))
  })

  test.each(TOLD_SENTENCES.map(([pattern]) => [filled(pattern).text]))('behaviour: "%s" is known', (text) => {
    expect(isKnown(text)).toBe(true)
  })

  test('behaviour: what is not known stays as it was told', () => {
    expect(toldWords('The moon is in the way.')).toBe('The moon is in the way.')
    expect(toldWords('The coordinator does not admit this node. Its hat is too small.')).toBe(
      'The coordinator does not admit this node. Its hat is too small.',
    )
    expect(isKnown('The moon is in the way.')).toBe(false)
    expect(toldWords('')).toBe('')
  })

  test('limit: text that nearly fits every pattern takes no time', () => {
    const startMs = performance.now()
    for (const text of ['Multiplied a 1 x '.repeat(100), `; nodes agreed${', and x: '.repeat(200)}`, 'x'.repeat(3000)])
      expect(toldWords(text)).toBe(text)
    expect(performance.now() - startMs).toBeLessThan(1000)
  })
})
