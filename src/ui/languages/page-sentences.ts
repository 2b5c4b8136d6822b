// The sentences of our own pages, one chunk a language.
import type { LoadTable } from './language.ts'

/** An import each: of one expression with several Vite would fetch the last one too. */
const TABLES = {
  'pt-BR': () => import('./built/pt-BR.ts'),
  'zh-Hans': () => import('./built/zh-Hans.ts'),
} as const

/** Fetches the sentences of src/ui. */
export const pageSentences: LoadTable = (language) => TABLES[language]()
