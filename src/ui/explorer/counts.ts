// How many there are of what the explorer counts, and sentences in a row.
import { msg, str } from '@lit/localize'
import { byCount, formatCount } from '#ui/format.ts'
import { language } from '#ui/languages/language.ts'

/** "1 part", "4 parts". */
export function partCount(count: number): string {
  const shown = formatCount(count)
  return byCount(count, { one: msg(str`${shown} part`), other: msg(str`${shown} parts`) })
}

/** Sentences one after the other; Chinese has no space between them. */
export function paragraph(sentences: readonly string[]): string {
  return sentences.join(language() === 'zh-Hans' ? '' : ' ')
}
