// Layout of the contributor's page: one column of at most 720 px, two from 1100 px.
import { type CSSResultGroup, css } from 'lit'
import { pageStyles } from '#ui/page-styles.ts'

/** Styles of `<cw-contributor>`. */
export const contributorStyles: CSSResultGroup = [
  pageStyles,
  css`
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
    cw-problem,
    cw-passkey,
    cw-lapse {
      margin-top: 16px;
    }
    /* A screen's height before it is there: nothing that is seen moves when it comes. */
    .past {
      min-height: 100vh;
      align-content: start;
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
      .control {
        padding: 24px 28px;
      }
      .intro {
        margin-top: 56px;
      }
    }
    @media (min-width: 1100px) {
      .columns {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 480px);
        grid-template-rows: auto auto 1fr;
        gap: 0 72px;
        align-items: start;
      }
      .main {
        grid-area: 1 / 1;
      }
      .side {
        grid-area: 1 / 2;
      }
      .past {
        grid-area: 2 / 1 / auto / -1;
      }
      .settings,
      cw-this-device {
        grid-row: 3;
      }
      /* Without a record the units have the first column to themselves, and before the first click the facts the second. */
      cw-units {
        grid-area: 2 / 1 / span 2;
      }
      cw-units ~ .settings {
        grid-area: 2 / 2;
      }
      cw-units ~ cw-this-device {
        grid-area: 3 / 2;
      }
      .side:has(+ cw-this-device) {
        grid-row: 1 / span 2;
      }
      .side + cw-this-device {
        grid-area: 2 / 1;
      }
      .before .side > .block {
        margin-top: 60px;
      }
    }
  `,
]
