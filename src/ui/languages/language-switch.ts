// The choice of the language, for the foot of a page: each language under its own name.
import { LitElement, css, html, nothing } from 'lit'
import { msg, updateWhenLocaleChanges } from '@lit/localize'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import { LANGUAGES, type Language } from '#core/language-choice.ts'
import { chooseLanguage, language } from './language.ts'

/** What each language calls itself. */
// oxlint-disable-next-line words/in-messages -- nobody finds their language under another's name for it
const OWN_NAMES: Readonly<Record<Language, string>> = { en: 'English', 'pt-BR': 'Português', 'zh-Hans': '中文' }

/** `<cw-languages>`. */
export class LanguageSwitch extends LitElement {
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      div {
        display: flex;
        flex-wrap: wrap;
        gap: 0 16px;
      }
      button.quiet {
        min-height: 32px;
        padding: 4px 0;
      }
      button[aria-pressed='true'] {
        font-weight: 600;
        text-decoration: none;
      }
    `,
  ]

  constructor() {
    super()
    updateWhenLocaleChanges(this)
  }

  override render() {
    const shown = language()
    return html`<div role="group" aria-label=${msg('Language')} data-testid="languages">
      ${LANGUAGES.map(
        (each) =>
          html`<button
            type="button"
            class="quiet"
            lang=${each === shown ? nothing : each}
            aria-pressed=${each === shown ? 'true' : 'false'}
            @click=${() => chooseLanguage(each)}
          >
            ${OWN_NAMES[each]}
          </button>`,
      )}
    </div>`
  }
}

customElements.define('cw-languages', LanguageSwitch)

declare global {
  interface HTMLElementTagNameMap {
    'cw-languages': LanguageSwitch
  }
}
