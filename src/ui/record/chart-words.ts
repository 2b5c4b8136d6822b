// What the charts show, for those who do not see them: a sentence each, and a table of the same numbers.
import { msg, str } from '@lit/localize'
import { html } from 'lit'
import { formatCount, formatCredits, formatRate, unitCount } from '#ui/format.ts'
import { timeWords } from './record-words.ts'
import type { Point, Span } from './series.ts'

/** The rate in a sentence: from where to where, and the last. */
export function rateSentence(span: Span, points: readonly Point[]): string {
  const rated = points.flatMap(({ startMs, rateMops }) => (rateMops === null ? [] : [{ startMs, rateMops }]))
  const last = rated.at(-1)
  if (last === undefined) return msg('Nothing was computed in this time.')
  const rates = rated.map(({ rateMops }) => rateMops)
  const [low, high] = [Math.min(...rates), Math.max(...rates)].map(rateWords)
  return msg(
    str`Between ${low ?? ''} and ${high ?? ''}; ${rateWords(last.rateMops)} at last, at ${timeWords(span, last.startMs)}.`,
  )
}

/** The credit in a sentence: all of it, and the best stretch. */
export function creditSentence(span: Span, points: readonly Point[]): string {
  const sum = points.reduce((all, { credited }) => all + credited, 0n)
  const agreed = points.reduce((all, point) => all + point.agreed, 0)
  const [best] = [...points].sort((a, b) => Number(b.credited - a.credited))
  if (sum === 0n || best === undefined) return msg('No credit was earned in this time.')
  const [all, most] = [formatCredits(String(sum)), formatCredits(String(best.credited))]
  return msg(str`${all} credits for ${unitCount(agreed)}; the most, ${most}, at ${timeWords(span, best.startMs)}.`)
}

/** The places at which something happened, newest first. */
export function chartTable(span: Span, points: readonly Point[]) {
  const rows = points.filter(({ rateMops, credited, agreed }) => rateMops !== null || credited > 0n || agreed > 0)
  return html`<table>
    <thead>
      <tr>
        <th scope="col">${span === 'month' ? msg('Day') : msg('Time of day')}</th>
        <th scope="col">${msg('Rate')}</th>
        <th scope="col">${msg('Credits')}</th>
        <th scope="col">${msg('Units')}</th>
      </tr>
    </thead>
    <tbody class="figure">
      ${rows.toReversed().map(
        ({ startMs, rateMops, credited, agreed }) =>
          html`<tr>
            <th scope="row">${timeWords(span, startMs)}</th>
            <td>${rateMops === null ? '–' : rateWords(rateMops)}</td>
            <td>${formatCredits(String(credited))}</td>
            <td>${formatCount(agreed)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

function rateWords(rateMops: number): string {
  const { value, unit } = formatRate(rateMops)
  return `${value} ${unit}`
}
