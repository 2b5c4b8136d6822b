// What there is to know of this device, folded away: what it is and can, and the models that it keeps. What is inside is loaded when it
// is opened.
import { msg, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import type { KeptModels } from '#node/kept-models.ts'
import type { NodeState } from '#node/state.ts'
import { OFF_STATE } from '#ui/session.ts'
import { baseStyles } from '#ui/shared-styles.ts'

/** How the page gets at the kept models, and at their names in the network. */
export type ModelsPort = {
  readonly open: () => Promise<KeptModels>
  readonly names: () => Promise<ReadonlyMap<string, string>>
}

type Panel = 'device' | 'models'

/** `<cw-this-device .state=… .models=…>`. */
export class ThisDevice extends LitElement {
  static override properties = {
    state: { attribute: false },
    models: { attribute: false },
    opened: { state: true },
    problem: { state: true },
  }
  static override styles = [
    baseStyles,
    css`
      details {
        border-top: 1px solid var(--line);
      }
      details:last-of-type {
        border-bottom: 1px solid var(--line);
      }
      summary {
        padding: 12px 0;
        font-weight: 600;
        cursor: pointer;
      }
      .inside {
        padding-bottom: 20px;
      }
    `,
  ]

  declare state: NodeState
  declare models: ModelsPort | null
  /** Panels that were opened and are loaded. */
  declare opened: ReadonlySet<Panel>
  declare problem: string

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.state = OFF_STATE
    this.models = null
    this.opened = new Set()
    this.problem = ''
  }

  override render() {
    return html`<section aria-labelledby="title">
      <h2 id="title" class="unseen">${msg('This device')}</h2>
      <details data-testid="device-panel" @toggle=${this.#toggle('device', () => import('#ui/panels/device-panel.ts'))}>
        <summary>${msg('What your device can do')}</summary>
        <div class="inside">
          ${this.opened.has('device') ? html`<cw-device .state=${this.state}></cw-device>` : nothing}
        </div>
      </details>
      ${this.models === null ? nothing : this.#models(this.models)}
      <p class="note" role="alert">${this.problem}</p>
    </section>`
  }

  #models(port: ModelsPort) {
    return html`<details
      data-testid="models-panel"
      @toggle=${this.#toggle('models', () => import('#ui/panels/models-panel.ts'))}
    >
      <summary>${msg('Models kept on this device')}</summary>
      <div class="inside">${this.opened.has('models') ? html`<cw-models .port=${port}></cw-models>` : nothing}</div>
    </details>`
  }

  async #show(panel: Panel, load: () => Promise<unknown>): Promise<void> {
    this.problem = ''
    try {
      await load()
      this.opened = new Set([...this.opened, panel])
    } catch {
      this.problem = msg('This part of the page could not be loaded. Check your connection, then reload the page.')
    }
  }

  #toggle(panel: Panel, load: () => Promise<unknown>): (event: Event) => void {
    return (event) => {
      if ((event.target as HTMLDetailsElement).open && !this.opened.has(panel)) void this.#show(panel, load)
    }
  }
}

customElements.define('cw-this-device', ThisDevice)

declare global {
  interface HTMLElementTagNameMap {
    'cw-this-device': ThisDevice
  }
}
