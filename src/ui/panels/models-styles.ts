// Styles of `<cw-models>`.
import { css } from 'lit'

/** A row a model, and the foot with the sum. */
export const modelsStyles = css`
  li,
  .foot {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 8px 24px;
    padding: 8px 0;
    border-bottom: 1px solid var(--line);
  }
  li {
    flex-wrap: nowrap;
  }
  button {
    flex: none;
  }
  .foot {
    border: 0;
  }
  .foot p {
    flex: 1 1 240px;
  }
  .name {
    overflow-wrap: anywhere;
  }
  /* As wide before as after the first click: nothing moves under the finger. */
  button {
    min-width: 148px;
  }
  button.sure {
    border-color: var(--fault);
    color: var(--fault);
  }
  .said:not(:empty) {
    margin-top: 8px;
    max-width: 62ch;
  }
`
