// What every page and every trouble looks like: the frame of at most 752 px, or 1232 px where there is room for two columns, its footer, its problems.
import { css } from 'lit'

/** `.page`, `.block` and the footer. */
export const pageStyles = css`
  .page {
    max-width: 752px;
    margin: 0 auto;
    padding: 20px 16px 48px;
  }
  .block {
    margin-top: 32px;
  }
  footer {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 8px 24px;
    margin-top: 48px;
    padding-top: 16px;
    border-top: 1px solid var(--line);
    font-size: var(--size-note);
  }
  footer a {
    padding: 4px 0;
  }
  footer cw-languages {
    margin-left: auto;
  }
  @media (min-width: 600px) {
    .page {
      padding: 28px 24px 64px;
    }
  }
  @media (min-width: 1100px) {
    .page {
      max-width: 1232px;
      padding: 32px 40px 64px;
    }
  }
`

/** A problem as a card: `section` with what happened, and its `.name`. */
export const problemStyles = css`
  section {
    padding: 12px 16px;
    border-left: 4px solid var(--fault);
    background: var(--surface);
  }
  h2 {
    overflow-wrap: anywhere;
  }
  .name {
    font-size: var(--size-note);
    color: var(--muted);
  }
`
