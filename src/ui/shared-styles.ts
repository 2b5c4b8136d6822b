// Styles that every element shares: type, buttons, cards, focus. Constructable sheets, so that no inline style is ever needed.
import { css } from 'lit'

/** Type, colours, focus and the text helpers. */
export const baseStyles = css`
  :host {
    display: block;
  }
  :host([hidden]) {
    display: none;
  }
  *,
  ::before,
  ::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd,
  figure {
    margin: 0;
    padding: 0;
  }
  p,
  dd {
    text-wrap: pretty;
  }
  ul,
  ol {
    list-style: none;
  }
  h2 {
    font-size: var(--size-text);
    font-weight: 600;
  }
  a {
    color: inherit;
    text-decoration-color: var(--filament);
    text-decoration-thickness: 2px;
    text-underline-offset: 3px;
  }
  a:hover {
    text-decoration-thickness: 3px;
  }
  :focus-visible {
    outline: var(--focus);
    outline-offset: 3px;
    border-radius: 4px;
  }
  .muted {
    color: var(--muted);
  }
  .note {
    font-size: var(--size-note);
    color: var(--muted);
  }
  .figure {
    font-family: var(--mono);
    font-variant-numeric: tabular-nums;
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    ::before,
    ::after {
      animation: none !important;
      transition: none !important;
    }
  }
`

/** A card: a section that can be opened, answered or put away. */
export const cardStyles = css`
  section {
    padding: 16px 20px;
    border: 1px solid var(--line);
    border-radius: 12px;
    background: var(--surface);
  }
`

/** Buttons: `primary` for the one action of a view, plain for the rest, `quiet` for what can be ignored. */
export const buttonStyles = css`
  button {
    min-height: 44px;
    padding: 8px 20px;
    border: 1px solid var(--edge);
    border-radius: 8px;
    background: var(--surface);
    color: var(--ink);
    font: 600 var(--size-text) / 1.5 var(--sans);
    cursor: pointer;
    transition:
      background var(--quick),
      border-color var(--quick);
  }
  button:hover {
    border-color: var(--ink);
  }
  button:focus-visible {
    border-radius: 8px;
  }
  button.primary {
    border-color: var(--filament);
    background: var(--filament);
    color: var(--on-filament);
  }
  button.primary:hover {
    border-color: var(--ink);
  }
  button[disabled],
  button.primary[disabled] {
    border-color: var(--line);
    background: var(--surface);
    color: var(--muted);
    cursor: default;
  }
  @media (forced-colors: active) {
    /* Else the browser puts its own ground behind the words, in the colour of the words. */
    button.primary {
      forced-color-adjust: none;
    }
    button[disabled],
    button.primary[disabled] {
      border-color: GrayText;
      color: GrayText;
    }
  }
  button.quiet {
    padding: 8px 12px;
    border-color: transparent;
    background: none;
    font-weight: 400;
    text-decoration: underline;
    text-decoration-color: var(--filament);
    text-decoration-thickness: 2px;
    text-underline-offset: 3px;
  }
`
