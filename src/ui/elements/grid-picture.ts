// You and your peers as a picture: a line for each connection, a pulse when a unit is leased, compared, agreed. A pulse is 240 ms and
// always means something; the caption says the same in words, and alone under reduced motion.
import { msg, str, updateWhenLocaleChanges } from '@lit/localize'
import { LitElement, type PropertyValues, css, html, nothing, svg } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { NodeState, UnitRecord } from '#node/state.ts'
import { byCount, formatCount, shortDigest } from '#ui/format.ts'
import { type PicturePulse, type PlacedPeer, newPulses, placePeers } from '#ui/grid-layout.ts'
import { OFF_STATE } from '#ui/session.ts'
import { baseStyles } from '#ui/shared-styles.ts'
import { isOn, outcomeWord, peerCount, transportWords } from '#ui/words.ts'

const HEIGHT = 160
const MAX_PULSES = 24

/** `<cw-grid .state=…>`. */
export class GridPicture extends LitElement {
  static override properties = { state: { attribute: false }, pulses: { state: true } }
  static override styles = [
    baseStyles,
    css`
      svg {
        display: block;
        width: 100%;
        margin-top: 8px;
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
      .pulse {
        stroke: var(--filament);
        stroke-width: 3;
        stroke-linecap: round;
        stroke-dasharray: 14 100;
        stroke-dashoffset: 14;
        animation: travel 240ms ease-out forwards;
      }
      .pulse.back {
        animation-direction: reverse;
      }
      .flash {
        stroke-width: 3;
        animation: fade 240ms ease-out forwards;
      }
      .flash.agreed {
        stroke: var(--agreed);
      }
      .flash.rejected {
        stroke: var(--fault);
        stroke-dasharray: 3 4;
      }
      @keyframes travel {
        to {
          stroke-dashoffset: -100;
        }
      }
      @keyframes fade {
        to {
          opacity: 0;
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .pulse,
        .flash {
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
  declare pulses: readonly PicturePulse[]
  #seen: ReadonlyMap<string, UnitRecord['outcome']> = new Map()

  constructor() {
    super()
    updateWhenLocaleChanges(this)
    this.state = OFF_STATE
    this.pulses = []
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('state')) return
    const { pulses, seen } = newPulses(this.#seen, this.state.units)
    this.#seen = seen
    // What is there already when the picture opens did not happen now.
    if (this.hasUpdated && pulses.length > 0) this.pulses = [...this.pulses, ...pulses].slice(-MAX_PULSES)
  }

  override render() {
    const { placed, hidden, you } = placePeers(this.state.peers)
    return html`<h2 id="title">${msg('You and your peers')}</h2>
      <svg height=${HEIGHT} role="img" aria-labelledby="title caption">
        ${placed.map((peer) => svg`<line class="wire ${peer.transport}" x1=${you} y1="50%" x2=${peer.x} y2=${peer.y} />`)}
        ${repeat(
          this.pulses,
          (pulse) => pulse.key,
          (pulse) => this.#pulse(pulse, placed, you),
        )}
        <circle class="you ${isOn(this.state.phase) ? '' : 'off'}" cx=${you} cy="50%" r="9" />
        <text x=${you} y="50%" dy="28">${msg('you')}</text>
        ${placed.map(
          (peer) => svg`<circle class="peer" cx=${peer.x} cy=${peer.y} r="6" />
          <text x=${peer.x} y=${peer.y} dy=${peer.isAbove ? -12 : 22}>${peer.node.slice(0, 6)}</text>`,
        )}
      </svg>
      <p id="caption">${caption(this.state)}</p>
      ${
        placed.length === 0
          ? nothing
          : html`<ul class="peers note" data-testid="peers">
              ${placed.map(
                (peer) =>
                  html`<li>
                    <span class="figure">${shortDigest(peer.node)}</span> ${transportWords(peer.transport)}
                  </li>`,
              )}
              ${hidden === 0 ? nothing : html`<li>${morePeers(hidden)}</li>`}
            </ul>`
      }`
  }

  #pulse(pulse: PicturePulse, placed: readonly PlacedPeer[], you: string) {
    const targets = pulse.peers.length === 0 ? placed : placed.filter((peer) => pulse.peers.includes(peer.node))
    const style = pulse.kind === 'leased' ? 'pulse back' : pulse.kind === 'compared' ? 'pulse' : `flash ${pulse.kind}`
    const end = () => this.#end(pulse)
    return svg`<g @animationend=${end}>
      ${targets.map((peer) => svg`<line class=${style} pathLength="100" x1=${you} y1="50%" x2=${peer.x} y2=${peer.y} />`)}
    </g>`
  }

  #end(pulse: PicturePulse): void {
    this.pulses = this.pulses.filter(({ key }) => key !== pulse.key)
  }
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
