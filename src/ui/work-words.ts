// What a unit did, in the page's language. Kinds describe their units in English, also to programs; the sentences that they use are known
// here by their form, and what a kind says that this page does not know is left as it is.
import { msg, str } from '@lit/localize'
import { byCount, formatCount } from './format.ts'

type Numbers = readonly number[]
type Form = readonly [form: RegExp, say: (numbers: Numbers) => string]

const FORMS: readonly Form[] = [
  [/^Multiplied a (\d+) x (\d+) and a (\d+) x (\d+) matrix$/, product],
  [/^Multiplied a (\d+) x (\d+) part of a (\d+) x (\d+) and a (\d+) x (\d+) matrix$/, partOfProduct],
  [/^Wrote up to (\d+) tokens after a prompt of (\d+)$/, text],
  [/^Turned (\d+) texts? of (\d+) tokens into vectors$/, vectors],
]

/** `description`, as a kind gives it, in the page's language. */
export function workWords(description: string): string {
  for (const [form, say] of FORMS) {
    const found = form.exec(description)
    if (found !== null) return say(found.slice(1).map(Number))
  }
  return description
}

function product([m = 0, k = 0, , n = 0]: Numbers): string {
  return msg(str`Multiplied a ${m} x ${k} and a ${k} x ${n} matrix`)
}

function partOfProduct([rows = 0, columns = 0, m = 0, k = 0, , n = 0]: Numbers): string {
  return msg(str`Multiplied a ${rows} x ${columns} part of a ${m} x ${k} and a ${k} x ${n} matrix`)
}

function text([most = 0, prompt = 0]: Numbers): string {
  const [tokens, before] = [formatCount(most), formatCount(prompt)]
  return msg(str`Wrote up to ${tokens} tokens after a prompt of ${before}`)
}

function vectors([texts = 0, tokens = 0]: Numbers): string {
  const [count, length] = [formatCount(texts), formatCount(tokens)]
  return byCount(texts, {
    one: msg(str`Turned ${count} text of ${length} tokens into vectors`),
    other: msg(str`Turned ${count} texts of ${length} tokens into vectors`),
  })
}
