// The looks of the box, on the project's colours (ui/tokens.css). Two sizes: a box, and a strip that puts the buttons beside the terms.

/** Style sheet of `<cw-frame>`. */
export const FRAME_STYLE = `
:host { display: flex; flex-direction: column; box-sizing: border-box; min-height: 100vh; padding: 12px 16px; border: 1px solid var(--line);
  border-radius: 12px; background: var(--surface); color: var(--ink); font: 400 var(--size-text) / 1.5 var(--sans) }
* { box-sizing: border-box }
[hidden] { display: none !important }
p { margin: 0; text-wrap: pretty }
header { display: flex; align-items: center; gap: 8px; margin-bottom: 4px; font-weight: 600 }
img { display: block }
.work, .consent { display: flex; flex-direction: column; gap: 8px }
.terms, .note, .said, .quiet-line, footer, label { font-size: var(--size-note) }
.terms, .note, .quiet-line { color: var(--muted) }
.terms strong { color: var(--ink) }
.said { color: var(--fault) }
.said:empty { display: none }
.share { display: grid; grid-template-columns: 1fr auto; align-items: center; margin-top: 4px }
.share input, .share p { grid-column: 1 / -1 }
.share input { width: 100%; height: 28px; margin: 0; accent-color: var(--filament) }
.figure { font-family: var(--mono); font-variant-numeric: tabular-nums }
.buttons, .answer { display: flex; flex-wrap: wrap; gap: 8px }
.said { flex: 1 1 240px }
button { min-height: 44px; padding: 8px 20px; border: 1px solid var(--edge); border-radius: 8px; background: var(--surface); color: var(--ink);
  font: 600 var(--size-text) / 1.5 var(--sans); cursor: pointer }
button:hover { border-color: var(--ink) }
button.primary { flex: 1; border-color: var(--filament); background: var(--filament); color: var(--on-filament); forced-color-adjust: none }
button.quiet { padding: 8px 12px; border-color: transparent; background: none; font-weight: 400; text-decoration: underline;
  text-decoration-color: var(--filament); text-decoration-thickness: 2px; text-underline-offset: 3px }
.answer button { min-height: 32px; padding: 4px 12px; font-size: var(--size-note) }
.quiet-line button { min-height: 24px; padding: 0 4px; font-size: inherit }
a { color: inherit; text-decoration-color: var(--filament); text-decoration-thickness: 2px; text-underline-offset: 3px }
:focus-visible { outline: var(--focus); outline-offset: 2px }
footer { margin-top: auto; padding-top: 8px }
:host([mode='refused']), :host([mode='phone']), :host([mode='less-data']) { padding: 8px 16px; justify-content: center }
:host([mode='refused']) header, :host([mode='phone']) header, :host([mode='less-data']) header { display: none }
@media (min-width: 560px) {
  :host([size='strip']) .consent { display: grid; grid-template-columns: 3fr 2fr; gap: 8px 24px; align-items: start }
  :host([size='strip']) .asking { display: contents }
  :host([size='strip']) .terms { grid-row: 1 / 3 }
  :host([size='strip']) .share, :host([size='strip']) .buttons { grid-column: 2; margin: 0 }
  :host([size='strip']) ::slotted(*) { grid-row: 1 / 4 }
}
`
