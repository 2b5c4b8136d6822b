// Sentences that a node tells in English, said in the page's language. What a node of another version, or a coordinator, says in words that
// are not known here stays as it was told: better in English than not at all.
import { msg, str } from '@lit/localize'
import { language } from './languages/language.ts'
import { TOLD_AGREEMENTS, TOLD_CLAUSES, TOLD_EASING, TOLD_SENTENCES, type Told } from './told-sentences.ts'

/** Longest text that is looked through: what a coordinator sends is at most 300 characters, and a few sentences are joined. */
const MAX_LENGTH = 2000

type Known = {
  /** The values in a text of this pattern; undefined for any other text. */
  readonly read: (text: string) => readonly string[] | undefined
  readonly say: (...values: string[]) => string
}

const sentences = TOLD_SENTENCES.map(knownOf)
const clauses = TOLD_CLAUSES.map(knownOf)
const agreements = TOLD_AGREEMENTS.map(knownOf)
const easing = [knownOf(TOLD_EASING)]

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
  const eased = found(text, easing)
  if (eased !== undefined) {
    const [share = '', why = ''] = eased.values
    const words = clauseWords(why)
    return words === undefined ? undefined : eased.say(share, words)
  }
  const agreed = found(text, agreements)
  if (agreed !== undefined) {
    const [what = '', ...values] = agreed.values
    const words = sentenceWords(what)
    return words === undefined ? undefined : agreed.say(words, ...values)
  }
  const told = found(text, sentences)
  if (told !== undefined) return told.say(...told.values)
  return restWords(text)
}

/** Why a device rests: a sentence made of clauses, with how it ends behind a semicolon. */
function restWords(text: string): string | undefined {
  if (!text.endsWith('.')) return undefined
  const [says = '', goesOn] = `${text.charAt(0).toLowerCase()}${text.slice(1, -1)}`.split('; ')
  const because = clauseWords(says)
  if (because === undefined) return undefined
  if (goesOn === undefined) return capital(msg(str`${because}.`))
  const end = clauseWords(goesOn)
  return end === undefined ? undefined : capital(msg(str`${because}; ${end}.`))
}

function clauseWords(text: string): string | undefined {
  const words: string[] = []
  for (const clause of text.split(', and ')) {
    const told = found(clause, clauses)
    if (told === undefined) return undefined
    words.push(told.say(...told.values))
  }
  return words.reduce((one, other) => msg(str`${one}, and ${other}`))
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

function capital(sentence: string): string {
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`
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
