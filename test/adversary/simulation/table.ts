// The table of docs/verification.md, from what the simulation measures: written by `npm run adversary`, compared by the tests.
import { type Outcome, SHARES, measure } from './measure.ts'
import { between, markdownTable, percent } from '../markdown.ts'
import { STRATEGIES, colluders, weighers } from './strategy.ts'

const BEGIN = '<!-- adversaries: written by `npm run adversary` -->'
const END = '<!-- end of adversaries -->'

/** Attempts behind each point of the sweep over a crowd's share. */
export const SWEEP_ATTEMPTS = 3_000

/** What all strategies came to. */
export function measureAll(): Outcome[] {
  return STRATEGIES.map((strategy) => measure(strategy))
}

/** A crowd's profit by its share, in parts per thousand of what it has when it behaves. */
export type Point = {
  readonly percent: number
  readonly stays: number
  readonly leaves: number
  readonly weighs: number
}

/** Profit of crowds of growing shares: that keep their keys, that take new ones after each fault, and of the latter those that weigh each forgery. */
export function sweep(): Point[] {
  return SHARES.map(({ crowd, percent }) => {
    const [keeps, renews] = [colluders(crowd, `sweep ${percent}`), colluders(crowd, `sweep ${percent}, new`, true)]
    return {
      percent,
      stays: measure(keeps, SWEEP_ATTEMPTS).profitPermille,
      leaves: measure(renews, SWEEP_ATTEMPTS).profitPermille,
      weighs: measure(weighers(crowd, `sweep ${percent}, weighing`), SWEEP_ATTEMPTS).profitPermille,
    }
  })
}

/** `text` with what is between the markers replaced. Throws a RangeError when they are missing. */
export function withTable(text: string, outcomes: readonly Outcome[], points: readonly Point[]): string {
  return between(text, BEGIN, END, `${outcomeTable(outcomes)}\n\n${sweepTable(points)}`)
}

function outcomeTable(outcomes: readonly Outcome[]): string {
  const head = [
    'strategy',
    'tried',
    'happened',
    'attempts',
    'forged and accepted of 10,000',
    'predicted by the audit rates',
    'profit against honest',
    'honest punished',
  ]
  const rows = outcomes.map((outcome) => [
    outcome.strategy.name,
    outcome.strategy.tries,
    happened(outcome),
    String(outcome.attempts),
    String(Math.round((outcome.accepted * 10_000) / outcome.attempts)),
    String(Math.round((outcome.expected * 10_000) / outcome.attempts)),
    percent(outcome.profitPermille),
    String(outcome.honestPunished),
  ])
  return markdownTable(head, rows)
}

function happened({ faults, refusedReplays, forged }: Outcome): string {
  const causes = [...faults].map(([cause, count]) => `${count} \`${cause}\``)
  if (forged > 0) causes.unshift(`${forged} forgeries`)
  if (refusedReplays > 0) causes.push(`${refusedReplays} refused by the ledger`)
  return causes.join(', ')
}

function sweepTable(points: readonly Point[]): string {
  const head = ['colluding share', 'keeps its keys', 'new key after each fault', 'the same, only where it seems to pay']
  return markdownTable(
    head,
    points.map((point) => [`${point.percent}%`, percent(point.stays), percent(point.leaves), percent(point.weighs)]),
  )
}
