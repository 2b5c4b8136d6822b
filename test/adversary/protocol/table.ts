// The table of attempts on real nodes in docs/verification.md, from what the long forms of the tests wrote down.
import { between, markdownTable, percent } from '../markdown.ts'
import { type Group, type ProtocolOutcome, recordedOutcomes } from './outcome.ts'

/** The tables: what their marks call them, and what is in them. */
const TABLES: readonly (readonly [string, readonly Group[]])[] = [
  ['attempts', ['nodes', 'outsiders', 'coordinators']],
  ['attempts in pages', ['nodes-in-pages', 'outsiders-in-pages', 'coordinators-in-pages']],
]

const HEAD = [
  'strategy',
  'tried',
  'happened',
  'attempts',
  'forged and accepted',
  'profit against honest',
  'honest punished',
]

/** `text` with the tables in their places. */
export async function withAttempts(text: string): Promise<string> {
  let written = text
  for (const [name, groups] of TABLES) {
    const outcomes = (await Promise.all(groups.map((group) => recordedOutcomes(group)))).flat()
    const [begin, end] = [`<!-- ${name}: written by \`npm run adversary\` -->`, `<!-- end of ${name} -->`]
    written = between(written, begin, end, markdownTable(HEAD, outcomes.map(rowOf)))
  }
  return written
}

function rowOf(outcome: ProtocolOutcome): string[] {
  const { strategy, tries, happened, attempts, accepted, profitPermille, honestPunished } = outcome
  const counts = Object.entries(happened).map(([what, count]) => `${count} ${what}`)
  const profit = profitPermille === null ? '–' : percent(profitPermille)
  return [strategy, tries, counts.join(', '), String(attempts), String(accepted), profit, String(honestPunished)]
}
