// The sentences that the widget says before consent, one small chunk a language.
import type { LoadTable } from '#ui/languages/language.ts'

/** Fetches the sentences of the frame and of its confirming window. */
export const frameSentences: LoadTable = (language) =>
  language === 'pt-BR' ? import('./languages/built/pt-BR.ts') : import('./languages/built/zh-Hans.ts')
