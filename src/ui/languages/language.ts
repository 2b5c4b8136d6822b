// The page's language: chosen from what was kept or what the browser wishes, switched at run time. Only the table of the chosen language
// is ever fetched.
import { configureLocalization } from '@lit/localize'
import { KEPT_LANGUAGE, LANGUAGES, type Language, isLanguage, languageFor } from '#core/language-choice.ts'

/** Sentences of one language by the id of their English source; what lit-localize builds. */
export type Table = { readonly templates: Readonly<Record<string, unknown>> }

/** Fetches a table. English needs none: its sentences are in the code. */
export type LoadTable = (language: Exclude<Language, 'en'>) => Promise<Table>

/** The part of Storage that the choice needs. */
export type LanguageStore = Pick<Storage, 'getItem' | 'setItem'>

const [SOURCE, ...targets] = LANGUAGES
let loadTable: LoadTable | null = null

const { getLocale, setLocale } = configureLocalization({
  sourceLocale: SOURCE,
  targetLocales: targets,
  loadLocale: async (language) => {
    if (loadTable === null || !isLanguage(language) || language === SOURCE) return { templates: {} }
    return (await loadTable(language)) as never
  },
})

/** The language that is shown now. */
export function language(): Language {
  const locale = getLocale()
  return isLanguage(locale) ? locale : SOURCE
}

/** Opens the page's language with the table of `loader`: the one kept in `store`, or the first that the browser wishes. */
export async function openLanguage(loader: LoadTable, store: LanguageStore | null = ownStore()): Promise<void> {
  loadTable = loader
  const kept = read(store)
  await show(isLanguage(kept) ? kept : languageFor(navigator.languages))
}

/** Switches to `chosen` and keeps the choice in `store`. */
export async function chooseLanguage(chosen: Language, store: LanguageStore | null = ownStore()): Promise<void> {
  write(store, chosen)
  await show(chosen)
}

/** Where a table cannot be fetched the language that is shown stays, and the next choice tries again. */
async function show(chosen: Language): Promise<void> {
  await setLocale(chosen).catch(() => setLocale(language()))
  document.documentElement.lang = language()
}

function ownStore(): LanguageStore | null {
  try {
    return globalThis.localStorage
  } catch {
    return null
  }
}

function read(store: LanguageStore | null): string | null {
  try {
    return store?.getItem(KEPT_LANGUAGE) ?? null
  } catch {
    return null
  }
}

function write(store: LanguageStore | null, text: string): void {
  try {
    store?.setItem(KEPT_LANGUAGE, text)
  } catch {
    // Denied or full: the choice lasts as long as the page.
  }
}
