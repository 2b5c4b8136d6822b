// The tables of docs/verification.md, from what the simulation gave: written by `npm run adversary`, compared by the tests.
import { between, markdownTable, percent } from '../markdown.ts'
import { RECOMPUTED_OF, recomputedAfter } from './own-nodes.ts'
import type { Figures, Recorded } from './recorded.ts'
import { MEMBERS, STRATEGIES } from './strategy.ts'

/** `text` with what is between the marks replaced. Throws a RangeError when they are missing. */
export function withTables(text: string, recorded: Recorded): string {
  const tables = [
    ['adversaries', `${outcomeTable(recorded)}\n\n${sweepTable(recorded)}`],
    ['invented nodes', ownerTable(recorded)],
  ] as const
  return tables.reduce(
    (written, [name, table]) =>
      between(written, `<!-- ${name}: written by \`npm run adversary\` -->`, `<!-- end of ${name} -->`, table),
    text,
  )
}

function outcomeTable({ strategies }: Recorded): string {
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
  const rows = strategies.map(({ name, full }) => [
    name,
    STRATEGIES.find((strategy) => strategy.name === name)?.tries ?? '',
    happened(full),
    String(full.attempts),
    String(Math.round((full.accepted * 10_000) / full.attempts)),
    String(Math.round((full.expected * 10_000) / full.attempts)),
    percent(full.profitPermille),
    String(full.honestPunished),
  ])
  return markdownTable(head, rows)
}

function happened({ faults, refusedReplays, forged }: Figures): string {
  const causes = Object.entries(faults).map(([cause, count]) => `${count} \`${cause}\``)
  if (forged > 0) causes.unshift(`${forged} forgeries`)
  if (refusedReplays > 0) causes.push(`${refusedReplays} refused by the ledger`)
  return causes.join(', ')
}

function sweepTable({ sweep }: Recorded): string {
  const head = ['colluding share', 'keeps its keys', 'new key after each fault', 'the same, only where it seems to pay']
  return markdownTable(
    head,
    sweep.map(({ full }) => [`${full.percent}%`, percent(full.stays), percent(full.leaves), percent(full.weighs)]),
  )
}

function ownerTable({ owners }: Recorded): string {
  const head = [
    'nodes of its own on the roster',
    'forges',
    'forged and accepted',
    'draws for each forgery',
    'an honest node that counts notices after',
    `a requester who computes 1 in ${RECOMPUTED_OF} again, after`,
  ]
  const rows = owners.map(({ full }) => {
    const { own, every, forged, accepted, draws, noticedAfter, units } = full
    const recomputed = recomputedAfter(full)
    return [
      own === MEMBERS ? 'all, the honest ones are left off' : `${own} of ${MEMBERS}`,
      every === 0 ? 'nothing, and draws fairly' : every === 1 ? 'every unit' : `one unit in ${every}`,
      `${accepted} of ${forged}`,
      forged === 0 ? '–' : (Math.round((draws * 10) / forged) / 10).toFixed(1),
      noticedAfter === null ? `not in ${units} units` : `${noticedAfter} units`,
      recomputed === null ? '–' : `${recomputed} units on average`,
    ]
  })
  return markdownTable(head, rows)
}
