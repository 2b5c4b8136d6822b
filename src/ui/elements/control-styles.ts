// The look of the state line and of the one button. Without an element, for the document that shows both before any script has come.
import { css } from 'lit'

/** Styles of `<cw-state-line>` that stand still. */
export const stateStyles = css`
  .line {
    display: flex;
    align-items: center;
    gap: 12px;
    font-size: var(--size-lead);
    font-weight: 600;
  }
  svg {
    flex: none;
    width: 16px;
    height: 16px;
    overflow: visible;
  }
  .reason {
    padding-left: 28px;
    color: var(--muted);
    overflow-wrap: anywhere;
  }
  .rest {
    color: var(--muted);
  }
`

/** Styles of the line of `<cw-control>` with the one button. */
export const switchStyles = css`
  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 12px 24px;
  }
  .top > :first-child {
    flex: 1 1 240px;
    min-width: 0;
  }
  .switch {
    flex: 0 0 auto;
    min-width: 168px;
    min-height: 52px;
    font-size: var(--size-lead);
  }
  @media (max-width: 480px) {
    .switch {
      width: 100%;
    }
  }
`
