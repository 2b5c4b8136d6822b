// Who asked to be on the leaderboard, and what they earned. A row whose name is null is of somebody who left: it keeps the moment of their
// word for a while, so that nobody brings an older one again.
import type { Digest } from '#core/digest.ts'
import type { PublicKey } from '#core/ed25519.ts'
import type { Db } from './schema.ts'

/** What an account asked to be shown as; `look` tells names apart by how they look. Nulls after it left. */
export type BoardRow = {
  readonly account: PublicKey
  readonly name: string | null
  readonly look: string | null
  readonly team: string | null
  readonly statement: Digest
  readonly issuedMs: number
}

/** A line of the board: `amount` was earned by verified work and not lost by faults since. */
export type BoardLine = {
  readonly account: PublicKey
  readonly name: string
  readonly team: string | null
  readonly amount: bigint
}

/** A team's line: what its members earned together. */
export type TeamLine = { readonly team: string; readonly members: number; readonly amount: bigint }

/** Lines in one answer. */
export const MAX_BOARD_LINES = 100

/** What `account` asked for last, or null. */
export async function readBoardRow(db: Db, account: PublicKey): Promise<{ readonly issuedMs: number } | null> {
  const row = await db.selectFrom('board').select('issued_ms').where('account', '=', account).executeTakeFirst()
  return row === undefined ? null : { issuedMs: Number(row.issued_ms) }
}

/** Whose name looks like that; null where nobody's does. */
export async function accountWithLook(db: Db, look: string): Promise<PublicKey | null> {
  const row = await db.selectFrom('board').select('account').where('look', '=', look).executeTakeFirst()
  return row === undefined ? null : (row.account as PublicKey)
}

/** Keeps what an account asks for in place of what it asked for before. */
export async function writeBoardRow(
  tx: Db,
  { account, name, look, team, statement, issuedMs }: BoardRow,
): Promise<void> {
  const changing = { name, look, team, statement, issued_ms: issuedMs }
  await tx
    .insertInto('board')
    .values({ account, ...changing })
    .onConflict((conflict) => conflict.column('account').doUpdateSet(changing))
    .execute()
}

/** Forgets those who left before `beforeMs`. */
export async function forgetLeft(tx: Db, beforeMs: number): Promise<void> {
  await tx.deleteFrom('board').where('name', 'is', null).where('issued_ms', '<', BigInt(beforeMs)).execute()
}

/** The board of everything that was earned, of `team` alone where one is named. */
export async function boardInTotal(db: Db, team: string | null): Promise<BoardLine[]> {
  const rows = await db
    .selectFrom('board')
    .innerJoin('accounts', 'accounts.account', 'board.account')
    .select(
      (eb) => ['board.account', 'board.name', 'board.team', eb('earned', '-', eb.ref('burned')).as('amount')] as const,
    )
    .where('board.name', 'is not', null)
    .$if(team !== null, (query) => query.where('board.team', '=', team))
    .orderBy('amount', 'desc')
    .orderBy('board.account')
    .limit(MAX_BOARD_LINES)
    .execute()
  return rows.map(({ account, name, team: own, amount }) => lineOf(account, name, own, amount))
}

/** The board of what was earned since `sinceMs`; those who earned nothing are left out. What was lost by faults since is in it. */
export async function boardSince(db: Db, sinceMs: number, team: string | null): Promise<BoardLine[]> {
  const rows = await db
    .selectFrom('board')
    .innerJoin('receipts', 'receipts.account', 'board.account')
    .select(
      (eb) => ['board.account', 'board.name', 'board.team', eb.fn.sum<bigint>('receipts.amount').as('total')] as const,
    )
    .where('board.name', 'is not', null)
    .where('receipts.at_ms', '>=', BigInt(sinceMs))
    .$if(team !== null, (query) => query.where('board.team', '=', team))
    .groupBy(['board.account', 'board.name', 'board.team'])
    .orderBy('total', 'desc')
    .orderBy('board.account')
    .limit(MAX_BOARD_LINES)
    .execute()
  return rows.map(({ account, name, team: own, total }) => lineOf(account, name, own, total))
}

/** Teams by what their members earned. */
export async function teamsInTotal(db: Db): Promise<TeamLine[]> {
  const rows = await db
    .selectFrom('board')
    .innerJoin('accounts', 'accounts.account', 'board.account')
    .select(
      (eb) =>
        [
          'board.team',
          eb.fn.countAll<bigint>().as('members'),
          eb.fn.sum<bigint>(eb('earned', '-', eb.ref('burned'))).as('total'),
        ] as const,
    )
    .where('board.team', 'is not', null)
    .groupBy('board.team')
    .orderBy('total', 'desc')
    .orderBy('board.team')
    .limit(MAX_BOARD_LINES)
    .execute()
  return rows.map(({ team, members, total }) => ({ team: team ?? '', members: Number(members), amount: total }))
}

function lineOf(account: string, name: string | null, team: string | null, amount: bigint): BoardLine {
  return { account: account as PublicKey, name: name ?? '', team, amount }
}
