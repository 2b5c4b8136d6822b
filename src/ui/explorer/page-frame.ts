// What stands above and below every page of the explorer, and the signs beside its sentences.
import { msg } from '@lit/localize'
import { type TemplateResult, html, nothing } from 'lit'
import { type IconName, icon } from '#ui/icons.ts'
import '#ui/languages/language-switch.ts'
import { isKnown, toldWords } from '#ui/told-words.ts'

/** Name and ways. `isLog` marks the page that is the log itself. */
export function pageHeader(isLog: boolean): TemplateResult {
  return html`<header>
    <a class="name" href="/"><img src="/mark.svg" width="28" height="28" alt="" />commonwatt</a>
    <nav aria-label=${msg('Pages')}>
      <a href="/">${msg('Contribute')}</a>
      <a href="/explorer" aria-current=${isLog ? 'page' : nothing}>${msg('Log')}</a>
    </nav>
  </header>`
}

/** The same in files, for other tools. */
export function pageFooter(): TemplateResult {
  return html`<footer>
    <span class="muted">${msg('For your own tools:')}</span>
    <a href="/api/v1/network">${msg('Network')}</a>
    <a href="/api/v1/nodes">${msg('Nodes')}</a>
    <a href="/api/v1/log/checkpoint">${msg('Signed checkpoint')}</a>
    <cw-languages></cw-languages>
  </footer>`
}

/** What a program tells, in the page's language where that is known, else in English and marked as such. */
export function asTold(text: string): TemplateResult {
  return isKnown(text) ? html`${toldWords(text)}` : html`<span lang="en">${text}</span>`
}

/** A figure within a sentence. */
export function figure(text: string): TemplateResult {
  return html`<span class="figure">${text}</span>`
}

/** How something stands. */
export type Standing = 'good' | 'bad' | 'wait' | 'none'

const SIGNS = { good: 'tick', bad: 'cross', wait: 'dashes', none: 'dash' } as const satisfies Record<Standing, IconName>

/** A tick, a cross, an open circle or a dash; what it means stands beside it in words. */
export function sign(standing: Standing): TemplateResult {
  return icon(SIGNS[standing], { classes: `sign ${standing}` })
}
