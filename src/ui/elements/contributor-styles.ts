// Layout of the contributor's page: one column of at most 720 px, two from 1100 px.
import { css } from 'lit'

/** Styles of `<cw-contributor>`. */
export const contributorStyles = css`
  .page {
    max-width: 752px;
    margin: 0 auto;
    padding: 20px 16px 48px;
  }
  header {
    display: flex;
    align-items: center;
    gap: 10px;
    font-size: var(--size-lead);
    font-weight: 600;
  }
  header img {
    display: block;
  }
  .intro {
    margin-top: 40px;
  }
  h1 {
    max-width: 20ch;
    font-size: clamp(1.75rem, 1.3rem + 2vw, var(--size-display));
    font-weight: 600;
    line-height: 1.15;
    letter-spacing: -0.02em;
    text-wrap: balance;
  }
  .intro p {
    max-width: 58ch;
    margin-top: 16px;
    font-size: var(--size-lead);
  }
  .control {
    margin-top: 32px;
    padding: 20px;
    border: 1px solid var(--line);
    border-radius: 12px;
    background: var(--surface);
  }
  .block {
    margin-top: 32px;
  }
  cw-problem,
  cw-passkey {
    margin-top: 16px;
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
  .settings dl {
    align-items: baseline;
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 4px 24px;
    margin-top: 8px;
  }
  .settings dd {
    overflow-wrap: anywhere;
  }
  .settings .note {
    margin-top: 8px;
  }
  @media (min-width: 600px) {
    .page {
      padding: 28px 24px 64px;
    }
    .control {
      padding: 24px 28px;
    }
    .intro {
      margin-top: 56px;
    }
  }
  @media (min-width: 1100px) {
    .page {
      max-width: 1232px;
      padding: 32px 40px 64px;
    }
    .columns {
      display: grid;
      grid-template-columns: minmax(0, 1fr) minmax(0, 480px);
      grid-template-rows: auto auto 1fr;
      gap: 0 72px;
      align-items: start;
    }
    .columns > * {
      grid-column: 1;
    }
    .columns > .side {
      grid-area: 1 / 2 / -1;
    }
    .before .side > .block {
      margin-top: 60px;
    }
  }
`
