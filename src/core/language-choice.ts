// Which of our languages a browser’s wishes mean. Pure and without imports: the tag on other people’s pages and the coordinator use it too.

/** The languages there are; sentences are written in the first. */
export const LANGUAGES = ['en', 'pt-BR', 'zh-Hans'] as const

/** Under this key a browser keeps the language that a person chose. */
export const KEPT_LANGUAGE = 'commonwatt/language/v1'

/** Scripts and regions in which Chinese is written with traditional characters. */
const TRADITIONAL: ReadonlySet<string> = new Set(['hant', 'tw', 'hk', 'mo'])

/** One of {@link LANGUAGES}. */
export type Language = (typeof LANGUAGES)[number]

/** Whether `text` names one of our languages exactly. */
export function isLanguage(text: unknown): text is Language {
  return LANGUAGES.some((language) => language === text)
}

/** The first of `wishes` (BCP 47, most wanted first) that we speak; English where there is none. */
export function languageFor(wishes: readonly string[]): Language {
  for (const wish of wishes) {
    const [language = '', ...rest] = wish.toLowerCase().split('-')
    if (language === 'en') return 'en'
    if (language === 'pt') return 'pt-BR'
    // Who reads traditional characters gets the next wish rather than simplified ones.
    const isTraditional = rest.some((part) => TRADITIONAL.has(part)) && !rest.includes('hans')
    if (language === 'zh' && !isTraditional) return 'zh-Hans'
  }
  return 'en'
}
