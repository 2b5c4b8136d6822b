// An error as a person needs it: what happened, what was not lost, what to do next.
import { updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, html, nothing } from 'lit'
import type { NodeState } from '#node/state.ts'
import { OFF_STATE } from '#ui/session.ts'
import { problemStyles } from '#ui/page-styles.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import { problemOf } from '#ui/words.ts'

/** `<cw-problem .state=…>`: empty while there is no error. */
export class ProblemCard extends LitElement {
  static override properties = { state: { attribute: false } }
  static override styles = [baseStyles, problemStyles]

  declare state: NodeState

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.state = OFF_STATE
  }

  override render() {
    const { error, phase } = this.state
    return html`<div role="alert">${error === null ? nothing : this.#card(problemOf(error, phase), error.name)}</div>`
  }

  #card(problem: ReturnType<typeof problemOf>, name: string) {
    return html`<section data-testid="problem">
      <h2>${problem.what}</h2>
      <p>${problem.kept}</p>
      <p>${problem.next}</p>
      <p class="name figure">${name}</p>
    </section>`
  }
}

customElements.define('cw-problem', ProblemCard)

declare global {
  interface HTMLElementTagNameMap {
    'cw-problem': ProblemCard
  }
}
