// The sentences of our own pages, one chunk a language.
import type { LoadTable } from './language.ts'

/** Fetches the sentences of src/ui. */
export const pageSentences: LoadTable = (language) =>
  language === 'pt-BR' ? import('./built/pt-BR.ts') : import('./built/zh-Hans.ts')
