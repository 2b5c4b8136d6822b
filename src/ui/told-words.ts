// Sentences that a node tells in English, said in the page's language. What a node of another version, or a coordinator, says in words that
// are not known here stays as it was told: better in English than not at all.
import { language } from './languages/language.ts'
import { TOLD_AGREEMENTS, TOLD_SENTENCES, type Told } from './told-sentences.ts'

/** Longest text that is looked through: what a coordinator sends is at most 300 characters, and a few sentences are joined. */
const MAX_LENGTH = 2000

type Known = {
  /** The values in a text of this pattern; undefined for any other text. */
  readonly read: (text: string) => readonly string[] | undefined
  readonly say: (...values: string[]) => string
}

const sentences = TOLD_SENTENCES.map(knownOf)
const agreements = TOLD_AGREEMENTS.map(knownOf)

/** `text` in the page's language, sentence by sentence. */
export function toldWords(text: string): string {
  if (text.length > MAX_LENGTH) return text
  const between = language() === 'zh-Hans' ? '' : ' '
  return (
    sentenceWords(text) ??
    parted(text)
      .map((part) => sentenceWords(part) ?? part)
      .join(between)
  )
}

/** Whether every sentence of `text` is known here. */
export function isKnown(text: string): boolean {
  return sentenceWords(text) !== undefined || parted(text).every((part) => sentenceWords(part) !== undefined)
}

function sentenceWords(text: string): string | undefined {
  const agreed = found(text, agreements)
  if (agreed !== undefined) {
    const [what = '', ...values] = agreed.values
    const words = sentenceWords(what)
    return words === undefined ? undefined : agreed.say(words, ...values)
  }
  const told = found(text, sentences)
  return told?.say(...told.values)
}

function found(text: string, among: readonly Known[]) {
  for (const { read, say } of among) {
    const values = read(text)
    if (values !== undefined) return { say, values }
  }
  return undefined
}

function parted(text: string): string[] {
  return text.split(/(?<=[.!?]) (?=\p{Lu})/u)
}

/** One value alone may be of several words: no text makes this slow. Most texts differ in the first words, before any expression is compiled. */
function knownOf([pattern, say]: Told): Known {
  const [head = '', ...rest] = pattern.split(/(\{…?\})/)
  if (rest.length === 0) return { read: (text) => (text === pattern ? [] : undefined), say }
  const source = rest
    .map((text) => (text === '{}' ? '(\\S+)' : text === '{…}' ? '(.+)' : text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('')
  const match = new RegExp(`^${source}$`)
  return {
    read: (text) => (text.startsWith(head) ? match.exec(text.slice(head.length))?.slice(1) : undefined),
    say,
  }
}
