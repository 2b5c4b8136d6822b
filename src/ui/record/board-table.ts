// The leaderboard's lines as tables: people and teams by credit, each with a line as long as its share of the first one's.
import { msg } from '@lit/localize'
import { type TemplateResult, css, html, nothing } from 'lit'
import type { Board, BoardLine, TeamLine } from '#sdk/board.ts'
import { formatCount, formatCredits, shortDigest } from '#ui/format.ts'
import { memberCount } from './board-words.ts'

/** Decimals of every amount, so that points stand below one another. */
const DIGITS = 6

/** Styles of both tables. */
export const boardTableStyles = css`
  table {
    width: 100%;
    margin-top: 12px;
    border-collapse: collapse;
  }
  th,
  td {
    padding: 8px 0;
    border-bottom: 1px solid var(--line);
    text-align: start;
    vertical-align: baseline;
    font-weight: 400;
  }
  thead th {
    padding: 4px 0;
    font-size: var(--size-note);
    color: var(--muted);
  }
  .place {
    width: 1%;
    padding-inline: 8px 16px;
    text-align: end;
    color: var(--muted);
  }
  .end {
    padding-inline: 16px 8px;
    text-align: end;
    white-space: nowrap;
  }
  tbody th {
    overflow-wrap: anywhere;
  }
  .name {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0 12px;
  }
  .who {
    font-weight: 600;
  }
  svg {
    display: block;
    width: 100%;
    height: 3px;
    margin-top: 6px;
  }
  rect {
    fill: var(--edge);
  }
  .own rect {
    fill: var(--filament);
  }
  .own .place {
    box-shadow: inset 3px 0 var(--filament);
    color: var(--ink);
  }
  .you {
    padding: 0 8px;
    border: 1px solid var(--filament);
    border-radius: 999px;
    font-size: var(--size-note);
    line-height: 1.4;
  }
  .gap td {
    padding: 0;
    color: var(--muted);
    text-align: center;
    line-height: 1.2;
  }
`

/** The first `count` people, and this browser's own line behind them where it is further down. */
export function peopleTable({ lines, own }: Board, count: number): TemplateResult {
  const shown = lines.slice(0, count)
  const most = lines[0]?.amount ?? '0'
  const isBelow = own !== null && own.place !== null && !shown.some(({ account }) => account === own.account)
  return html`<table data-testid="board-people">
    <caption class="unseen">
      ${msg('People by credit')}
    </caption>
    ${head(msg('Name'))}
    <tbody>
      ${shown.map((line, i) => personRow(line, i + 1, most, line.account === own?.account))}
      ${
        isBelow
          ? html`<tr class="gap" aria-hidden="true">
                <td colspan="3">⋮</td>
              </tr>
              ${personRow(own, own.place, most, true)}`
          : nothing
      }
    </tbody>
  </table>`
}

/** The first `count` teams. */
export function teamsTable(teams: readonly TeamLine[], count: number, own: string | null): TemplateResult {
  const most = teams[0]?.amount ?? '0'
  return html`<table data-testid="board-teams">
    <caption class="unseen">
      ${msg('Teams by credit')}
    </caption>
    ${head(msg('Team'))}
    <tbody>
      ${teams
        .slice(0, count)
        .map(({ team, members, amount }, i) =>
          row(
            html`<span class="who">${team}</span><span class="note">${memberCount(members)}</span>`,
            i + 1,
            amount,
            most,
            team === own ? msg('yours') : '',
          ),
        )}
    </tbody>
  </table>`
}

function head(name: string) {
  return html`<thead>
    <tr>
      <th class="place" scope="col"><span class="unseen">${msg('Place')}</span></th>
      <th scope="col">${name}</th>
      <th class="end" scope="col">${msg('Credits')}</th>
    </tr>
  </thead>`
}

function personRow({ account, name, team, amount }: BoardLine, place: number, most: string, isOwn: boolean) {
  const who = html`<bdi class="who">${name}</bdi>
    ${team === null ? nothing : html`<span class="note">${team}</span>`}
    <span class="note figure" title=${account}>${shortDigest(account)}</span>`
  return row(who, place, amount, most, isOwn ? msg('you') : '')
}

/** A line; `own` says so where it is the person's. */
function row(who: TemplateResult, place: number, amount: string, most: string, own: string) {
  return html`<tr class=${own === '' ? '' : 'own'}>
    <td class="place figure">${formatCount(place)}</td>
    <th scope="row">
      <div class="name">${who} ${own === '' ? nothing : html`<span class="you">${own}</span>`}</div>
      <svg viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
        <rect width=${share(amount, most)} height="3" />
      </svg>
    </th>
    <td class="end figure">${formatCredits(amount, DIGITS, DIGITS)}</td>
  </tr>`
}

/** `amount` in hundredths of `most`. */
function share(amount: string, most: string): number {
  const all = BigInt(most)
  return all <= 0n ? 0 : Number((BigInt(amount) * 10_000n) / all) / 100
}
