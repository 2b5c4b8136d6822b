// The alarm that nobody can miss: the log is not the one that was seen before. It says what that means, and hands out the evidence as a file.
import { msg, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { LogAlarm } from '#sdk/explore/log-reader.ts'
import { icon } from '#ui/icons.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import { asTold } from './page-frame.ts'

type Words = { readonly title: string; readonly means: string; readonly next: string }

/** `<cw-alarm .alarm=…>`: fires `cw-begin-anew` when the visitor accepts the log as it is. */
export class AlarmCard extends LitElement {
  static override properties = { alarm: { attribute: false }, isAsking: { state: true } }
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      section {
        margin-top: 24px;
        padding: 20px;
        border: 3px solid var(--fault);
        border-radius: 12px;
        background: var(--surface);
      }
      h2 {
        display: flex;
        gap: 12px;
        align-items: flex-start;
        color: var(--fault);
        font-size: var(--size-title);
        line-height: 1.25;
      }
      svg {
        flex: none;
        width: 28px;
        height: 28px;
      }
      p {
        max-width: 68ch;
        margin-top: 8px;
        overflow-wrap: anywhere;
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: 12px;
        margin-top: 16px;
      }
      button.quiet {
        padding-inline: 0;
      }
    `,
  ]

  declare alarm: LogAlarm | null
  declare isAsking: boolean

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.alarm = null
    this.isAsking = false
  }

  override render() {
    return html`<div role="alert">${this.alarm === null ? nothing : this.#card(this.alarm)}</div>`
  }

  #card(alarm: LogAlarm) {
    const { title, means, next } = alarmWords(alarm.kind)
    return html`<section data-testid="alarm" data-kind=${alarm.kind}>
      <h2>${icon('warning')} ${title}</h2>
      ${
        alarm.isNow
          ? nothing
          : html`<p>
              <strong>${msg('This was seen at an earlier visit.')}</strong>
              ${msg('The log looks right now; that does not undo it.')}
            </p>`
      }
      <p>${asTold(alarm.says)}</p>
      <p>${means}</p>
      <p>${next}</p>
      <div class="buttons">
        <button class="primary" type="button" data-testid="save-evidence" @click=${this.#save}>
          ${alarm.isProof ? msg('Save the proof') : msg('Save both checkpoints')}
        </button>
        <button class="quiet" type="button" @click=${this.#begin}>
          ${this.isAsking ? msg('Yes, forget what I saw before') : msg('Begin anew from here')}
        </button>
      </div>
    </section>`
  }

  readonly #save = (): void => {
    const { alarm } = this
    if (alarm === null) return
    const url = URL.createObjectURL(new Blob([alarm.document], { type: 'application/json' }))
    const link = document.createElement('a')
    link.href = url
    link.download = `commonwatt-${alarm.kind}.json`
    link.click()
    URL.revokeObjectURL(url)
  }

  readonly #begin = (): void => {
    if (!this.isAsking) {
      this.isAsking = true
      return
    }
    this.isAsking = false
    this.dispatchEvent(new CustomEvent('cw-begin-anew', { bubbles: true, composed: true }))
  }
}

function alarmWords(kind: LogAlarm['kind']): Words {
  switch (kind) {
    case 'fork':
      return {
        title: msg('This coordinator forked its log'),
        means: msg(
          'It signed two histories that cannot both be true, and shows you another one than before. The file below proves it to anyone, without this coordinator.',
        ),
        next: msg(
          'Keep the file and check it with: commonwatt verify FILE. Do not rely on anything this coordinator says until its operator has explained it.',
        ),
      }
    case 'rollback':
      return {
        title: msg('This log is shorter than it was'),
        means: msg(
          'Entries that you have seen are gone. The coordinator may have been restored from an old copy, or it hides something.',
        ),
        next: msg(
          'Keep the file: it holds both signed checkpoints, and becomes proof of a fork as soon as the log grows past what you saw. Ask the operator.',
        ),
      }
    case 'unproven':
      return {
        title: msg('This log does not prove itself'),
        means: msg('The coordinator signed a log and does not hand out what shows that it continues the one you saw.'),
        next: msg('Reload the page. If it stays so, keep the file and ask the operator.'),
      }
    case 'other-network':
      return {
        title: msg('Another network answers here'),
        means: msg('What you saw before and what you see now have nothing to do with each other, not even the key.'),
        next: msg('If the operator began anew, go on with this network. If you do not know why, do not trust it.'),
      }
  }
}

customElements.define('cw-alarm', AlarmCard)

declare global {
  interface HTMLElementTagNameMap {
    'cw-alarm': AlarmCard
  }
}
