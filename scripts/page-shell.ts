// Writes into the built document of the contributor's page what it shows before any script has come, once for each language: headline,
// state and the one button, in the look of the elements that take over (src/widget/page.ts). Styles stand in the document: nothing is
// waited for before the first picture. The coordinator lets exactly these through its policy (src/coordinator/http/page.ts).
import { generateMsgId } from '@lit/localize/internal/id-generation.js'
import type { CSSResultGroup } from 'lit'
import type { Plugin } from 'vite'
import { LANGUAGES, type Language } from '#core/language-choice.ts'
import { contributorStyles } from '#ui/elements/contributor-styles.ts'
import { stateStyles, switchStyles } from '#ui/elements/control-styles.ts'
import { introText, introTitle, shellWords } from '#ui/intro-words.ts'
import { templates as portuguese } from '#ui/languages/built/pt-BR.ts'
import { templates as chinese } from '#ui/languages/built/zh-Hans.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'

/** Sentences of a language by the id of their English source. English is in the code. */
const TABLES: Readonly<Record<Language, Readonly<Record<string, unknown>>>> = {
  en: {},
  'pt-BR': portuguese,
  'zh-Hans': chinese,
}

/** The document's stylesheet, as the build links it. */
const STYLESHEET = /<link rel="stylesheet"[^>]* href="\/(assets\/[^"]+\.css)">/

/** The plugin: `index.html` in English, and `index.<language>.html` for the others. */
export function pageShell(): Plugin {
  return {
    name: 'page-shell',
    enforce: 'post',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const page = bundle['index.html']
        if (page?.type !== 'asset') throw new Error('The build has no index.html.')
        const source = String(page.source)
        const css = bundle[STYLESHEET.exec(source)?.[1] ?? '']
        if (css?.type !== 'asset') throw new Error('index.html links no stylesheet of the build.')
        const styled = source.replace(STYLESHEET, () => styleOf(String(css.source)))
        for (const language of LANGUAGES) {
          const document = withShell(styled, language)
          if (language === 'en') page.source = document
          else this.emitFile({ type: 'asset', fileName: `index.${language}.html`, source: document })
        }
      },
    },
  }
}

function withShell(document: string, language: Language): string {
  return document
    .replace('<html lang="en">', `<html lang="${language}">`)
    .replace('</body>', () => `${shell(language)}\n  </body>`)
}

/** The first picture. Its button waits: what a click would start is not there yet. */
function shell(language: Language): string {
  const words = shellWords()
  const say = (english: string) => sentence(english, language)
  const styles = [baseStyles, buttonStyles, contributorStyles, stateStyles, switchStyles]
  return `<div id="shell"><template shadowrootmode="open">${styleOf(textOf(styles))}<div class="page before">
<header><img src="/mark.svg" width="28" height="28" alt="" />commonwatt</header>
<main class="columns"><div class="main">
<div class="intro"><h1>${say(introTitle())}</h1><p>${say(introText())}</p></div>
<section class="control" aria-label="${say(words.section)}"><div class="top">
<div><p class="line"><svg class="rest" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true"><circle cx="8" cy="8" r="6" /></svg><span>${say(words.state)}</span></p>
<p class="reason">${say(words.reason)}</p></div>
<button type="button" class="switch primary" disabled>${say(words.button)}</button>
</div></section>
</div></main></div></template></div>`
}

/** `english`, a sentence without values, in `language` where it has been translated. */
function sentence(english: string, language: Language): string {
  const translated = TABLES[language][generateMsgId(english, false)]
  return typeof translated === 'string' ? translated : english
}

function textOf(styles: CSSResultGroup): string {
  return Array.isArray(styles) ? styles.map(textOf).join('\n') : 'cssText' in styles ? styles.cssText : ''
}

function styleOf(css: string): string {
  // No white space that means nothing: the document has to fit into the first packets.
  return `<style>${css
    .replaceAll(/\/\*.*?\*\//gs, '')
    .replaceAll(/\s+/g, ' ')
    .trim()}</style>`
}
