// Layout of the earnings page.
import { css } from 'lit'

/** Form, sums, tables and the tag. */
export const earningsStyles = css`
  form {
    margin-top: 24px;
  }
  label {
    font-weight: 600;
  }
  .ask {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin: 8px 0;
  }
  input {
    flex: 1 1 20ch;
    min-width: 0;
    min-height: 44px;
    padding: 8px 12px;
    border: 1px solid var(--edge);
    border-radius: 8px;
    background: var(--surface);
    color: var(--ink);
    font: 400 var(--size-text) / 1.5 var(--mono);
  }
  .bad {
    font-size: var(--size-note);
  }
  .sums {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-end;
    gap: 12px 40px;
    margin: 12px 0;
  }
  .sums dt {
    font-size: var(--size-note);
    color: var(--muted);
  }
  .sums dd {
    font-size: var(--size-title);
  }
  .sums .large dd {
    font-size: var(--size-display);
    line-height: 1.2;
    letter-spacing: -0.02em;
  }
  cw-day-bars {
    margin-top: 16px;
  }
  table {
    width: 100%;
    margin-top: 16px;
    border-collapse: collapse;
  }
  th,
  td {
    padding: 8px 0;
    border-bottom: 1px solid var(--line);
    text-align: start;
    font-weight: 400;
    overflow-wrap: anywhere;
  }
  thead th {
    font-size: var(--size-note);
    color: var(--muted);
  }
  .end {
    padding-inline-start: 16px;
    text-align: end;
    white-space: nowrap;
  }
  pre {
    margin: 12px 0 0;
    overflow-x: auto;
    font: 400 var(--size-note) / 1.6 var(--mono);
  }
`
