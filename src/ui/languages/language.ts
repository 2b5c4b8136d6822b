// The page's language: chosen from what was kept or what the browser wishes, switched at run time. Only the tables of the chosen language
// are ever fetched. Small, because the widget's frame has it before consent.
import { configureLocalization } from '@lit/localize'
import { LANGUAGES, type Language, isLanguage, languageFor } from './choice.ts'

/** Sentences of one language by the id of their English source; what lit-localize builds. */
export type Table = { readonly templates: Readonly<Record<string, unknown>> }

/** Fetches a table. English needs none: its sentences are in the code. */
export type LoadTable = (language: Exclude<Language, 'en'>) => Promise<Table>

/** The part of Storage that the choice needs. */
export type LanguageStore = Pick<Storage, 'getItem' | 'setItem'>

const KEY = 'commonwatt/language/v1'
const [SOURCE, ...targets] = LANGUAGES
const loaders: LoadTable[] = []
/** Kept as one object, so that a table that comes later joins those that are in use. */
let sentences: Record<string, unknown> = {}

const { getLocale, setLocale } = configureLocalization({
  sourceLocale: SOURCE,
  targetLocales: targets,
  loadLocale: async (language) => {
    const loaded = await load(language, loaders)
    sentences = loaded
    return { templates: loaded as never }
  },
})

/** The language that is shown now. */
export function language(): Language {
  const locale = getLocale()
  return isLanguage(locale) ? locale : SOURCE
}

/** Opens the page's language with the tables of `loader`: the one kept in `store`, or the first that the browser wishes. */
export async function openLanguage(loader: LoadTable, store: LanguageStore | null = ownStore()): Promise<void> {
  loaders.push(loader)
  const kept = read(store)
  await show(isLanguage(kept) ? kept : languageFor(navigator.languages))
}

/** Adds the tables of `loader`, as when more of the page is loaded. */
export async function addSentences(loader: LoadTable): Promise<void> {
  if (loaders.includes(loader)) return
  loaders.push(loader)
  const present = sentences
  Object.assign(present, await load(language(), [loader]).catch(() => ({})))
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

async function load(language: string, from: readonly LoadTable[]): Promise<Record<string, unknown>> {
  if (!isLanguage(language) || language === SOURCE) return {}
  const tables = await Promise.all(from.map((loader) => loader(language)))
  return Object.assign({}, ...tables.map(({ templates }) => templates)) as Record<string, unknown>
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
    return store?.getItem(KEY) ?? null
  } catch {
    return null
  }
}

function write(store: LanguageStore | null, text: string): void {
  try {
    store?.setItem(KEY, text)
  } catch {
    // Denied or full: the choice lasts as long as the page.
  }
}
