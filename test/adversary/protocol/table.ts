// The table of attempts on real nodes in docs/verification.md, from what the long forms of the tests wrote down.
import { between, markdownTable, percent } from '../markdown.ts'
import { GROUPS, type ProtocolOutcome, recordedOutcomes } from './outcome.ts'

const BEGIN = '<!-- attempts: written by `npm run adversary` -->'
const END = '<!-- end of attempts -->'

const HEAD = [
  'strategy',
  'tried',
  'happened',
  'attempts',
  'forged and accepted',
  'profit against honest',
  'honest punished',
]

/** `text` with the table in its place. */
export async function withAttempts(text: string): Promise<string> {
  const groups = await Promise.all(GROUPS.map((group) => recordedOutcomes(group)))
  return between(text, BEGIN, END, markdownTable(HEAD, groups.flat().map(rowOf)))
}

function rowOf(outcome: ProtocolOutcome): string[] {
  const { strategy, tries, happened, attempts, accepted, profitPermille, honestPunished } = outcome
  const counts = Object.entries(happened).map(([what, count]) => `${count} ${what}`)
  const profit = profitPermille === null ? '–' : percent(profitPermille)
  return [strategy, tries, counts.join(', '), String(attempts), String(accepted), profit, String(honestPunished)]
}
