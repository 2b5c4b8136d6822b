// A leaderboard for the development page: twelve names, and this browser’s once it joins. Kept while the page is open.
import type { PublicKey } from '#core/ed25519.ts'
import { RemoteError } from '#core/errors.ts'
import type { Board, BoardLine, BoardName, BoardSpan, TeamLine } from '#sdk/board.ts'
import type { OpenBoard } from '#ui/record/board-port.ts'

const OWN = '5e'.repeat(32) as PublicKey
const NAMES =
  'Marta|林小雨|Iñaki Etxebarria|O’Neill|Zoë 7|Ivan|Дарья|Noor|さくら子|Ada-Marie von der Heide|Pt|Kofi'.split('|')
const TEAMS = ['lighthouse', 'roses', null, 'roses', 'lighthouse', null, 'a-team-with-a-long-name', null]

/** A board that nobody is on where `record` is `none`. */
export function cannedBoard(record: string): OpenBoard {
  let own: BoardName | null = null
  const others = record === 'none' ? [] : NAMES.map(lineOf)
  const linesOf = (by: BoardSpan): BoardLine[] => {
    const mine = own === null ? [] : [{ ...own, account: OWN, amount: '3100000000000000' }]
    const lines = [...others.slice(0, by === 'week' ? 11 : 12), ...mine]
    return lines.toSorted((a, b) => Number(BigInt(b.amount) - BigInt(a.amount)))
  }
  const port = {
    account: async () => OWN,
    async people(by: BoardSpan): Promise<Board> {
      const lines = linesOf(by)
      const at = lines.findIndex(({ account }) => account === OWN)
      const line = lines[at]
      return { by, lines, own: line === undefined ? null : { ...line, place: at + 1 } }
    },
    teams: async (by: BoardSpan) => teamsOf(linesOf(by)),
    async state(shown: BoardName | null) {
      if (shown !== null && NAMES.includes(shown.name))
        throw new RemoteError({ name: 'coordinator.NameTaken', kind: 'input', message: 'Somebody else has this name.' })
      own = shown
    },
  }
  return async () => port
}

function lineOf(name: string, i: number): BoardLine {
  const account = `${(0xa1c2 + i * 977).toString(16)}${'9d27e1'.repeat(10)}` as PublicKey
  const amount = String(BigInt(Math.round(4_812_000 / (1 + i * 0.7) ** 1.6)) * 1_000_000_000_000n)
  return { account, name, team: TEAMS[i % TEAMS.length] ?? null, amount }
}

function teamsOf(lines: readonly BoardLine[]): TeamLine[] {
  const groups = Map.groupBy(
    lines.filter(({ team }) => team !== null),
    ({ team }) => team ?? '',
  )
  return [...groups]
    .map(([team, members]) => ({
      team,
      members: members.length,
      amount: String(members.reduce((sum, { amount }) => sum + BigInt(amount), 0n)),
    }))
    .toSorted((a, b) => Number(BigInt(b.amount) - BigInt(a.amount)))
}
