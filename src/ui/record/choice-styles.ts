// One of a few, as a row of radio buttons in frames.
import { css } from 'lit'

/** Styles of a `fieldset` whose labels hold an input and words. */
export const choiceStyles = css`
  fieldset {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin: 8px 0 0;
    padding: 0;
    border: 0;
  }
  label {
    display: inline-flex;
    align-items: center;
    gap: 8px;
    min-height: 44px;
    padding: 4px 16px 4px 12px;
    border: 1px solid var(--edge);
    border-radius: 8px;
    background: var(--surface);
    cursor: pointer;
  }
  label:has(:checked) {
    border-color: var(--filament);
    font-weight: 600;
  }
  label:has(:focus-visible) {
    outline: var(--focus);
    outline-offset: 3px;
  }
  input {
    flex: none;
    margin: 0;
    accent-color: var(--filament);
  }
  input:focus-visible {
    outline: none;
  }
`
