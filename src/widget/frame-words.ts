// What the box says before consent: one small table a language, of which one is fetched. The messages of our own pages would bring each
// sentence in English and in the language of the visitor; here each byte counts.
import { KEPT_LANGUAGE, type Language, isLanguage, languageFor } from '#core/language-choice.ts'
import { make } from './dom.ts'
import type { FrameMode } from './frame-mode.ts'
import { ownStore } from './light.ts'
import type { Words } from './words/en.ts'

/** Stand in a sentence for what is shown in bold; languages may turn their order round. */
const BOLD = ['\ue000', '\ue001'] as const

/** An import each: of one expression with several Vite would fetch the last one too. */
const TABLES: Readonly<Record<Language, () => Promise<{ readonly words: Words }>>> = {
  en: () => import('./words/en.ts'),
  'pt-BR': () => import('./words/pt-BR.ts'),
  'zh-Hans': () => import('./words/zh-Hans.ts'),
}

let language: Language = 'en'

/** The sentences in the visitor's language, once {@link openFrameWords} has resolved. */
export let frameWords: Words

/** Fetches the sentences in the language that was chosen on our own pages, or that the browser wishes. */
export async function openFrameWords(): Promise<void> {
  language = chosen()
  document.documentElement.lang = language
  const { words } = await TABLES[language]()
  frameWords = words
}

/** Why nothing is asked, in words; empty where something is. */
export function quietWordsFor(mode: FrameMode, refusedUntilMs: number): string {
  switch (mode) {
    case 'refused':
      return frameWords.refused(dayOf(refusedUntilMs))
    case 'phone':
      return frameWords.phone
    case 'less-data':
      return frameWords.lessData
    case 'no-site':
      return frameWords.noSite
    case 'on':
    case 'asking':
      return ''
  }
}

/** What a click on Contribute agrees to, on the site `host`, of whose credit it takes `creditPercent`. */
export function termsWords(host: string, hasGpu: boolean, creditPercent: number): readonly (Node | string)[] {
  const lend = hasGpu ? frameWords.lendGpu(BOLD[0]) : frameWords.lendProcessor(BOLD[0])
  return whole(lend, [host], host, creditPercent)
}

/** The same in the confirming window, with the share of the device that was chosen. */
export function askedWords(host: string, percent: number, creditPercent: number): readonly (Node | string)[] {
  return whole(frameWords.lendAtMost(BOLD[0], BOLD[1]), [percentWords(percent / 100), host], host, creditPercent)
}

/** A share of one in whole per cent. */
export function percentWords(share: number): string {
  return new Intl.NumberFormat(language, { style: 'percent' }).format(share)
}

function whole(
  lend: string,
  parts: readonly string[],
  host: string,
  creditPercent: number,
): readonly (Node | string)[] {
  const { between, whatItDoes, credit, sharedCredit, itEnds } = frameWords
  const [shared, rest] = [percentWords(creditPercent / 100), `${between}${itEnds}`]
  const owner = creditPercent === 0 ? [credit] : bolded(sharedCredit(BOLD[0], BOLD[1]), [shared, host])
  return [...bolded(lend, parts), `${between}${whatItDoes}${between}`, ...owner, rest]
}

function bolded(sentence: string, parts: readonly string[]): readonly (Node | string)[] {
  return sentence.split(/([\ue000\ue001])/).map((text) => {
    const part = parts[BOLD.findIndex((mark) => mark === text)]
    return part === undefined ? text : make('strong', {}, part)
  })
}

function dayOf(ms: number): string {
  return new Intl.DateTimeFormat(language, { day: 'numeric', month: 'long' }).format(ms)
}

function chosen(): Language {
  try {
    const kept = ownStore()?.getItem(KEPT_LANGUAGE)
    if (isLanguage(kept)) return kept
  } catch {
    // Storage that may not be read: the browser's wish.
  }
  return languageFor(navigator.languages)
}
