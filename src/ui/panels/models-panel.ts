// The language models that this browser keeps, so that each is fetched once: their sizes, when they were used, and a way to be rid of
// them. Deleting asks once more, and is refused in words while a unit computes with the file.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, html, nothing } from 'lit'
import type { KeptModel, KeptModels, StorageUse } from '#node/kept-models.ts'
import type { ModelsPort } from '#ui/elements/this-device.ts'
import { formatAgo, formatBytes, shortDigest } from '#ui/format.ts'
import { baseStyles, buttonStyles } from '#ui/shared-styles.ts'
import { modelsStyles } from './models-styles.ts'

/** `<cw-models .port=…>`. */
export class ModelsPanel extends LitElement {
  static override properties = {
    port: { attribute: false },
    models: { state: true },
    names: { state: true },
    storage: { state: true },
    asked: { state: true },
    said: { state: true },
  }
  static override styles = [baseStyles, buttonStyles, modelsStyles]

  declare port: ModelsPort | null
  /** Null until they were read. */
  declare models: readonly KeptModel[] | null
  declare names: ReadonlyMap<string, string>
  declare storage: StorageUse | null
  /** What a click asked to delete, until it is confirmed: one model's id, or all. */
  declare asked: string
  declare said: string
  #kept: KeptModels | null = null

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.port = null
    this.models = null
    this.names = new Map()
    this.storage = null
    this.asked = ''
    this.said = ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#open().catch(() => {
      this.said = msg('Your browser does not show what it keeps here. Reload the page to try again.')
    })
  }

  override render() {
    const { models, said } = this
    return html`${models === null ? nothing : models.length === 0 ? this.#none() : this.#list(models)}
      <p role="status" class="said" data-testid="models-said">${said}</p>`
  }

  #none() {
    return html`<p class="muted" data-testid="models-none">
      ${msg('None. When your device first runs a language model, its file stays here, so that it is fetched only once.')}
    </p>`
  }

  #list(models: readonly KeptModel[]) {
    const total = formatBytes(models.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
    const isAsked = this.asked === 'all'
    return html`<ul>
        ${models.map((model) => this.#model(model))}
      </ul>
      <div class="foot">
        <p class="note">${msg(str`${total} in all.`)} ${this.#room()}</p>
        ${
          models.length < 2
            ? nothing
            : html`<button type="button" class=${isAsked ? 'sure' : ''} data-testid="delete-all" @click=${this.#askAll}>
                ${isAsked ? msg('Delete all: sure?') : msg('Delete all')}
              </button>`
        }
      </div>`
  }

  #model(model: KeptModel) {
    const { id, isInUse, sizeBytes, usedMs } = model
    const name = this.names.get(id) ?? shortDigest(id)
    const isAsked = this.asked === id
    const used = formatAgo(usedMs, Date.now())
    return html`<li data-testid="model">
      <div>
        <p class="name">${name}</p>
        <p class="note">
          <span class="figure">${formatBytes(sizeBytes)}</span> ·
          ${isInUse ? msg('in use now') : msg(str`used ${used}`)}
        </p>
      </div>
      <button
        type="button"
        class=${isAsked ? 'sure' : ''}
        aria-label=${isAsked ? msg(str`Delete ${name}: sure?`) : msg(str`Delete ${name}`)}
        @click=${() => this.#ask(model)}
      >
        ${isAsked ? msg('Delete: sure?') : msg('Delete')}
      </button>
    </li>`
  }

  #room() {
    if (this.storage === null) return nothing
    const { usedBytes, maxBytes } = this.storage
    const [used, most] = [formatBytes(usedBytes), formatBytes(maxBytes)]
    return msg(str`This site stores ${used} here, of ${most} that your browser would let it.`)
  }

  async #open(): Promise<void> {
    if (this.port === null) return
    this.#kept = await this.port.open()
    await this.#read()
    // Without a connection the files have their ids for names.
    this.names = await this.port.names().catch(() => new Map())
  }

  async #read(): Promise<void> {
    const kept = this.#kept
    if (kept === null) return
    const [models, storage] = await Promise.all([kept.list(), kept.storage()])
    this.models = models
    this.storage = storage
  }

  /** The first click asks, the second one deletes. */
  #ask(model: KeptModel): void {
    if (this.asked === model.id) void this.#delete([model])
    else {
      this.asked = model.id
      this.said = msg('Click once more to delete it. It is fetched again when a unit needs it.')
    }
  }

  readonly #askAll = (): void => {
    if (this.asked === 'all') void this.#delete(this.models ?? [])
    else {
      this.asked = 'all'
      this.said = msg('Click once more to delete all of them. Each is fetched again when a unit needs it.')
    }
  }

  async #delete(models: readonly KeptModel[]): Promise<void> {
    this.asked = ''
    let deletedBytes = 0
    let kept = 0
    try {
      for (const { id, sizeBytes } of models)
        if (await this.#kept?.remove(id)) deletedBytes += sizeBytes
        else kept++
      this.said = outcome(deletedBytes, kept)
    } catch {
      this.said = msg('Your browser did not delete the file. Reload the page, then try again.')
    }
    await this.#read().catch(() => undefined)
  }
}

function outcome(deletedBytes: number, kept: number): string {
  const freed = formatBytes(deletedBytes)
  if (kept === 0) return msg(str`Deleted: ${freed} are free again.`)
  const refused = msg('A unit computes with it now, so it stays. Stop, or wait until the unit is done, then delete it.')
  return deletedBytes === 0
    ? refused
    : `${msg(str`Deleted: ${freed} are free again.`)} ${msg('What a unit computes with now stays.')}`
}

customElements.define('cw-models', ModelsPanel)

declare global {
  interface HTMLElementTagNameMap {
    'cw-models': ModelsPanel
  }
}
