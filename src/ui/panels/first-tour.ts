// The first minute of a grid on this machine, step by step, as it happens: nodes join, a first job, its first certificate, your turn.
// Nothing here runs by a timer. It can be closed for good.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, css, html, nothing } from 'lit'
import { type FirstMinute, NOTHING_YET } from '#ui/first-minute.ts'
import { byCount, formatCount } from '#ui/format.ts'
import { icon } from '#ui/icons.ts'
import { baseStyles, buttonStyles, cardStyles } from '#ui/shared-styles.ts'

type Step = {
  readonly title: string
  readonly text: string
  readonly isDone: boolean
  readonly link?: { readonly href: string; readonly words: string }
}

/** `<cw-tour .state=…>`: fires `cw-tour-closed`. */
export class FirstTour extends LitElement {
  static override properties = { state: { attribute: false } }
  static override styles = [
    baseStyles,
    buttonStyles,
    cardStyles,
    css`
      :host {
        max-width: 752px;
        margin: 0 auto;
        padding: 20px 16px 0;
      }
      .top {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 4px 24px;
      }
      ol {
        display: grid;
        gap: 12px 32px;
        margin-top: 8px;
      }
      li {
        display: grid;
        grid-template-columns: 20px 1fr;
        gap: 0 12px;
        align-content: start;
      }
      svg {
        width: 16px;
        height: 16px;
        margin-top: 4px;
      }
      .open {
        color: var(--muted);
      }
      .now {
        color: var(--filament);
        stroke-width: 3;
      }
      .done {
        color: var(--agreed);
      }
      li p {
        grid-column: 2;
      }
      .step {
        font-weight: 600;
      }
      a {
        display: inline-block;
        padding: 4px 0;
      }
      @media (min-width: 600px) {
        :host {
          padding: 28px 24px 0;
        }
        ol {
          grid-template-columns: 1fr 1fr;
        }
      }
      @media (min-width: 1100px) {
        :host {
          max-width: 1232px;
          padding: 32px 40px 0;
        }
        ol {
          grid-template-columns: repeat(4, 1fr);
        }
      }
    `,
  ]

  declare state: FirstMinute

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.state = NOTHING_YET
  }

  override render() {
    const steps = stepsOf(this.state)
    const now = steps.findIndex(({ isDone }) => !isDone)
    const current = steps[now]
    return html`<section aria-labelledby="title" data-testid="tour">
      <div class="top">
        <h2 id="title">${msg('The first minute of your grid')}</h2>
        <button type="button" class="quiet" @click=${this.#close}>${msg('Close for good')}</button>
      </div>
      <ol>
        ${steps.map((step, i) => stepRow(step, i === now))}
      </ol>
      <p class="unseen" role="status">${current === undefined ? nothing : `${current.title}. ${current.text}`}</p>
    </section>`
  }

  readonly #close = (): void => {
    this.dispatchEvent(new CustomEvent('cw-tour-closed', { bubbles: true, composed: true }))
  }
}

function stepRow({ isDone, link, text, title }: Step, isNow: boolean) {
  return html`<li aria-current=${isNow ? 'step' : nothing}>
    ${
      isDone
        ? icon('tick', { classes: 'done', label: msg('done') })
        : icon('ring', { classes: isNow ? 'now' : 'open', label: isNow ? msg('now') : msg('to come') })
    }
    <p class="step">${title}</p>
    <p class="note">${text}</p>
    ${link === undefined ? nothing : html`<p class="note"><a href=${link.href}>${link.words}</a></p>`}
  </li>`
}

function stepsOf(state: FirstMinute): readonly Step[] {
  return [nodesStep(state), jobStep(state), certificateStep(state), yourStep()]
}

function nodesStep({ certified, job, nodes }: FirstMinute): Step {
  const shown = formatCount(nodes)
  const text =
    nodes === 0
      ? msg('Nodes start without a window on this machine, and show that they compute right before they get any work.')
      : byCount(nodes, {
          one: msg(str`${shown} node has joined. Each showed first that it computes right.`),
          other: msg(str`${shown} nodes have joined. Each showed first that it computes right.`),
        })
  // Two can check each other; a job that runs needs no more.
  return { title: msg('Nodes join'), text, isDone: nodes > 1 || job !== null || certified !== null }
}

function jobStep({ certified, job }: FirstMinute): Step {
  const title = msg('The first job')
  if (job === null && certified === null)
    return {
      title,
      text: msg('It comes by itself when the nodes are there: a product of two large matrices.'),
      isDone: false,
    }
  const copies = formatCount(job?.replication ?? certified?.nodes ?? 2)
  const text = msg(
    str`It was signed, paid for and split into units. Each unit goes to ${copies} nodes, which compute it apart from one another.`,
  )
  return { title, text, isDone: true }
}

function certificateStep({ certified }: FirstMinute): Step {
  const title = msg('The first certificate')
  if (certified === null)
    return {
      title,
      text: msg('Each node seals its result before it sees another’s. If they are equal, a certificate says so.'),
      isDone: false,
    }
  const nodes = formatCount(certified.nodes)
  const text =
    certified.nodes === 0
      ? msg('The result was there already, and its certificate with it: nothing had to be computed again.')
      : msg(str`${nodes} nodes sealed the same bytes. The certificate proves it to anybody, also without this grid.`)
  const link = { href: `/explorer/unit/${certified.unit}`, words: msg('Check it in your browser') }
  return { title, text, isDone: true, link }
}

function yourStep(): Step {
  const text = msg('Click Contribute below, and this tab becomes a node too. Or send work: README shows how.')
  return { title: msg('Your turn'), text, isDone: false }
}

customElements.define('cw-tour', FirstTour)

declare global {
  interface HTMLElementTagNameMap {
    'cw-tour': FirstTour
  }
}
