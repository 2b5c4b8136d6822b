// You and your peers as a picture: a line for each connection, a pulse when a unit is leased, compared, agreed. A pulse is 240 ms and
// always means something; the caption says the same in words, and alone under reduced motion.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, type PropertyValues, css, html, nothing, svg } from 'lit'
import { guard } from 'lit/directives/guard.js'
import { ref } from 'lit/directives/ref.js'
import type { NodeState, UnitRecord } from '#node/state.ts'
import { byCount, formatCount, shortDigest } from '#ui/format.ts'
import { type PicturePulse, type PlacedPeer, newPulses, placePeers } from '#ui/grid-layout.ts'
import { language } from '#ui/languages/language.ts'
import { OFF_STATE } from '#ui/session.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import { isOn, outcomeWord, peerCount, transportWords } from '#ui/words.ts'

/** Pixels. */
const HEIGHT = 160

/** How long a pulse takes. */
const PULSE_MS = 240

const TRAVEL = [
  { transform: 'translateX(calc(-1 * var(--dash)))', opacity: 1 },
  { transform: 'translateX(var(--length))', opacity: 1 },
]
const FADE = [{ opacity: 1 }, { opacity: 0 }]

/** What of a line moves, and how: towards you when a unit is leased, away when results are compared. */
const MOVES = {
  leased: { part: '.pulse', keyframes: TRAVEL, direction: 'reverse' },
  compared: { part: '.pulse', keyframes: TRAVEL, direction: 'normal' },
  agreed: { part: '.agreed', keyframes: FADE, direction: 'normal' },
  rejected: { part: '.rejected', keyframes: FADE, direction: 'normal' },
} as const satisfies Record<PicturePulse['kind'], unknown>

/** `<cw-grid .state=…>`. */
export class GridPicture extends LitElement {
  static override properties = { state: { attribute: false } }
  static override styles = [
    baseStyles,
    css`
      .picture {
        position: relative;
        height: ${HEIGHT}px;
        margin-top: 8px;
        container-type: size;
      }
      svg {
        position: absolute;
        width: 100%;
        height: 100%;
        overflow: visible;
      }
      .wire {
        stroke: var(--edge);
        stroke-width: 1.5;
      }
      .websocket {
        stroke-dasharray: 6 5;
      }
      .relay {
        stroke-dasharray: 1.5 5;
        stroke-linecap: round;
      }
      .you {
        fill: var(--filament);
      }
      .you.off {
        fill: var(--paper);
        stroke: var(--muted);
        stroke-width: 2;
      }
      .peer {
        fill: var(--paper);
        stroke: var(--ink);
        stroke-width: 1.5;
      }
      text {
        fill: var(--muted);
        font: 400 var(--size-note) / 1 var(--mono);
        text-anchor: middle;
      }
      .tracks {
        position: absolute;
        inset: 0;
        forced-color-adjust: none;
      }
      /* A line to a peer, laid out from left to right and turned. What moves on it is there all the time, and moves in transforms and opacity alone:
         off the main thread, without a layout or a paint. */
      .track {
        --dx: calc((var(--x) - var(--you)) * 1cqw);
        --dy: calc((var(--y) - 50) * 1cqh);
        --length: hypot(var(--dx), var(--dy));
        --dash: calc(0.14 * var(--length));
        position: absolute;
        top: calc(50% - 1.5px);
        left: calc(var(--you) * 1%);
        width: var(--length);
        height: 3px;
        overflow: clip;
        rotate: atan2(var(--dy), var(--dx));
        transform-origin: 0 50%;
      }
      .track span {
        position: absolute;
        inset: 0;
        opacity: 0;
      }
      .pulse {
        width: var(--dash);
        border-radius: 2px;
        background: var(--filament);
      }
      .agreed {
        background: var(--agreed);
      }
      .rejected {
        background: repeating-linear-gradient(90deg, var(--fault) 0 3px, transparent 3px 7px);
      }
      @media (prefers-reduced-motion: reduce) {
        .tracks {
          display: none;
        }
      }
      .peers {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(224px, 1fr));
        gap: 0 16px;
        margin-top: 4px;
      }
    `,
  ]

  declare state: NodeState
  #seen: ReadonlyMap<string, UnitRecord['outcome']> = new Map()

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.state = OFF_STATE
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('state')) return
    const { pulses, seen } = newPulses(this.#seen, this.state.units)
    // What is there already when the picture opens did not happen now.
    const isFirst = changed.get('state') === undefined
    this.#seen = seen
    if (!isFirst && !matchMedia('(prefers-reduced-motion: reduce)').matches)
      for (const pulse of pulses) this.#show(pulse)
  }

  override render() {
    const { peers, phase } = this.state
    const { placed, hidden, you } = placePeers(peers)
    return html`<h2 id="title">${msg('You and your peers')}</h2>
      <div class="picture">
        ${guard([peers], () => wires(placed, you))} ${guard([peers], () => tracks(placed, you))}
        ${guard([peers, isOn(phase), language()], () => nodes(placed, you, isOn(phase)))}
      </div>
      <p id="caption">${caption(this.state)}</p>
      ${guard([peers, language()], () => (placed.length === 0 ? nothing : transports(placed, hidden)))}`
  }

  /** Along the lines to its peers, all lines when none is known. */
  #show({ kind, peers }: PicturePulse): void {
    const { keyframes, direction, part } = MOVES[kind]
    for (const track of this.renderRoot.querySelectorAll<HTMLElement>('.track'))
      if (peers.length === 0 || peers.includes(track.dataset['node'] ?? ''))
        track.querySelector(part)?.animate(keyframes, { duration: PULSE_MS, easing: 'ease-out', direction })
  }
}

function tracks(placed: readonly PlacedPeer[], you: number) {
  return html`<div class="tracks">
    ${placed.map(
      ({ node, x, y }) =>
        html`<div class="track" data-node=${node} ${ref((track) => lay(track, { x, y, you }))}>
          <span class="agreed"></span><span class="rejected"></span><span class="pulse"></span>
        </div>`,
    )}
  </div>`
}

/** By the style's own properties: the coordinator's policy lets no style attribute through. */
function lay(track: Element | undefined, places: Readonly<Record<'x' | 'y' | 'you', number>>): void {
  if (!(track instanceof HTMLElement)) return
  for (const [name, place] of Object.entries(places)) track.style.setProperty(`--${name}`, `${place}`)
}

function wires(placed: readonly PlacedPeer[], you: number) {
  return html`<svg aria-hidden="true">
    ${placed.map(
      ({ transport, x, y }) => svg`<line class="wire ${transport}" x1="${you}%" y1="50%" x2="${x}%" y2="${y}%" />`,
    )}
  </svg>`
}

function nodes(placed: readonly PlacedPeer[], you: number, isHere: boolean) {
  return html`<svg role="img" aria-labelledby="title caption">
    <circle class="you ${isHere ? '' : 'off'}" cx="${you}%" cy="50%" r="9" />
    <text x="${you}%" y="50%" dy="28">${msg('you')}</text>
    ${placed.map(
      ({ node, x, y, isAbove }) => svg`<circle class="peer" cx="${x}%" cy="${y}%" r="6" />
      <text x="${x}%" y="${y}%" dy=${isAbove ? -12 : 22}>${node.slice(0, 6)}</text>`,
    )}
  </svg>`
}

function transports(placed: readonly PlacedPeer[], hidden: number) {
  return html`<ul class="peers note" data-testid="peers">
    ${placed.map(
      ({ node, transport }) =>
        html`<li><span class="figure">${shortDigest(node)}</span> ${transportWords(transport)}</li>`,
    )}
    ${hidden === 0 ? nothing : html`<li>${morePeers(hidden)}</li>`}
  </ul>`
}

/** The picture in words: who is connected, and what happened last. */
export function caption(state: NodeState): string {
  const last = state.units[0]
  const connected = connections(state.peers)
  return last === undefined ? connected : msg(str`${connected} Last unit: ${outcomeWord(last.outcome)}.`)
}

function morePeers(count: number): string {
  const shown = formatCount(count)
  return byCount(count, { one: msg(str`and ${shown} more peer`), other: msg(str`and ${shown} more peers`) })
}

function connections(peers: NodeState['peers']): string {
  if (peers.length === 0) return msg('No peers at the moment.')
  const direct = peers.filter((peer) => peer.transport === 'webrtc').length
  const shown = peerCount(peers.length)
  if (direct === 1 && peers.length === 1) return msg('1 peer, connected directly.')
  return direct === peers.length
    ? msg(str`${shown}, all connected directly.`)
    : msg(str`${shown}, of which ${formatCount(direct)} connected directly.`)
}

customElements.define('cw-grid', GridPicture)

declare global {
  interface HTMLElementTagNameMap {
    'cw-grid': GridPicture
  }
}
