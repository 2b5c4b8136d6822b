// Layout that the explorer's pages share: one column of at most 720 px, two from 1100 px.
import { type CSSResultGroup, css } from 'lit'
import { pageStyles } from '#ui/page-styles.ts'

/** Page, header, footer, cards and figures of the explorer. */
export const explorerStyles: CSSResultGroup = [
  pageStyles,
  css`
    /* Whatever comes in, the footer does not jump. */
    main {
      min-height: 100vh;
    }
    header {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      justify-content: space-between;
      gap: 8px 24px;
    }
    .name {
      display: flex;
      align-items: center;
      gap: 10px;
      font-size: var(--size-lead);
      font-weight: 600;
      text-decoration: none;
    }
    .name img {
      display: block;
    }
    nav {
      display: flex;
      gap: 20px;
    }
    nav a {
      padding: 4px 0;
    }
    nav a[aria-current] {
      font-weight: 600;
      text-decoration: none;
    }
    h1 {
      margin-top: 40px;
      max-width: 24ch;
      font-size: clamp(1.625rem, 1.2rem + 1.9vw, var(--size-display));
      font-weight: 600;
      line-height: 1.15;
      letter-spacing: -0.02em;
      text-wrap: balance;
      overflow-wrap: anywhere;
    }
    .lead {
      max-width: 60ch;
      margin-top: 12px;
      font-size: var(--size-lead);
    }
    .card {
      padding: 20px;
      border: 1px solid var(--line);
      border-radius: 12px;
      background: var(--surface);
    }
    .facts {
      display: grid;
      grid-template-columns: auto minmax(0, 1fr);
      gap: 4px 20px;
      align-items: baseline;
    }
    .facts dt {
      color: var(--muted);
    }
    .facts dd {
      overflow-wrap: anywhere;
    }
    .good {
      color: var(--agreed);
    }
    .bad {
      color: var(--fault);
    }
    .wait {
      color: var(--filament);
    }
    .none {
      color: var(--muted);
    }
    .line {
      display: flex;
      gap: 8px;
      align-items: baseline;
    }
    svg.sign {
      flex: none;
      width: 14px;
      height: 14px;
      overflow: visible;
      transform: translateY(1px);
    }
    @media (min-width: 600px) {
      h1 {
        margin-top: 56px;
      }
      .card {
        padding: 24px 28px;
      }
    }
    @media (min-width: 1100px) {
      .columns {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 400px);
        gap: 0 64px;
        align-items: start;
      }
      .side {
        position: sticky;
        top: 24px;
        grid-area: 1 / 2;
      }
    }
  `,
]
